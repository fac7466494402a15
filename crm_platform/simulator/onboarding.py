"""How the services came to know everybody, and the details that changed since."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.envelope import contact_identity, lot, member_identity, moment, player_identity
from crm_platform.simulator.people import Change, Contact, Member, Player
from crm_platform.simulator.stage import Stage

FIELD_NAMES: Final = {"first": "firstName", "last": "lastName", "email": "email", "phone": "phoneNumber"}
# Percentages of records with a habit.
OLD_ID_IN_GOLF, IDENTITY_IN_CONTACT, PHONE_IN_IDENTITY, VISITORS_AT_HOME = 40, 50, 50, 50


def plan(stage: Stage) -> None:
    """Put every record's creation and changes on the agenda, those of long ago included."""
    add = stage.agenda.add
    for member in stage.members:
        add(member.joined, partial(member_created, stage, member))
        for change in member.changes:
            add(change.when, partial(_member_told, stage, member, change))
        if member.left is not None:
            add(member.left, partial(_left, stage, member))
    for player in stage.players:
        add(player.registered, partial(player_created, stage, player))
    for contact in stage.contacts:
        add(contact.created, partial(contact_created, stage, contact))
        for change in contact.changes:
            add(change.when, partial(_contact_told, stage, contact, change))


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """Without what the service does not know."""
    return {name: value for name, value in values.items() if value not in ("", None)}


def member_created(stage: Stage, member: Member, when: datetime) -> Iterable[Event]:
    """The membership service has a new member."""
    person = member.person
    external = {stage.club.old_system_kind: person.old_system_id} if person.old_system_id else {}
    identity = {
        "sclMemberId": member.id,
        "email": member.email,
        "phoneNumber": member.phone if lot(str(member.id)) < PHONE_IN_IDENTITY else "",
        "authUserId": person.auth_id if "scl" in person.auth_sources else "",
        "externalIds": external,
    }
    payload = {
        "id": member.id,
        "firstName": member.first,
        "lastName": member.last,
        "email": member.email,
        "phoneNumber": member.phone,
        "status": "ACTIVE",
        "membershipTierId": member.tier.id,
        "membershipTierName": member.tier.name,
        "dateOfBirth": member.born.isoformat() if member.born else None,
        "memberSince": stage.calendar.day_of(member.joined).isoformat(),
        "membershipExpiry": member.expires.isoformat(),
        "createdAt": moment(when),
    }
    yield stage.post.event(
        "scl.member.created", str(member.id), when, identity=identity, payload=_present(payload)
    )


def _member_told(stage: Stage, member: Member, change: Change, when: datetime) -> Iterable[Event]:
    """The membership service was told something new."""
    setattr(member, change.field, change.value)
    yield member_changed(stage, member, when, {FIELD_NAMES[change.field]: change.value})


def member_changed(stage: Stage, member: Member, when: datetime, values: dict[str, Any]) -> Event:
    """The event that says which of a member's fields have which values now."""
    key = f"{member.id}-{'-'.join(values)}-{int(when.timestamp())}"
    payload = {"id": member.id, "changes": list(values), **values, "updatedAt": moment(when)}
    return stage.post.event(
        "scl.member.updated", key, when, identity=member_identity(member, key), payload=payload
    )


def _left(stage: Stage, member: Member, when: datetime) -> Iterable[Event]:
    """A membership that ended before the history begins."""
    member.status = "LAPSED"
    yield status_changed(stage, member, when, previous="ACTIVE", reason="not renewed")


def status_changed(stage: Stage, member: Member, when: datetime, *, previous: str, reason: str) -> Event:
    """The event about the status that a member has now."""
    key = f"{member.id}-{member.status.lower()}-{int(when.timestamp())}"
    payload = {"id": member.id, "previousStatus": previous, "newStatus": member.status, "reason": reason}
    return stage.post.event(
        "scl.member.status.changed", key, when, identity=member_identity(member, key), payload=payload
    )


def player_created(stage: Stage, player: Player, when: datetime) -> Iterable[Event]:
    """The golf service has a new player."""
    person, club = player.person, stage.club
    external = {club.golf_id_kind: player.golf_id} if player.golf_id else {}
    if person.old_system_id and lot(player.id) < OLD_ID_IN_GOLF:
        external[club.old_system_kind] = person.old_system_id
    identity = {
        "teetimePlayerId": player.id,
        "email": player.email,
        "authUserId": person.auth_id if "teetime" in person.auth_sources else "",
        "externalIds": external,
    }
    is_at_home = bool(person.members) or lot(player.id + "h") < VISITORS_AT_HOME
    payload = {
        "id": player.id,
        "name": player.first,
        "surname": player.last,
        "email": player.email,
        "phone": player.phone,
        "handicap": None if player.handicap_tenths is None else player.handicap_tenths / 10,
        "homeClubId": club.id if is_at_home else "",
        "homeClubName": club.short_name if is_at_home else "",
        "createdAt": moment(when),
    }
    yield stage.post.event(
        "teetime.player.created", player.id, when, identity=identity, payload=_present(payload)
    )


def player_moved(stage: Stage, player: Player, when: datetime) -> Iterable[Event]:
    """A player's home club was written out."""
    payload = {
        "id": player.id,
        "changes": ["homeClubId", "homeClubName"],
        "homeClubId": stage.club.id,
        "homeClubName": stage.club.name,
    }
    key = f"{player.id}-{int(when.timestamp())}"
    yield stage.post.event(
        "teetime.player.updated", key, when, identity=player_identity(player, key), payload=payload
    )


def contact_created(stage: Stage, contact: Contact, when: datetime) -> Iterable[Event]:
    """The messaging service has a new contact; often only the payload says who it is."""
    identity = contact_identity(contact) if lot(contact.id) < IDENTITY_IN_CONTACT else {}
    payload = {
        "contactId": contact.id,
        "email": contact.email,
        "phoneNumber": contact.phone,
        "firstName": contact.first,
        "lastName": contact.last,
        **{f"{channel}OptIn": is_in for channel, is_in in contact.opt_ins.items()},
    }
    yield stage.post.event(
        "messaging.contact.created", contact.id, when, identity=identity, payload=_present(payload)
    )


def _contact_told(stage: Stage, contact: Contact, change: Change, when: datetime) -> Iterable[Event]:
    """The messaging service was told a new address."""
    setattr(contact, change.field, change.value)
    contact.is_dead = False
    payload = {"contactId": contact.id, FIELD_NAMES[change.field]: change.value}
    key = f"{contact.id}-{int(when.timestamp())}"
    yield stage.post.event(
        "messaging.contact.updated", key, when, identity=contact_identity(contact), payload=payload
    )
