"""The clubs for measuring identity: repeatable, and true about who is who."""

from collections import Counter

import pytest

from crm_platform.bench.held_out.people import CLUBS
from crm_platform.bench.held_out.records import UnseenClub
from crm_platform.bench.held_out.resort import Resort
from crm_platform.bench.held_out.valley import Valley
from crm_platform.simulator.truth import MESSAGING, RECORD_KINDS, SCL, TEETIME

ID_OF = {
    "scl.member.created": (SCL, "id"),
    "teetime.player.created": (TEETIME, "id"),
    "messaging.contact.created": (MESSAGING, "contactId"),
}


def clubs(people: int, seed: str = "test") -> list[UnseenClub | Resort | Valley]:
    return [
        *(UnseenClub(habits, people, seed) for habits in CLUBS),
        Resort(people, seed),
        Valley(people, seed),
    ]


@pytest.mark.parametrize("club", clubs(300), ids=lambda club: club.slug)
def test_every_record_is_told_once_and_is_one_persons(club: UnseenClub | Resort | Valley) -> None:
    told: Counter[tuple[str, str]] = Counter()
    for event in club.events():
        if event["type"] not in ID_OF:
            assert event["type"].endswith(".updated")
            continue
        kind, name = ID_OF[event["type"]]
        told[kind, str(event["payload"][name])] += 1

    true = Counter((record.kind, record.value) for person in club.truth for record in person.records)
    assert told == true
    assert set(true.values()) == {1}
    assert {kind for kind, _ in true} <= RECORD_KINDS


def test_the_same_seed_makes_the_same_club() -> None:
    one, other = ([list(club.events()) for club in clubs(80)] for _ in range(2))
    elsewhere = [list(club.events()) for club in clubs(80, "other")]

    assert one == other
    assert all(here != there for here, there in zip(one, elsewhere, strict=True))


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


def test_the_club_by_the_sea_has_habits_of_its_own() -> None:
    club = Resort(900, "test")
    told = [event["payload"] for event in club.events()]

    notes = {note for person in club.truth for note in person.notes}
    assert notes >= {
        "guest of a hotel",
        "mailbox of two",
        "moved to another mailbox",
        "gmail by another spelling",
    }
    assert any(" & " in payload.get("firstName", "") for payload in told)
    assert any(payload.get("dateOfBirth") == "1900-01-01" for payload in told)
    assert any(payload.get("changes") == ["email"] for payload in told)


def test_the_club_in_the_valley_has_habits_of_its_own() -> None:
    club = Valley(900, "test")
    told = [event["payload"] for event in club.events()]

    notes = {note for person in club.truth for note in person.notes}
    assert notes >= {"twin", "a secretary books", "took another name", "mailbox of an elder"}
    assert any(payload.get("changes") == ["firstName", "lastName"] for payload in told)
    assert any("ext." in str(payload.get("phone", payload.get("phoneNumber", ""))) for payload in told)
