"""Contacts without a name: the same people's in whatever order records come, and after every decision of staff."""

import random
from itertools import permutations
from typing import Final

import pytest
from django.db import connection, transaction

from events.identity_hints import IdentityKey
from profiles.club import Club as ClubRules
from profiles.ingest import applying, settling
from profiles.ingest.settling import settle
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile, Identifier, ProfileMerge
from profiles.unmerging import unmerge_profiles
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.examples import examples
from tests.profiles.stories import Event, contact, event, member, player, tell, tell_one_by_one
from tests.profiles.test_identity_order import cut, portrait

NAMES: Final = ("Anna", "Piet", "Karel", "Dirk", "Lena")
SMITS, ANNAS, PIETS = MAILBOXES = ("smits@home.example", "anna@home.example", "piet@work.example")
NUMBERS: Final = ("+27821234567", "+27839876543")
# Worlds in which who came first had decided, by the share of records that tell a name.
DECIDED_BY_ORDER: Final = [
    *((seed, 0.55) for seed in (5, 17, 25, 26)),
    *((seed, 0.4) for seed in (71, 100, 134, 144, 153, 161, 169)),
]


def family_world(seed: int, named: float) -> list[Event]:
    """Three to six records of people of one family, some without a name, at three mailboxes and two numbers."""
    rng = random.Random(seed)
    records = []
    for number in range(rng.randint(3, 6)):
        first = rng.choice(NAMES) if rng.random() < named else ""
        service = rng.choice([contact, contact, player, member]) if first else contact
        email = rng.choice(["", *MAILBOXES, SMITS])
        phone = rng.choice(["", *NUMBERS])
        fields = {"email": email or (SMITS if not phone else ""), "phoneNumber": phone}
        if first:
            fields |= {"firstName": first, "lastName": "Smit"}
        records.append(_record(service, number, {name: value for name, value in fields.items() if value}))
    return records


def _record(service: object, number: int, fields: dict[str, str]) -> Event:
    if service is member:
        return member(number, at=number + 1, **fields)
    if service is player:
        words = {"phoneNumber": "phone", "firstName": "name", "lastName": "surname"}
        return player(
            f"t{number}", at=number + 1, **{words.get(name, name): value for name, value in fields.items()}
        )
    return contact(f"c{number}", at=number + 1, **fields)


@pytest.mark.parametrize(
    ("seed", "named"), [*DECIDED_BY_ORDER, *((seed, 0.5) for seed in range(1000, 1000 + examples(40)))]
)
def test_a_familys_records_make_the_same_people_in_any_order_and_batches(
    db: None, seed: int, named: float
) -> None:
    world, rng = family_world(seed, named), random.Random(seed)
    portraits = []
    for batches in ([world], *(cut(world, rng) for _ in range(4))):
        tenant = factories.tenant()
        for batch in batches:
            tell(tenant, *batch)
        portraits.append(portrait(tenant))

    assert all(one == portraits[0] for one in portraits)


@pytest.mark.parametrize(("seed", "named"), DECIDED_BY_ORDER)
def test_who_comes_in_a_large_batch_moves_those_whom_a_small_one_moves(
    db: None, monkeypatch: pytest.MonkeyPatch, seed: int, named: float
) -> None:
    monkeypatch.setattr(settling, "MOST_CUSTOMERS", 10)
    *known, last = family_world(seed, named)
    others = [
        one
        for number in range(100, 130)
        for one in (
            member(number, firstName="Ann", lastName=f"No{number}", email=f"{number}@else.example"),
            contact(f"d{number}", email=f"{number}@else.example"),
        )
    ]
    tenants = factories.tenant(), factories.tenant()
    for tenant, batch in zip(tenants, ([last], [*others, last]), strict=True):
        tell_one_by_one(tenant, *known)
        tell(tenant, *batch)

    alone, among_others = (people_of(tenant) for tenant in tenants)

    assert alone <= among_others
    assert len(among_others) == len(alone) + 30


@pytest.mark.parametrize(("steps", "moved"), [(1, 0), (2, 1)])
def test_where_somebody_is_too_far_away_to_be_asked_nobody_moves(
    fairview: Club, monkeypatch: pytest.MonkeyPatch, steps: int, moved: int
) -> None:
    monkeypatch.setattr(settling, "MOST_STEPS", steps)
    monkeypatch.setattr(applying, "settle", lambda *_: 0)
    tell_one_by_one(
        fairview.tenant,
        member(1, at=1, firstName="Anna", lastName="Smit", email=SMITS),
        contact("c0", at=2, email=SMITS, phoneNumber=NUMBERS[1]),
        event("scl.member.updated", {"id": 1, "phoneNumber": NUMBERS[0]}, at=3),
    )

    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        assert settle(cursor, ClubRules.of(fairview.tenant), {IdentityKey("email", SMITS)}) == moved


def people_of(tenant: Tenant) -> set[frozenset[str]]:
    """The ids at services of each living customer."""
    with tenant_scope(tenant):
        found: dict[object, set[str]] = {}
        rows = Identifier.objects.exclude(kind__in=["email", "phoneNumber"]).values_list(
            "profile_id", "value"
        )
        for profile_id, value in rows:
            found.setdefault(profile_id, set()).add(value)
    return {frozenset(one) for one in found.values()}


def holder(tenant: Tenant, value: str) -> CustomerProfile:
    with tenant_scope(tenant):
        found: CustomerProfile = CustomerProfile.objects.get(
            pk=Identifier.objects.get(value=value).profile_id
        )
    return found


def test_a_contact_goes_to_the_one_who_has_its_mailbox_and_its_number_in_any_order(db: None) -> None:
    records = [
        contact("c0", at=1, email=PIETS, phoneNumber=NUMBERS[1]),
        player("t4", at=2, name="Piet", surname="Smit", email=ANNAS, phone=NUMBERS[1]),
        player("t5", at=3, name="Karel", surname="Smit", email=PIETS, phone=NUMBERS[1]),
    ]

    for order in permutations(records):
        tenant = factories.tenant()
        tell_one_by_one(tenant, *order)
        assert people_of(tenant) == {frozenset({"t4"}), frozenset({"c0", "t5"})}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_contact_with_a_number_that_is_not_the_members_is_nobodys_whoever_came_first(
    fairview: Club, is_first: bool
) -> None:
    newsletter = contact("c0", at=2, email=SMITS, phoneNumber=NUMBERS[1])
    number = event("scl.member.updated", {"id": 1, "phoneNumber": NUMBERS[0]}, at=3)
    tell(fairview.tenant, member(1, at=1, firstName="Anna", lastName="Smit", email=SMITS))

    tell_one_by_one(fairview.tenant, *((newsletter, number) if is_first else (number, newsletter)))

    assert people_of(fairview.tenant) == {frozenset({"1"}), frozenset({"c0"})}


def test_two_contacts_with_mailboxes_of_their_own_are_not_one_by_a_number(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        contact("c0", at=1, email=SMITS, phoneNumber=NUMBERS[0]),
        contact("c1", at=2, email=PIETS, phoneNumber=NUMBERS[0]),
    )

    assert people_of(fairview.tenant) == {frozenset({"c0"}), frozenset({"c1"})}


def test_whom_staff_keep_apart_is_not_brought_back(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        contact("c0", at=1, email=PIETS, phoneNumber=NUMBERS[1]),
        player("t4", at=2, name="Piet", surname="Smit", email=ANNAS, phone=NUMBERS[1]),
        player("t5", at=3, name="Karel", surname="Smit", email=PIETS, phone=NUMBERS[1]),
    )
    with tenant_scope(fairview.tenant):
        joined = ProfileMerge.objects.filter(kind="AUTOMATIC", unmerged_at=None).last()
        assert joined is not None
        unmerge_profiles(joined.loser_id, merge_id=joined.pk)

    tell(fairview.tenant, contact("c7", at=4, email=SMITS, phoneNumber=NUMBERS[1]))

    assert frozenset({"c0", "t5"}) not in people_of(fairview.tenant)


def test_where_staff_merged_contacts_stay_until_the_merge_is_taken_back(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, at=1, firstName="Anna", lastName="Smit", email=SMITS),
        contact("c0", at=2, email=SMITS, phoneNumber=NUMBERS[1]),
        player("t9", at=3, name="A.", surname="Smit"),
    )
    anna, other = holder(fairview.tenant, "1"), holder(fairview.tenant, "t9")
    with tenant_scope(fairview.tenant):
        merge = merge_profiles(anna.pk, other.pk)
    tell(fairview.tenant, event("scl.member.updated", {"id": 1, "phoneNumber": NUMBERS[0]}, at=4))
    assert people_of(fairview.tenant) == {frozenset({"1", "c0", "t9"})}

    with tenant_scope(fairview.tenant):
        unmerge_profiles(other.pk, merge_id=merge.merge_id)

    assert people_of(fairview.tenant) == {frozenset({"1"}), frozenset({"c0"}), frozenset({"t9"})}


def test_what_a_contact_alone_told_goes_with_it(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, at=1, firstName="Anna", lastName="Smit", email=SMITS),
        contact("c0", at=2, email=SMITS, phoneNumber=NUMBERS[1]),
        event("scl.member.updated", {"id": 1, "phoneNumber": NUMBERS[0]}, at=3),
    )

    with tenant_scope(fairview.tenant):
        numbers = Identifier.objects.filter(kind="phoneNumber").values_list("value", "profile_id")
        assert dict(numbers) == {
            NUMBERS[0]: holder(fairview.tenant, "1").pk,
            NUMBERS[1]: holder(fairview.tenant, "c0").pk,
        }
