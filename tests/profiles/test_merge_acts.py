"""Merging and unmerging by people: everything comes back, in any order, with events arriving in between."""

import json
import random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from events.models import DomainLogEntry, InboxEvent
from profiles.editing import update_customer
from profiles.errors import CustomerNotFound, NothingToUnmerge, SameCustomer
from profiles.merging.actions import merge_profiles
from profiles.models import (
    Activity,
    CannotLink,
    CustomerProfile,
    Identifier,
    Note,
    ProfileMerge,
    ProfileShare,
)
from profiles.reading import get_customer
from profiles.unmerging import unmerge_profiles
from tenants.actors import acting_as, actor_of_user
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.examples import examples
from tests.profiles.records import note
from tests.profiles.stories import Event, booking, contact, event, member, payment, player, tell
from tests.profiles.test_convergence import IGNORED

PEOPLE = 5


def merge(tenant: Tenant, winner: UUID, loser: UUID) -> None:
    with tenant_scope(tenant):
        merge_profiles(winner, loser)


def unmerge(tenant: Tenant, loser: UUID) -> None:
    with tenant_scope(tenant):
        unmerge_profiles(loser)


def holder(tenant: Tenant, kind: str, value: str) -> CustomerProfile:
    with tenant_scope(tenant):
        key = Identifier.objects.get(kind=kind, value=value)
        found: CustomerProfile = CustomerProfile.objects.get(pk=key.profile_id)
    return found


def two_golfers(tenant: Tenant) -> tuple[CustomerProfile, CustomerProfile]:
    tell(
        tenant,
        member(1, firstName="Anna", lastName="Botha", email="anna@example.com", at=1),
        player("t-2", name="Ben", surname="Nel", phone="0821234567", handicap=12.4),
        contact("c-1", email="anna@example.com", emailOptIn=True),
        contact("c-2", firstName="Ben", phoneNumber="0821234567", emailOptIn=False),
        payment(1, 50_000, at=5),
        booking("t-2", at=6),
    )
    return holder(tenant, "sclMemberId", "1"), holder(tenant, "teetimePlayerId", "t-2")


def test_the_winner_gets_everything_and_the_old_id_answers_with_the_winner(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)

    with tenant_scope(fairview.tenant), acting_as(actor_of_user(fairview.staff)):
        outcome = merge_profiles(anna.pk, ben.pk, reason="Same voice on the phone")

        after = get_customer(ben.pk)
        merge_row = ProfileMerge.objects.get(kind="PERSON")
        logged = LoggedAction.objects.get(action="customer.merged")
        kinds = set(DomainLogEntry.objects.values_list("kind", flat=True))
    assert (outcome.winner_id, outcome.loser_id) == (anna.pk, ben.pk)
    assert after.pk == anna.pk
    assert (after.first_name, after.scl_member_id, after.teetime_player_id) == ("Anna", 1, "t-2")
    assert (after.handicap_tenths, after.lifetime_value_cents) == (124, 50_000)
    assert after.last_booking_at == ben.last_booking_at
    assert not after.email_opt_in
    assert "handicap" in outcome.changes
    assert (merge_row.reason, merge_row.merged_by) == ("Same voice on the phone", fairview.staff)
    assert (logged.subject_id, logged.details["other"]) == (str(anna.pk), str(ben.pk))
    assert "profile.merged" in kinds


def test_an_unmerge_gives_both_sides_back_what_they_had(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    before = portraits(fairview.tenant)
    merge(fairview.tenant, anna.pk, ben.pk)

    unmerge(fairview.tenant, ben.pk)

    assert portraits(fairview.tenant) == before
    with tenant_scope(fairview.tenant):
        assert not ProfileShare.objects.exists()
        assert ProfileMerge.objects.get(kind="PERSON").unmerged_at is not None


def test_what_came_meanwhile_goes_to_the_side_whose_key_brought_it(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    merge(fairview.tenant, anna.pk, ben.pk)
    tell(
        fairview.tenant,
        payment(1, 7_000, at=60),
        event("teetime.player.updated", {"id": "t-2", "email": "ben@example.com"}, at=61),
        booking("t-2", at=62),
    )
    note(fairview.tenant, anna.pk)

    unmerge(fairview.tenant, ben.pk)

    anna_now, ben_now = (holder(fairview.tenant, "email", f"{name}@example.com") for name in ("anna", "ben"))
    assert (anna_now.pk, anna_now.lifetime_value_cents) == (anna.pk, 57_000)
    assert (ben_now.pk, ben_now.lifetime_value_cents) == (ben.pk, 0)
    with tenant_scope(fairview.tenant):
        assert Activity.objects.filter(profile_id=ben.pk, type="TEETIME_BOOKED").count() == 2
        assert Note.objects.get().profile_id == anna.pk


def test_chains_come_apart_in_any_order(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    tell(fairview.tenant, member(3, firstName="Cleo", email="cleo@example.com"))
    cleo = holder(fairview.tenant, "sclMemberId", "3")
    before = portraits(fairview.tenant)
    merge(fairview.tenant, ben.pk, anna.pk)
    merge(fairview.tenant, cleo.pk, ben.pk)
    with tenant_scope(fairview.tenant):
        assert {get_customer(one.pk).pk for one in (anna, ben, cleo)} == {cleo.pk}

    unmerge(fairview.tenant, anna.pk)
    with tenant_scope(fairview.tenant):
        assert (get_customer(anna.pk).pk, get_customer(ben.pk).pk) == (anna.pk, cleo.pk)
    unmerge(fairview.tenant, ben.pk)

    assert portraits(fairview.tenant) == before


def test_a_merge_by_the_rules_can_be_undone_and_is_not_made_again(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Thabo", email="t@example.com"))
    tell(fairview.tenant, player("t-1", name="Thabo", phone="0821234567"))
    both = event(
        "teetime.player.updated", {"id": "t-1", "email": "t@example.com", "phone": "0821234567"}, at=9
    )
    tell(fairview.tenant, both)
    with tenant_scope(fairview.tenant):
        loser = ProfileMerge.objects.get(kind="AUTOMATIC").loser_id

    unmerge(fairview.tenant, loser)
    tell(fairview.tenant, both | {"id": "again"})

    apart = (
        holder(fairview.tenant, "sclMemberId", "1").pk != holder(fairview.tenant, "teetimePlayerId", "t-1").pk
    )
    assert apart
    with tenant_scope(fairview.tenant):
        assert CannotLink.objects.get().first_key == "sclMemberId:1"


def test_what_cannot_be_done_is_refused_and_changes_nothing(fairview: Club, kingsmere: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    stranger = factories_profile(kingsmere.tenant)
    before = portraits(fairview.tenant)

    with tenant_scope(fairview.tenant):
        with pytest.raises(SameCustomer):
            merge_profiles(anna.pk, anna.pk)
        with pytest.raises(CustomerNotFound):
            merge_profiles(anna.pk, stranger)
        with pytest.raises(NothingToUnmerge):
            unmerge_profiles(ben.pk)
        with pytest.raises(CustomerNotFound):
            unmerge_profiles(stranger)

    assert portraits(fairview.tenant) == before
    with tenant_scope(fairview.tenant):
        assert not ProfileMerge.objects.filter(kind="PERSON").exists()


def factories_profile(tenant: Tenant) -> UUID:
    tell(tenant, member(9, firstName="Stranger"))
    return holder(tenant, "sclMemberId", "9").pk


@pytest.mark.parametrize("seed", [*range(examples(32)), 85, 122, 181])
def test_any_sequence_of_merges_undone_leaves_nothing_but_the_events(fairview: Club, seed: int) -> None:
    rng = random.Random(seed)
    stirred, untouched = factories.tenant(f"stirred-{seed}"), factories.tenant(f"untouched-{seed}")
    first = beginnings()
    for tenant in (stirred, untouched):
        tell(tenant, *first)
    for step in range(14):
        if rng.random() < 0.5:
            stir(stirred, rng)
        else:
            news = [some_event(rng, step, number) for number in range(rng.randint(1, 3))]
            for tenant in (stirred, untouched):
                tell(tenant, *news)

    undo_all(stirred, rng)

    assert portraits(stirred) == portraits(untouched)


def beginnings() -> list[Event]:
    people = range(1, PEOPLE + 1)
    return [
        *(member(n, firstName=f"M{n}", email=f"p{n}@example.com", id=n, at=n) for n in people),
        *(player(f"t-{n}", name=f"Player{n}", phone=f"082123456{n}", at=n) for n in people),
    ]


def some_event(rng: random.Random, step: int, number: int) -> Event:
    n, at, one_id = rng.randint(1, PEOPLE), 100 + step * 10 + number, f"s{step}-{number}"
    choices = [
        payment(n, 1_000 * n, at=at),
        booking(f"t-{n}", at=at, players=[{"playerId": f"t-{rng.randint(1, PEOPLE)}"}]),
        event("teetime.player.updated", {"id": f"t-{n}", "handicap": step + 0.5}, at=at),
        event("scl.member.updated", {"id": n, "firstName": f"M{n}", "phoneNumber": f"083123456{n}"}, at=at),
        contact(f"c-{n}", at=at, email=f"p{n}@example.com", emailOptIn=bool(step % 2)),
        # Names keys of two: the rules join them, or keep them apart.
        event(
            "teetime.player.updated", {"id": f"t-{n}", "name": f"M{n}", "email": f"p{n}@example.com"}, at=at
        ),
        contact(f"d-{n}", at=at, email=f"p{n}@example.com", phoneNumber=f"082123456{rng.randint(1, PEOPLE)}"),
    ]
    return {**rng.choice(choices), "id": one_id}


def stir(tenant: Tenant, rng: random.Random) -> None:
    """Merge two at random, or take one back."""
    with tenant_scope(tenant):
        standing = list(ProfileMerge.objects.filter(kind="PERSON", unmerged_at=None).order_by("pk"))
        if standing and rng.random() < 0.4:
            chosen = rng.choice(standing)
            unmerge_profiles(chosen.loser_id, merge_id=chosen.pk)
            return
        living = list(
            CustomerProfile.objects.exclude(status="MERGED").order_by("pk").values_list("pk", flat=True)
        )
        if len(living) > 1:
            merge_profiles(*rng.sample(living, 2))


def undo_all(tenant: Tenant, rng: random.Random) -> None:
    with tenant_scope(tenant):
        standing = list(ProfileMerge.objects.filter(kind="PERSON", unmerged_at=None))
        rng.shuffle(standing)
        for each in standing:
            unmerge_profiles(each.loser_id, merge_id=each.pk)


def portraits(tenant: Tenant) -> list[str]:
    """Every living profile with its keys, facts and timeline by content, free of ids and clocks of ours."""
    with tenant_scope(tenant), connection.cursor() as cursor:
        people = []
        for row in CustomerProfile.objects.exclude(status="MERGED").values():
            of_person: dict[str, Any] = {"row": {k: v for k, v in row.items() if k not in IGNORED}}
            for table, columns in PARTS.items():
                cursor.execute(f"SELECT {columns} FROM {table} WHERE profile_id = %s", [row["id"]])
                rows = [repr(each) for each in cursor.fetchall()]
                # Each side of a merge by the rules has a row of its own for an address of several people.
                of_person[table] = sorted(set(rows) if table == "profiles_identifier" else rows)
            people.append(json.dumps(of_person, default=str, sort_keys=True))
    return sorted(people)


PARTS = {
    # A mark of sharing that nobody else shares says nothing; it stays where an address was several people's once.
    "profiles_identifier": "kind, value, is_shared AND EXISTS (SELECT FROM profiles_identifier AS other"
    " WHERE other.tenant_id = profiles_identifier.tenant_id AND other.kind = profiles_identifier.kind"
    " AND other.value = profiles_identifier.value AND other.profile_id <> profiles_identifier.profile_id),"
    " confidence, linked_at, unlinked_at",
    "profiles_fact": "field, source, rank, value, occurred_at, event_id",
    "profiles_activity": "type, title, occurred_at, source_event_id, slot",
    "profiles_note": "body",
}


def tags_of(tenant: Tenant, *people: UUID) -> list[list[str]]:
    with tenant_scope(tenant):
        found = dict(CustomerProfile.objects.filter(pk__in=people).values_list("pk", "tags"))
    return [found[one] for one in people]


def test_tags_set_while_merged_go_back_with_the_side_that_had_them(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    with tenant_scope(fairview.tenant):
        update_customer(anna.pk, {"tags": ["captain", "wine"]})
        update_customer(ben.pk, {"tags": ["early", "wine"]})
        merge_profiles(anna.pk, ben.pk)
        assert get_customer(anna.pk).tags == ["captain", "early", "wine"]
        update_customer(anna.pk, {"tags": ["early", "new", "wine"]})
        unmerge_profiles(ben.pk)

    assert tags_of(fairview.tenant, anna.pk, ben.pk) == [["new", "wine"], ["early", "wine"]]


def test_choosing_an_address_of_the_other_side_does_not_glue_the_two_together(fairview: Club) -> None:
    anna, ben = two_golfers(fairview.tenant)
    tell(fairview.tenant, event("teetime.player.updated", {"id": "t-2", "email": "ben@example.com"}, at=9))
    merge(fairview.tenant, anna.pk, ben.pk)

    with tenant_scope(fairview.tenant):
        after = update_customer(anna.pk, {"email": "ben@example.com"})
        assert after.email == "ben@example.com"
        assert not ProfileMerge.objects.filter(kind="AUTOMATIC", loser_id=ben.pk).exists()
        unmerge_profiles(ben.pk)

    assert holder(fairview.tenant, "email", "ben@example.com").pk == ben.pk
    assert holder(fairview.tenant, "email", "anna@example.com").pk == anna.pk


def test_two_whom_a_person_merged_and_the_rules_find_to_be_one_stay_one(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Thabo", email="t@example.com"))
    tell(fairview.tenant, player("t-1", name="Thabo", phone="0821234567"))
    older, younger = (
        holder(fairview.tenant, kind, value).pk
        for kind, value in (("sclMemberId", "1"), ("teetimePlayerId", "t-1"))
    )
    merge(fairview.tenant, younger, older)
    both = {"firstName": "Thabo", "email": "t@example.com", "phoneNumber": "0821234567"}

    for number in range(3):
        tell(fairview.tenant, contact("c-1", at=5 + number, **both))
    unmerge_by_person(fairview.tenant)
    tell(fairview.tenant, contact("c-1", at=9, **both))

    with tenant_scope(fairview.tenant):
        assert get_customer(younger).pk == get_customer(older).pk == older
        assert not InboxEvent.objects.exclude(status="SUCCESS").exists()


def test_a_survivor_who_lost_to_a_younger_self_can_still_be_merged(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Thabo", email="t@example.com"), member(3, firstName="Cleo"))
    tell(fairview.tenant, player("t-1", name="Thabo", phone="0821234567"))
    older, younger, cleo = (
        holder(fairview.tenant, kind, value).pk
        for kind, value in (("sclMemberId", "1"), ("teetimePlayerId", "t-1"), ("sclMemberId", "3"))
    )
    merge(fairview.tenant, younger, older)
    both = {"firstName": "Thabo", "email": "t@example.com", "phoneNumber": "0821234567"}
    tell(fairview.tenant, contact("c-1", at=5, **both))

    merge(fairview.tenant, cleo, older)

    with tenant_scope(fairview.tenant):
        assert {get_customer(one).pk for one in (older, younger, cleo)} == {cleo}
        last = ProfileMerge.objects.order_by("pk").last()
        assert last is not None
        unmerge_profiles(older, merge_id=last.pk)
        assert {get_customer(one).pk for one in (older, younger)} == {older}


def test_a_contact_that_came_while_a_merge_hid_its_fellow_joins_it_when_the_merge_is_taken_back(
    fairview: Club,
) -> None:
    tell(fairview.tenant, member(5, firstName="Thabo", email="p5@example.com"))
    tell(fairview.tenant, player("t-5", name="Anna", phone="0821234565"))
    member_id, player_id = (
        holder(fairview.tenant, kind, value).pk
        for kind, value in (("sclMemberId", "5"), ("teetimePlayerId", "t-5"))
    )
    tell(fairview.tenant, contact("d-5", at=3, email="p5@example.com"))
    merge(fairview.tenant, member_id, player_id)
    tell(fairview.tenant, event("teetime.player.updated", {"id": "t-5", "email": "p5@example.com"}, at=4))
    tell(fairview.tenant, contact("c-5", at=5, email="p5@example.com"))
    assert holder(fairview.tenant, "messagingContactId", "d-5").pk == member_id

    unmerge(fairview.tenant, player_id)

    known = {value: holder(fairview.tenant, "messagingContactId", value).pk for value in ("c-5", "d-5")}
    assert known["c-5"] == known["d-5"]
    assert known["c-5"] not in {member_id, player_id}


def unmerge_by_person(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        merge_row = ProfileMerge.objects.get(kind="PERSON")
        unmerge_profiles(merge_row.loser_id, merge_id=merge_row.pk)
