"""Whatever the order and the batches in which records come: the same people."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.identity_hints import IdentityKey
from profiles.claims import Claim, Person
from profiles.identity import IdentityMap
from profiles.ingest.statements import MOST_HOLDERS
from profiles.models import Activity, CustomerProfile, Identifier
from profiles.names import PersonName
from profiles.role_addresses import is_role_email
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.examples import examples
from tests.profiles.stories import Event, booking, contact, event, member, player, tell

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
OFFICE: Final = IdentityKey("email", "office@vines.example")
DESK: Final = IdentityKey("email", "info@vines.example")
SWITCHBOARD: Final = IdentityKey("phoneNumber", "+27110000001")
# Who is known by which ids: one person has one of each kind.
PEOPLE: Final = {
    PersonName("anna", "botha"): ("sclMemberId:1", "teetimePlayerId:t1", "messagingContactId:c1"),
    PersonName("pieter", "nel"): ("sclMemberId:2", "teetimePlayerId:t2", "messagingContactId:c2"),
    PersonName("themba", "zulu"): ("sclMemberId:3", "teetimePlayerId:t3", "messagingContactId:c3"),
}
NOBODY: Final = PersonName("", "")
NAMELESS_IDS: Final = (
    "sclMemberId:7",
    "teetimePlayerId:t7",
    "messagingContactId:c7",
    "messagingContactId:c8",
)
ADDRESSES: Final = st.sampled_from(
    [(OFFICE,), (DESK,), (SWITCHBOARD,), (OFFICE, SWITCHBOARD), (DESK, SWITCHBOARD)]
)


def is_role(kind: str, value: str) -> bool:
    return is_role_email(value) if kind == "email" else value == SWITCHBOARD.value


@st.composite
def who_claims(draw: st.DrawFn) -> tuple[tuple[IdentityKey, ...], PersonName]:
    """A record with a name, one without, or an office that books for somebody."""
    kind = draw(st.sampled_from(["named", "nameless", "office", "office"]))
    ids: tuple[IdentityKey, ...] = ()
    name = NOBODY
    if kind == "named":
        name = draw(st.sampled_from(list(PEOPLE)))
        ids = (_key(draw(st.sampled_from(PEOPLE[name]))),)
    elif kind == "nameless":
        ids = (_key(draw(st.sampled_from(NAMELESS_IDS))),)
    return (*ids, *draw(ADDRESSES)), name


def _key(text: str) -> IdentityKey:
    kind, _, value = text.partition(":")
    return IdentityKey(kind, value)


def people_of(
    batches: Sequence[Sequence[tuple[int, tuple[tuple[IdentityKey, ...], PersonName]]]],
) -> set[frozenset[int]]:
    """Which claims (by number) are about one person, when they come in these batches."""
    identity_map = IdentityMap(START, is_role)
    found: dict[int, Person] = {}
    for place, batch in enumerate(batches):
        identity_map.now = START + timedelta(hours=place)
        for number, (keys, name) in batch:
            claim = Claim(keys, name, None, "teetime", f"e{number}", START + timedelta(minutes=number))
            found[number] = identity_map.resolve(claim).person
        identity_map.mark_stored()
    return {
        frozenset(number for number, one in found.items() if one.root is person.root)
        for person in found.values()
    }


def cut(things: Sequence[Any], rng: random.Random) -> list[list[Any]]:
    """A permutation, in batches."""
    shuffled = rng.sample(things, k=len(things))
    places = sorted(rng.sample(range(1, len(things)), k=rng.randint(0, len(things) - 1)))
    return [shuffled[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]


@settings(max_examples=examples(300), deadline=None)
@given(claims=st.lists(who_claims(), min_size=2, max_size=9), seed=st.integers(0, 2**32))
def test_of_role_addresses_any_order_and_batches_make_the_same_people(
    claims: list[tuple[tuple[IdentityKey, ...], PersonName]], seed: int
) -> None:
    rng = random.Random(seed)
    numbered = list(enumerate(claims))
    expected = people_of([numbered])

    for _ in range(5):
        assert people_of(cut(numbered, rng)) == expected


def test_bookings_of_an_office_are_one_customer_and_nobody_elses() -> None:
    contact_of_it = ((IdentityKey("messagingContactId", "c7"), OFFICE), NOBODY)
    anna = ((IdentityKey("sclMemberId", "1"), OFFICE), PersonName("anna", "botha"))
    office = ((OFFICE,), NOBODY)

    people = people_of([list(enumerate([office, contact_of_it, office, anna, office]))])

    assert people == {frozenset({0, 2, 4}), frozenset({1}), frozenset({3})}


def portrait(tenant: Tenant) -> list[list[str]]:
    """The living customers, each by their keys and by what happened to them."""
    with tenant_scope(tenant):
        living: dict[object, set[str]] = {
            pk: set() for pk in CustomerProfile.objects.exclude(status="MERGED").values_list("pk", flat=True)
        }
        for kind, value, profile_id in Identifier.objects.values_list("kind", "value", "profile_id"):
            living[profile_id].add(f"{kind}:{value}")
        happened = Activity.objects.exclude(category="IDENTITY")
        for at, title, profile_id in happened.values_list("occurred_at", "title", "profile_id"):
            living[profile_id].add(f"{at} {title}")
    return sorted(sorted(one) for one in living.values())


def office_world() -> list[Event]:
    """An office that books, people who give its address, contacts without a name, a couple, a number passed on."""
    office = {"email": "office@vines.example"}
    phone = "+27821234567"

    def of_office(number: int) -> Event:
        payload = {
            "id": f"o{number}",
            "clubName": "Fairview",
            "teeTime": "2026-03-14T07:30:00+02:00",
            "players": [],
        }
        return event("teetime.booking.created", payload, at=number, identity=office)

    return [
        of_office(1),
        member(1, at=2, firstName="Anna", lastName="Botha", **office),
        contact("c7", at=3, **office),
        of_office(4),
        player("t2", at=5, name="Pieter", surname="Nel", phone=phone, **office),
        of_office(6),
        member(3, at=7, firstName="Themba", lastName="Zulu", email="zulu@home.example", phoneNumber=phone),
        contact("c4", at=8, firstName="Nomsa", lastName="Zulu", email="zulu@home.example"),
        booking("t2", at=9, players=[{"name": "Anna Botha", **office}]),
        contact("c8", at=10, email="info@vines.example"),
        contact("c1", at=11, firstName="Anna", lastName="Botha", **office),
    ]


def test_bookings_of_an_office_with_a_crowd_of_nameless_contacts_are_one_customer(fairview: Club) -> None:
    crowd = [contact(f"c-{number}", at=number, email=OFFICE.value) for number in range(MOST_HOLDERS + 5)]
    bookings = [
        event("teetime.booking.created", {"id": f"o{number}", "clubName": "Fairview",
              "teeTime": "2026-03-14T07:30:00+02:00", "players": []}, at=100 + number,
              identity={"email": OFFICE.value})
        for number in range(3)
    ]  # fmt: skip
    tell(fairview.tenant, *crowd)

    for each in bookings:
        tell(fairview.tenant, each)

    with tenant_scope(fairview.tenant):
        booked = Activity.objects.filter(type="TEETIME_BOOKED").values_list("profile_id", flat=True)
        assert (len(booked), len(set(booked))) == (3, 1)
        assert CustomerProfile.objects.count() == len(crowd) + 1


@pytest.mark.parametrize("seed", range(4))
def test_people_of_an_office_and_of_a_family_are_the_same_in_any_batches(db: None, seed: int) -> None:
    world = office_world()
    together, apart = factories.tenant(), factories.tenant()

    tell(together, *world)
    for batch in cut(world, random.Random(seed)):
        tell(apart, *batch)

    assert portrait(apart) == portrait(together)


def joined(*claims: tuple[tuple[str, ...], str]) -> int:
    """How many people these claims make: (keys as kind:value, full name)."""
    read = [(tuple(_key(key) for key in keys), PersonName.of(*name.split())) for keys, name in claims]
    return len(people_of([list(enumerate(read))]))


def test_a_service_that_has_somebody_twice_with_other_numbers_has_parent_and_child() -> None:
    mailbox = "email:smits@home.example"
    one = (("messagingContactId:c1", mailbox, "phoneNumber:+27821234567"), "Jan Smit")
    other = (("messagingContactId:c2", mailbox, "phoneNumber:+27831234567"), "Jan Smit")
    elsewhere = (("teetimePlayerId:t1", mailbox, "phoneNumber:+27831234567"), "Jan Smit")
    without_number = (("messagingContactId:c3", mailbox), "Jan Smit")

    assert joined(one, other) == 2
    assert joined(one, elsewhere) == 1
    assert joined(one, without_number) == 1


def test_of_two_whose_names_are_alike_the_name_to_the_letter_tells() -> None:
    mailbox = "email:smits@home.example"
    claims = [
        (("teetimePlayerId:t1", mailbox), "Catherine Smit"),
        (("teetimePlayerId:t2", mailbox), "Katherine Smit"),
        (("messagingContactId:c1", mailbox), "Katherine Smit"),
    ]
    keys = [(tuple(_key(key) for key in keys), PersonName.of(*name.split())) for keys, name in claims]

    assert people_of([list(enumerate(keys))]) == {frozenset({0}), frozenset({1, 2})}


@pytest.mark.parametrize("address", ["family@home.example", "office@vines.example"])
def test_a_booking_by_an_offices_address_that_one_member_has_is_the_offices(
    fairview: Club, address: str
) -> None:
    tell(fairview.tenant, member(1, at=1, firstName="Anna", lastName="Botha", email=address))
    for number in (2, 3):
        payload = {"id": f"o{number}", "teeTime": "2026-03-14T07:30:00+02:00", "players": []}
        booked = event("teetime.booking.created", payload, at=number, identity={"email": address})
        tell(fairview.tenant, booked)

    told = portrait(fairview.tenant)

    assert [
        [line.partition(" ")[2].partition(" ")[2] for line in one if "Booked" in line] for one in told
    ] == [
        [],
        ["Booked a tee time, Sat 14 March 07:30"] * 2,
    ]
