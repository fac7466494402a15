"""Envelopes as the services of a club would send them, with the habits that differ between them."""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.clubs import Club
from crm_platform.simulator.people import Contact, Member, Person, Player

VERSION: Final = "1.0"
ALIASES: Final = {
    "scl.member.created": ("member.created",),
    "scl.member.updated": ("member.updated",),
    "scl.member.deleted": ("member.deleted",),
    "scl.member.tier.changed": ("scl.tier.changed", "tier.changed"),
    "scl.payment.received": ("payment.received",),
    "scl.payment.failed": ("payment.failed",),
    "teetime.player.created": ("player.created",),
    "teetime.player.updated": ("player.updated",),
    "teetime.handicap.updated": ("handicap.updated",),
    "teetime.booking.created": ("teetime.booked",),
    "teetime.booking.completed": ("teetime.completed",),
    "teetime.competition.published": ("competition.published",),
    "messaging.contact.created": ("contact.created",),
    "messaging.contact.updated": ("contact.updated",),
    "messaging.contact.deleted": ("contact.deleted",),
    "messaging.contactPreference.updated": (
        "contactPreference.updated",
        "messaging.consent.changed",
        "consent.changed",
    ),
    "messaging.message.sent": ("message.sent",),
    "messaging.message.delivered": ("message.delivered",),
    "messaging.message.bounced": ("message.bounced",),
    "messaging.email.opened": ("email.opened",),
    "messaging.email.clicked": ("email.clicked", "messaging.link.clicked"),
}
# Services whose clocks write UTC; the others write the club's time.
UTC_SOURCES: Final = frozenset({"messaging", "feedback"})
# Percentages of events with a habit.
WITH_ALIAS, WITH_SLUG_ALIAS, WITHOUT_DEFAULTS, WITH_METADATA = 15, 20, 6, 15
WITH_EMAIL, WITH_LOGIN = 20, 30


def lot(text: str, sides: int = 100) -> int:
    """A number below `sides` that hangs on the text alone: chance without rng."""
    return zlib.crc32(text.encode()) % sides


def moment(when: datetime) -> str:
    """A time inside a payload, in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class PostOffice:
    """Writes the envelopes of one club. Ids hang on the world's stamp and on what the event is about."""

    def __init__(self, club: Club, stamp: str) -> None:
        self._club = club
        self._stamp = stamp
        self._zone = ZoneInfo(club.time_zone)

    def event(
        self,
        event_type: str,
        key: str,
        when: datetime,
        *,
        identity: Mapping[str, Any],
        payload: dict[str, Any],
    ) -> Event:
        """One envelope. `key` says what the event is about and is unique per type."""
        source, _, action = event_type.partition(".")
        event_id = f"{self._stamp}-{action}-{key}"
        event: Event = {
            "id": event_id,
            "type": self._spelled(event_type, event_id),
            "version": VERSION,
            "timestamp": self._written(when, source),
            "tenantId": self._tenant(source, event_id),
            "source": source,
            "identity": {name: value for name, value in identity.items() if value},
            "payload": payload,
        }
        if lot(event_id + "d") < WITHOUT_DEFAULTS:
            del event["version"], event["source"]
        if lot(event_id + "m") < WITH_METADATA:
            event["metadata"] = {"correlationId": f"{zlib.crc32(event_id.encode()):08x}"}
        return event

    def _spelled(self, event_type: str, event_id: str) -> str:
        aliases = ALIASES.get(event_type)
        if aliases is None or lot(event_id) >= WITH_ALIAS:
            return event_type
        return aliases[lot(event_id + "a", len(aliases))]

    def _written(self, when: datetime, source: str) -> str:
        if source in UTC_SOURCES:
            return moment(when)
        return when.astimezone(self._zone).isoformat(timespec="seconds")

    def _tenant(self, source: str, event_id: str) -> str:
        if source == "teetime" and lot(event_id + "t") < WITH_SLUG_ALIAS:
            return self._club.aliases[0]
        return self._club.slug


def member_identity(member: Member, key: str) -> dict[str, Any]:
    """How SCL and the facilities service name a member; the e-mail and the login only now and then."""
    return {
        "sclMemberId": member.id,
        "email": member.email if lot(key + "e") < WITH_EMAIL else "",
        "authUserId": _login(member.person, "scl", key),
    }


def player_identity(player: Player, key: str) -> dict[str, Any]:
    """How the golf service names a player."""
    return {
        "teetimePlayerId": player.id,
        "email": player.email if lot(key + "e") < WITH_EMAIL else "",
        "authUserId": _login(player.person, "teetime", key),
    }


def contact_identity(contact: Contact) -> dict[str, Any]:
    """How the messaging service names a contact."""
    return {"messagingContactId": contact.id}


def _login(person: Person, source: str, key: str) -> str:
    return person.auth_id if source in person.auth_sources and lot(key + "l") < WITH_LOGIN else ""
