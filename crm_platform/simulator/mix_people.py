"""The people of the benchmarks: numbered, and all that is known of person 17 follows from the number 17."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.names import AFRIKAANS, ENGLISH_ZA, ZULU

FIRST_MEMBER_ID: Final = 1_000_000
VERSION: Final = "1.0"
GIVEN: Final = ENGLISH_ZA.female + ENGLISH_ZA.male + ZULU.female + ZULU.male + AFRIKAANS.male
FAMILY: Final = ENGLISH_ZA.family + ZULU.family + AFRIKAANS.family
# Everybody has a contact; of each ten, so many are players and so many are members.
PLAYERS_IN_TEN, MEMBERS_IN_TEN = 8, 6
# How far back a mix reaches; people are known a day before.
SPAN: Final = timedelta(days=30)


def is_player(number: int) -> bool:
    """Whether a person is known to the golf service."""
    return number % 10 < PLAYERS_IN_TEN


def is_member(number: int) -> bool:
    """Whether a person is known to the membership service."""
    return number % 10 < MEMBERS_IN_TEN


def member_id(number: int) -> int:
    """The member number of a person."""
    return FIRST_MEMBER_ID + number


def player_id(number: int) -> str:
    """The player id of a person, a UUID."""
    return f"7f000000-0000-4000-8000-{number:012x}"


def contact_id(number: int) -> str:
    """The contact id of a person."""
    return f"bench-{number}"


def email(number: int) -> str:
    """The mailbox of a person."""
    return f"golfer.{number}@bench.example"


def phone(number: int) -> str:
    """The phone number of a person, South African and valid."""
    return f"+2782{2_000_000 + number % 7_000_000:07d}"


def name(number: int) -> tuple[str, str]:
    """Given and family name of a person."""
    return GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]


def bench_people(n_people: int, tenant: str, *, until: datetime | None = None) -> Iterator[Event]:
    """Events that make people known: a contact each, most of them players, many members.

    `until`: aware, None: now; all of it happened before the time of a mix that ends then. Two to three events a
    person, in the order of the numbers.
    """
    created = ((until or datetime.now(UTC)) - SPAN - timedelta(days=1)).astimezone(UTC)
    timestamp = created.isoformat(timespec="seconds")
    for number in range(n_people):
        events = [_contact_created(number)]
        if is_member(number):
            events.append(_member_created(number))
        if is_player(number):
            events.append(_player_created(number))
        for event in events:
            yield event | {"timestamp": timestamp, "tenantId": tenant}


def _contact_created(number: int) -> Event:
    first, last = name(number)
    payload = {
        "contactId": contact_id(number),
        "email": email(number),
        "phoneNumber": phone(number),
        "firstName": first,
        "lastName": last,
        "emailOptIn": True,
        "smsOptIn": number % 2 == 0,
    }
    return _event("messaging.contact.created", number, identity={}, payload=payload)


def _member_created(number: int) -> Event:
    first, last = name(number)
    identity = {"sclMemberId": member_id(number), "email": email(number)}
    payload = {
        "id": member_id(number),
        "firstName": first,
        "lastName": last,
        "email": email(number),
        "phoneNumber": phone(number),
        "status": "ACTIVE",
        "membershipTierId": "t2",
        "membershipTierName": "Gold",
        "dateOfBirth": f"{1940 + number % 65}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "memberSince": "2019-02-01",
        "membershipExpiry": "2027-01-31",
    }
    return _event("scl.member.created", number, identity=identity, payload=payload)


def _player_created(number: int) -> Event:
    first, last = name(number)
    identity = {"teetimePlayerId": player_id(number), "email": email(number)}
    payload = {
        "id": player_id(number),
        "name": first,
        "surname": last,
        "email": email(number),
        "phone": phone(number),
        "handicap": number % 360 / 10,
        "homeClubId": "bench",
        "homeClubName": "Bench",
    }
    return _event("teetime.player.created", number, identity=identity, payload=payload)


def _event(event_type: str, number: int, *, identity: dict[str, Any], payload: dict[str, Any]) -> Event:
    source, _, action = event_type.partition(".")
    return {
        "id": f"{action}-{number}",
        "type": event_type,
        "version": VERSION,
        "source": source,
        "identity": identity,
        "payload": payload,
    }
