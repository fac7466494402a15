"""What an address joined before it turned out to have several people, looked at again."""

import re
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from events.identity_hints import IdentityKey
from profiles.claims import Claim
from profiles.club import Club as Profiles
from profiles.ingest.people import load_identity_map
from profiles.ingest.statements import MOST_HOLDERS
from profiles.matching.review import open_candidates
from profiles.merging.actions import merge_profiles
from profiles.merging.cannot_link import forbid_link
from profiles.models import Activity, CustomerProfile, Fact, Identifier, ProfileMerge, ProfileShare
from profiles.names import PersonName
from tenants.models import LoggedAction
from tenants.postgresql.plans import PLAN_FOR_BATCHES
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import (
    START,
    Event,
    booking,
    contact,
    event,
    member,
    payment,
    player,
    tell,
    tell_one_by_one,
)

EMAIL = "botha@example.com"
PHONE = "+27821234567"
FACTS_OF_HOLDERS: Final = re.compile(r"unnest\(.*profiles_fact AS told", re.DOTALL)
UUIDS: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


def customers(club: Club) -> dict[str, CustomerProfile]:
    """By the ids that services know them by."""
    found = {}
    with tenant_scope(club.tenant):
        for one in CustomerProfile.objects.exclude(status="MERGED"):
            ids = (one.scl_member_id, one.teetime_player_id, one.messaging_contact_id)
            found[" ".join(str(each) for each in ids if each is not None)] = one
    return found


def pairs(club: Club) -> set[frozenset[UUID]]:
    with tenant_scope(club.tenant):
        return {frozenset((one.first_profile_id, one.second_profile_id)) for one in open_candidates()}


def test_a_contact_without_a_name_leaves_once_the_mailbox_has_two(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL, emailOptIn=True),
        event("messaging.email.opened", {"messageId": "m", "contactId": "c1"}, at=2),
    )
    assert set(customers(fairview)) == {"1 c1"}

    tell(fairview.tenant, member(2, at=3, email=EMAIL, firstName="Anna", lastName="Botha"))

    found = customers(fairview)
    assert set(found) == {"1", "2", "c1"}
    pieter, mailbox = found["1"], found["c1"]
    assert mailbox.email_opt_in
    assert not pieter.email_opt_in
    assert mailbox.last_email_open_at is not None
    assert pieter.last_email_open_at is None
    assert {frozenset((mailbox.pk, pieter.pk)), frozenset((mailbox.pk, found["2"].pk))} <= pairs(fairview)
    with tenant_scope(fairview.tenant):
        types = Activity.objects.filter(profile_id=mailbox.pk).values_list("type", flat=True)
        assert "EMAIL_OPENED" in set(types)
        assert not Activity.objects.filter(profile_id=pieter.pk, type="EMAIL_OPENED").exists()
        assert set(Fact.objects.filter(profile_id=pieter.pk).values_list("source", flat=True)) == {"scl"}
        assert Identifier.objects.filter(kind="email", value=EMAIL, is_shared=True).count() == 3
        assert not ProfileShare.objects.exists()


def test_what_leaves_takes_its_figures_along(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        player("t1", email="office@vines.example", name="Anna", surname="Botha"),
        member(1, at=1, email="office@vines.example", firstName="Anna", lastName="Botha"),
        booking("t1", at=2),
        payment(1, 45_000, at=3),
    )
    whole = customers(fairview)["1 t1"]
    tell(
        fairview.tenant,
        event("scl.member.updated", {"id": 1, "lastName": "Naidoo", "changes": ["lastName"]}, at=4),
        member(2, at=5, email="office@vines.example", firstName="Jan", lastName="Smit"),
    )

    found = customers(fairview)
    assert set(found) == {"1", "2", "t1"}
    assert found["t1"].pk == whole.pk
    assert found["1"].lifetime_value_cents == 45_000
    assert found["t1"].lifetime_value_cents == 0
    assert found["1"].lifecycle_stage == "MEMBER"
    assert found["t1"].lifecycle_stage == "CUSTOMER"
    assert found["t1"].booking_count_30d == whole.booking_count_30d
    assert found["1"].last_booking_at is None
    assert found["t1"].last_booking_at == whole.last_booking_at
    assert found["1"].last_activity_type == "MEMBER_UPDATED"


def test_what_leaves_is_told_in_the_history_and_the_action_log(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL),
        member(2, at=2, email=EMAIL, firstName="Anna", lastName="Botha"),
    )

    found = customers(fairview)
    with tenant_scope(fairview.tenant):
        [merge] = ProfileMerge.objects.all()
        assert (merge.winner_id, merge.loser_id) == (found["1"].pk, found["c1"].pk)
        assert merge.unmerged_at is not None
        assert merge.unmerged_by_name == "Rules of identity"
        [action] = LoggedAction.objects.filter(action="customer.unmerged")
        assert action.subject_id == str(found["1"].pk)
        assert action.details["other"] == str(found["c1"].pk)


def test_father_and_son_of_one_name_keep_what_is_surely_theirs(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(
            1, email=EMAIL, firstName="Pieter", lastName="Botha", dateOfBirth="1950-03-01", phoneNumber=PHONE
        ),
        player("t1", at=1, email=EMAIL, phone=PHONE, name="Pieter", surname="Botha"),
        contact("c1", at=2, email=EMAIL, firstName="Pieter", lastName="Botha"),
        member(2, at=3, email=EMAIL, firstName="Pieter", lastName="Botha", dateOfBirth="1982-06-12"),
    )

    found = customers(fairview)
    assert set(found) == {"1 t1", "2", "c1"}
    third = found["c1"].pk
    assert {frozenset((third, found["1 t1"].pk)), frozenset((third, found["2"].pk))} <= pairs(fairview)


def test_a_service_that_names_two_records_together_ties_them(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL),
        event(
            "messaging.contact.updated",
            {"contactId": "c1", "email": EMAIL},
            identity={"messagingContactId": "c1", "sclMemberId": 1},
            at=2,
        ),
        member(2, at=3, email=EMAIL, firstName="Anna", lastName="Botha"),
    )

    assert set(customers(fairview)) == {"1 c1", "2"}


def test_whom_staff_merged_stays_together(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL),
        player("t9", at=2, name="Piet", surname="Botha"),
    )
    found = customers(fairview)
    with tenant_scope(fairview.tenant):
        merge_profiles(found["1 c1"].pk, found["t9"].pk)

    tell(fairview.tenant, member(2, at=3, email=EMAIL, firstName="Anna", lastName="Botha"))

    assert set(customers(fairview)) == {"1 t9 c1", "2"}


def test_who_left_comes_back_when_a_name_says_so(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL),
        member(2, at=2, email=EMAIL, firstName="Anna", lastName="Botha"),
        event(
            "messaging.contact.updated",
            {"contactId": "c1", "email": EMAIL, "firstName": "Anna", "lastName": "Botha"},
            at=3,
        ),
    )

    assert set(customers(fairview)) == {"1", "2 c1"}


def test_a_mailbox_that_spells_a_name_keeps_its_contact(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email="pieter.botha@example.com", firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email="pieter.botha@example.com"),
        member(2, at=2, email="pieter.botha@example.com", firstName="Anna", lastName="Botha"),
    )

    assert set(customers(fairview)) == {"1 c1", "2"}


def apart_for_a_mailbox_of_two() -> list[Event]:
    """A contact that left its member when a player came with the same mailbox and another first name."""
    return [
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL, emailOptIn=True),
        event("messaging.email.opened", {"messageId": "m", "contactId": "c1"}, at=2),
        player("t1", at=3, email=EMAIL, name="Gert", surname="Botha"),
    ]


def both_are_one(at: int = 4) -> Event:
    return event(
        "teetime.player.updated",
        {"id": "t1", "name": "Pieter", "surname": "Botha"},
        identity={"teetimePlayerId": "t1", "sclMemberId": 1},
        at=at,
    )


def test_a_contact_comes_back_when_the_two_prove_to_be_one(fairview: Club) -> None:
    tell_one_by_one(fairview.tenant, *apart_for_a_mailbox_of_two())
    assert set(customers(fairview)) == {"1", "t1", "c1"}

    tell(fairview.tenant, both_are_one())

    found = customers(fairview)
    assert set(found) == {"1 t1 c1"}
    person = found["1 t1 c1"]
    assert person.email_opt_in
    assert person.last_email_open_at is not None
    with tenant_scope(fairview.tenant):
        assert not ProfileMerge.objects.filter(unmerged_at__isnull=False).exists()
        [action] = LoggedAction.objects.filter(action="customer.merged", details__because__isnull=False)
        assert action.subject_id == str(person.pk)


def test_a_contact_stays_apart_while_a_third_has_the_mailbox(fairview: Club) -> None:
    third = player("t2", at=3, email=EMAIL, name="Susanna", surname="Botha")
    tell_one_by_one(fairview.tenant, *apart_for_a_mailbox_of_two(), third, both_are_one(at=5))

    assert set(customers(fairview)) == {"1 t1", "t2", "c1"}


def test_a_contact_that_staff_keep_apart_does_not_come_back(fairview: Club) -> None:
    tell_one_by_one(fairview.tenant, *apart_for_a_mailbox_of_two())
    found = customers(fairview)
    with tenant_scope(fairview.tenant), transaction.atomic():
        forbid_link(found["1"].pk, found["c1"].pk)

    tell(fairview.tenant, both_are_one())

    assert set(customers(fairview)) == {"1 t1", "c1"}


def test_contacts_that_are_nobody_but_the_mailbox_leave_together(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(1, email=EMAIL, firstName="Pieter", lastName="Botha"),
        contact("c1", at=1, email=EMAIL),
        contact("c2", at=2, email=EMAIL),
        member(2, at=3, email=EMAIL, firstName="Anna", lastName="Botha"),
    )

    with tenant_scope(fairview.tenant):
        held = Identifier.objects.filter(kind="messagingContactId").values_list("profile_id", flat=True)
        assert len(set(held)) == 1
    assert len(customers(fairview)) == 3


def crowd(first: int, last: int) -> list[Event]:
    """Members of one office's mailbox, each of a family of their own; names that are not alike."""
    return [member(number, at=number, email=EMAIL, **_name(number)) for number in range(first, last)]


def _name(number: int) -> dict[str, str]:
    first = f"{chr(65 + number % 26)}{'aeiou'[number % 5] * 4}"
    return {"firstName": first, "lastName": f"{chr(65 + number % 23)}{'bcdfgh'[number % 6]}{number * 7919:x}"}


def looked_at(club: Club, *events: Event) -> int:
    """Of how many customers facts are read while the events are taken in, for looking again at the address."""
    with CaptureQueriesContext(connection) as queries:
        tell(club.tenant, *events)
    about = [query["sql"] for query in queries if FACTS_OF_HOLDERS.search(query["sql"])]
    # One of them is the club.
    return sum(len(UUIDS.findall(sql)) - 1 for sql in about)


def test_one_holder_more_of_a_crowds_address_costs_the_same(fairview: Club) -> None:
    tell(fairview.tenant, *crowd(1, 60))

    few = looked_at(fairview, *crowd(60, 61))
    tell(fairview.tenant, *crowd(61, 200))
    many = looked_at(fairview, *crowd(200, 201))

    assert 0 < few <= MOST_HOLDERS + 2
    assert many <= MOST_HOLDERS + 2
    assert len(customers(fairview)) == 200


def test_in_a_crowd_a_namesake_is_still_found(fairview: Club) -> None:
    tell(fairview.tenant, *crowd(1, 60), member(900, at=900, email=EMAIL, firstName="Jan", lastName="Botha"))
    tell(fairview.tenant, player("p1", at=901, email=EMAIL, name="Jan", surname="Botha"))
    assert "900 p1" in customers(fairview)

    tell(
        fairview.tenant,
        member(901, at=902, email=EMAIL, firstName="Jan", lastName="Botha", dateOfBirth="1950-01-02"),
    )

    assert {"900", "901", "p1"} <= set(customers(fairview))


def test_a_crowd_that_comes_at_once_takes_apart_what_the_address_joined(fairview: Club) -> None:
    tell_one_by_one(
        fairview.tenant,
        member(900, email=EMAIL, firstName="Jan", lastName="Botha"),
        contact("c1", at=1, email=EMAIL, emailOptIn=True),
    )
    assert set(customers(fairview)) == {"900 c1"}

    tell(fairview.tenant, *crowd(2, 60))

    assert {"900", "c1"} <= set(customers(fairview))


def test_of_a_crowd_only_those_are_loaded_who_may_matter(fairview: Club) -> None:
    tell(fairview.tenant, *crowd(1, 150))
    beyond = _name(140)
    claims = [
        Claim(
            (IdentityKey("messagingContactId", "c-1"), IdentityKey("email", EMAIL)),
            PersonName.of(beyond["firstName"], beyond["lastName"]),
            None,
            "messaging",
            "e-1",
            START,
        )
    ]

    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN_FOR_BATCHES)
        loaded = load_identity_map(cursor, Profiles.of(fairview.tenant), claims, START)

    assert len(loaded.people) == MOST_HOLDERS + 2
    assert [one for one in loaded.people.values() if claims[0].name in one.names]
    assert all(one.names for one in loaded.people.values())


def test_a_namesake_deep_in_a_crowd_is_found_and_nobody_else_is_joined(fairview: Club) -> None:
    tell(fairview.tenant, *crowd(1, 150))
    names = _name(140)
    swapped = {"firstName": names["lastName"], "lastName": names["firstName"]}

    tell(fairview.tenant, contact("c-1", at=200, email=EMAIL, **names))
    tell(fairview.tenant, contact("c-2", at=201, email=EMAIL, **swapped))
    tell(
        fairview.tenant, contact("c-3", at=202, email=EMAIL, firstName=names["firstName"], lastName="Unheard")
    )
    tell(fairview.tenant, contact("c-4", at=203, email=EMAIL))
    tell(fairview.tenant, contact("c-5", at=204, email=EMAIL, phoneNumber=PHONE, **names))

    found = customers(fairview)
    assert len(found) == 149 + 2
    with tenant_scope(fairview.tenant):
        ids = {
            key.value: key.profile_id for key in Identifier.objects.exclude(kind__in=["email", "phoneNumber"])
        }
    assert ids["140"] == ids["c-1"] == ids["c-2"] == ids["c-5"]
    assert len({ids["c-3"], ids["c-4"], ids["140"]}) == 3


def test_nobody_with_a_name_becomes_an_offices_nameless_record(fairview: Club) -> None:
    guests = [
        {"name": name, "email": "office@firm.example"} for name in ("Anna Smit", "Anna Botha", "Anna Smit")
    ]
    tell(fairview.tenant, contact("c-1", email="office@firm.example"))
    for minute, guest in enumerate(guests, start=1):
        tell(fairview.tenant, booking(f"t-{minute}", at=minute, players=[guest]))

    with tenant_scope(fairview.tenant):
        names = sorted(
            (one.first_name, one.last_name)
            for one in CustomerProfile.objects.filter(email="office@firm.example", status="ACTIVE")
        )
    assert names == [("", ""), ("Anna", "Botha"), ("Anna", "Smit")]


def test_a_stray_takes_along_the_number_that_nobody_else_told(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Ben", email=EMAIL))
    tell(fairview.tenant, player("t-9", name="Zita", phone=PHONE, at=1))
    tell(fairview.tenant, contact("c-1", email=EMAIL, phoneNumber=PHONE, at=2))
    tell(fairview.tenant, player("t-1", name="Carla", email=EMAIL, at=3))

    with tenant_scope(fairview.tenant):
        ben = CustomerProfile.objects.get(scl_member_id=1)
        nameless = CustomerProfile.objects.get(messaging_contact_id="c-1", status="ACTIVE")
        phones = set(Identifier.objects.filter(value=PHONE).values_list("profile_id", flat=True))
    assert ben.pk != nameless.pk
    assert (ben.phone_number, nameless.phone_number) == (None, PHONE)
    assert ben.pk not in phones
