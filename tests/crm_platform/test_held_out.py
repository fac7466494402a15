"""The clubs for measuring identity: repeatable, and true about who is who."""

from collections import Counter

import pytest

from crm_platform.bench.held_out.people import CLUBS, Habits
from crm_platform.bench.held_out.records import UnseenClub
from crm_platform.simulator.truth import MESSAGING, RECORD_KINDS, SCL, TEETIME

ID_OF = {
    "scl.member.created": (SCL, "id"),
    "teetime.player.created": (TEETIME, "id"),
    "messaging.contact.created": (MESSAGING, "contactId"),
}


@pytest.mark.parametrize("habits", CLUBS, ids=lambda habits: habits.slug)
def test_every_record_is_told_once_and_is_one_persons(habits: Habits) -> None:
    club = UnseenClub(habits, 300, "test")

    told: Counter[tuple[str, str]] = Counter()
    for event in club.events():
        kind, name = ID_OF[event["type"]]
        told[kind, str(event["payload"][name])] += 1

    true = Counter((record.kind, record.value) for person in club.truth for record in person.records)
    assert told == true
    assert set(true.values()) == {1}
    assert {kind for kind, _ in true} <= RECORD_KINDS


def test_the_same_seed_makes_the_same_club() -> None:
    one, other = (list(UnseenClub(CLUBS[0], 80, "test").events()) for _ in range(2))
    elsewhere = list(UnseenClub(CLUBS[0], 80, "other").events())

    assert one == other
    assert one != elsewhere


def test_an_unseen_club_shares_mailboxes_and_says_why() -> None:
    club = UnseenClub(CLUBS[1], 600, "test")

    holders: dict[str, set[str]] = {}
    for person in club.truth:
        for record in person.records:
            if record.email:
                holders.setdefault(record.email, set()).add(person.person_id)
    offices = {email: people for email, people in holders.items() if email.endswith("@seeblick.example")}
    assert max(len(people) for people in offices.values()) > 2
    assert any("firm" in person.notes for person in club.truth)
    assert any("child of the same name" in person.notes for person in club.truth)
