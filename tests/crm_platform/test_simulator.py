"""The world: how many people, who they are, what they share; always the same for the same seed."""

from collections import Counter
from datetime import timedelta
from itertools import islice
from pathlib import Path

import phonenumbers
import pytest

from crm_platform.simulator import build_world
from crm_platform.simulator.addresses import DRAMA_MOBILE_UK, PLACEHOLDER_PHONES, AddressBook, spelled_phone
from crm_platform.simulator.clubs import CLUBS
from crm_platform.simulator.files import truth_path, write_truth
from crm_platform.simulator.names import ENGLISH_UK, LATIN_SPELLINGS, LEVANTINE
from crm_platform.simulator.people import Person
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.spelling import plain, typo
from crm_platform.simulator.truth import (
    EMAIL,
    LOGIN,
    MESSAGING,
    SCL,
    TEETIME,
    TruePerson,
    comparable_address,
    read_truth,
    truth_of,
)
from tests.crm_platform.simulated import UNTIL, world

RESERVED = (".example", "@example.com", "@example.net", "@example.org")


def everybody() -> list[Person]:
    return [person for town in world(people=1_000, months=12).towns for person in town.people]


def truth() -> list[TruePerson]:
    return [person for town in world(people=1_000, months=12).towns for person in truth_of(town)]


def test_there_are_as_many_people_as_asked_for() -> None:
    people = Counter(person.id.partition("-")[0] for person in everybody())

    assert people == {"fairview": 600, "kingsmere": 400}


@pytest.mark.parametrize(("people", "months"), [(19, 12), (100, 0), (0, 1)])
def test_a_world_that_is_too_small_is_refused(people: int, months: int) -> None:
    with pytest.raises(ValueError, match="at least 20 people and one month"):
        build_world(1, people, months, UNTIL)


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    same = build_world(3, 1_000, 12, UNTIL)
    other = build_world(4, 1_000, 12, UNTIL)

    assert list(map(list, map(truth_of, same.towns))) == list(
        map(list, map(truth_of, world(3, 1_000, 12).towns))
    )
    assert [person.name for person in truth_of(other.towns[0])] != [
        person.name for person in truth_of(same.towns[0])
    ]
    assert same.stamp != other.stamp


def test_the_stamp_tells_worlds_with_different_ends_apart() -> None:
    later = build_world(3, 1_000, 12, UNTIL + timedelta(seconds=1))

    assert later.stamp != world(3, 1_000, 12).stamp


def test_the_history_begins_the_months_before_its_end() -> None:
    assert (UNTIL - world(people=1_000, months=12).start).days == 365


def test_all_addresses_lie_in_reserved_domains() -> None:
    written = [record.email for person in truth() for record in person.records if record.email]

    assert len(written) > 1_000
    assert [email for email in written if not email.strip().lower().endswith(RESERVED)] == []


@pytest.mark.parametrize("club", CLUBS, ids=lambda club: club.slug)
def test_phones_are_numbers_of_the_country_in_every_spelling(club: object) -> None:
    country = next(one.country for one in CLUBS if one is club)
    rng = Rng("phones")
    book = AddressBook(country, rng)

    numbers = [book.phone() for _ in range(500)]

    assert len(set(numbers)) == 500
    for number in numbers:
        # The regulator's mobile numbers for drama are numbers of nobody, to libraries too.
        if not number.startswith(DRAMA_MOBILE_UK[0]):
            spelled = {spelled_phone(number, country, rng) for _ in range(10)}
            parsed = [phonenumbers.parse(one, country) for one in spelled]
            assert all(one == parsed[0] for one in parsed)
            assert phonenumbers.is_valid_number(parsed[0])


def test_placeholder_phones_are_no_numbers() -> None:
    for text in PLACEHOLDER_PHONES:
        for country in ("ZA", "GB"):
            assert not phonenumbers.is_valid_number(phonenumbers.parse(text, country))


def test_no_two_private_mailboxes_are_equal() -> None:
    book = AddressBook("ZA", Rng("mailboxes"))

    emails = [book.email("José", "van der Merwe", year=1984) for _ in range(200)]

    assert len(set(emails)) == 200
    assert all(email.isascii() for email in emails)


def test_families_share_mailboxes() -> None:
    by_mailbox: dict[tuple[str, str], list[Person]] = {}
    for town in world(people=1_000, months=12).towns:
        for person in town.people:
            by_mailbox.setdefault((town.club.slug, person.mailbox), []).append(person)

    shared = [people for people in by_mailbox.values() if len(people) > 1]

    assert len(shared) > 50
    for people in shared:
        assert len({person.household for person in people}) == 1
        assert all(person.shares_mailbox for person in people)


def test_twins_have_one_birthday_and_one_mailbox() -> None:
    twins = [person for person in everybody() if any("twin" in note for note in person.hard)]
    homes: dict[str, list[Person]] = {}
    for twin in twins:
        homes.setdefault(twin.household, []).append(twin)

    assert len(homes) >= 1
    for one, other in homes.values():
        assert (one.born, one.family, one.mailbox) == (other.born, other.family, other.mailbox)
        assert one.given != other.given


def test_whoever_remarried_left_her_former_name_and_mailbox_somewhere() -> None:
    people = everybody()
    former = [person for person in people if any("remarried" in note for note in person.hard)]

    assert former
    for she in former:
        he = next(one for one in people if one.mailbox == she.old_mailbox)
        assert he.household != she.household
        assert she.maiden == he.family


def test_children_are_members_of_the_junior_tier() -> None:
    tiers = {
        person.member.tier.name
        for person in everybody()
        if person.age_on(UNTIL.date()) < 18 and person.member is not None
    }

    assert tiers == {"Junior"}


def test_people_are_known_to_one_two_or_three_services_or_to_none() -> None:
    services = Counter(
        len({record.kind for record in person.records} & {SCL, TEETIME, MESSAGING}) for person in truth()
    )

    assert set(services) == {0, 1, 2, 3}
    assert services[3] > services[0]
    assert min(services[1], services[2], services[3]) > 150


def test_every_login_is_known_to_a_service() -> None:
    for person in everybody():
        assert bool(person.auth_id) == bool(person.auth_sources)


def test_member_numbers_follow_the_order_of_joining() -> None:
    town = world(people=1_000, months=12).town("fairview")
    members = [member for person in town.people for member in person.members]

    by_number = sorted(members, key=lambda member: member.id)

    assert by_number == sorted(members, key=lambda member: (member.joined, member.id))
    assert len({member.id for member in members}) == len(members)


def test_handicaps_have_tenths_and_some_are_plus() -> None:
    tenths = [person.player.handicap_tenths for person in everybody() if person.player]

    assert any(one is None for one in tenths)
    known = [one for one in tenths if one is not None]
    assert any(one % 10 for one in known)
    assert min(known) < 0
    assert max(known) <= 540


def test_what_makes_people_hard_is_written_down() -> None:
    notes = " ".join(note for person in truth() for note in person.notes)

    for word in (
        "twin",
        "typo",
        "swapped",
        "short",
        "initial",
        "placeholder",
        "office mailbox",
        "two contacts",
    ):
        assert word in notes


def test_the_truth_survives_its_file(tmp_path: Path) -> None:
    whole = world(people=1_000, months=12)

    count = write_truth(whole, "kingsmere", tmp_path)

    people = read_truth(truth_path(tmp_path, "kingsmere"))
    assert count == len(people) == 400
    assert people == list(truth_of(whole.town("kingsmere")))


def test_a_guest_is_a_record_only_with_a_mailbox_of_the_own() -> None:
    people = {person.id: person for person in everybody()}

    for true in truth():
        kinds = {record.kind for record in true.records}
        person = people[true.person_id]
        assert (EMAIL in kinds) == (person.is_guest and not person.shares_mailbox)
        assert (LOGIN in kinds) == bool(person.auth_id)


@pytest.mark.parametrize(
    ("text", "comparable"),
    [
        (" Anna@Example.COM ", "anna@example.com"),
        ("082 123 4567", "821234567"),
        ("+27-82-123-4567", "821234567"),
        ("12345", ""),
        ("Anna", ""),
        ("", ""),
    ],
)
def test_addresses_are_compared_in_one_form(text: str, comparable: str) -> None:
    assert comparable_address(text) == comparable


def test_names_of_other_scripts_have_a_latin_spelling() -> None:
    for name in (*LEVANTINE.female, *LEVANTINE.male, *LEVANTINE.family):
        assert LATIN_SPELLINGS[name].isascii()
        assert plain(name).isascii()


def test_a_typo_changes_a_long_name_by_one_slip() -> None:
    rng = Rng("typos")

    for name in ENGLISH_UK.family:
        slip = typo(name, rng)
        assert abs(len(slip) - len(name)) <= 1
        if len(name) < 5:
            assert slip == name


def test_dice_fork_into_independent_streams() -> None:
    one, other = Rng("seed"), Rng("seed")

    one.between(1, 6)

    assert [one.fork("a").uniform(0, 1)] == [other.fork("a").uniform(0, 1)]
    assert one.fork("a").uniform(0, 1) != one.fork("b").uniform(0, 1)


def test_dice_keep_within_their_bounds() -> None:
    rng = Rng("bounds")

    throws = [rng.between(1, 6) for _ in range(2_000)]
    bells = [rng.bell(10, 2) for _ in range(2_000)]

    assert set(throws) == set(range(1, 7))
    assert 9.8 < sum(bells) / len(bells) < 10.2
    assert all(3 <= bell <= 17 for bell in bells)
    assert Counter(rng.weighted((("a", 3.0), ("b", 1.0))) for _ in range(4_000))["a"] in range(2_800, 3_200)
    assert sorted(rng.sample(range(5), 9)) == [0, 1, 2, 3, 4]
    assert len(set(islice(iter(rng.uuid, ""), 100))) == 100
