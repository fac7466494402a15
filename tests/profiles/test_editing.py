"""What staff and front ends change themselves."""

import threading
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from profiles.customer_table import NAMES
from profiles.editing import (
    EDITABLE_FIELDS,
    LONGEST_NOTE,
    Author,
    add_note,
    create_customer,
    record_activity,
    update_customer,
)
from profiles.errors import CustomerNotFound, InvalidFields, KeyInUse
from profiles.models import Activity, CustomerProfile, Fact, Identifier, Note
from profiles.reading import list_notes
from profiles.search.finding import search_profiles
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.factories import tenant as make_tenant
from tests.profiles.records import NOON
from tests.profiles.stories import event, member, player, tell

NOBODY = UUID(int=1)
READ_ONLY = sorted(set(NAMES) - set(EDITABLE_FIELDS))


def contents(tenant: Tenant) -> dict[str, Any]:
    """Everything an edit could have touched."""
    with tenant_scope(tenant):
        return {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in (CustomerProfile, Identifier, Fact, Activity, Note)
        }


def only_person(tenant: Tenant) -> CustomerProfile:
    with tenant_scope(tenant):
        person: CustomerProfile = CustomerProfile.objects.get()
    return person


def test_a_customer_made_by_hand_has_normal_values_and_is_found(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer(
            {
                "firstName": "  Lindiwe ", "lastName": "Nkosi", "email": " Lindiwe@Example.COM", "status": "ACTIVE",
                "phoneNumber": "082 123 4567", "dateOfBirth": "1984-05-17", "tags": ["vip", " vip", "early bird", ""],
            }
        )  # fmt: skip
        found = search_profiles("lindiwe@example.com")
        facts = {fact.field: (fact.source, fact.value) for fact in Fact.objects.all()}

    assert (made.first_name, made.last_name, made.email) == ("Lindiwe", "Nkosi", "lindiwe@example.com")
    assert (made.phone_number, made.date_of_birth, made.tags) == (
        "+27821234567",
        date(1984, 5, 17),
        ["early bird", "vip"],
    )
    assert (made.created_source, made.status, made.lifecycle_stage) == ("crm", "ACTIVE", "SUBSCRIBER")
    assert found == [made.pk]
    assert facts["email"] == ("crm", "lindiwe@example.com")


def test_a_customer_made_by_hand_is_the_member_who_registers_later(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Lindi", "email": "l@example.com"})

    tell(fairview.tenant, member(1, firstName="Lindiwe", email="l@example.com"))

    person = only_person(fairview.tenant)
    assert (person.pk, person.scl_member_id) == (made.pk, 1)


def test_a_correction_stands_until_a_service_says_something_newer(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Lindwie", email="l@example.com"))
    person = only_person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        corrected = update_customer(person.pk, {"firstName": "Lindiwe", "lastName": "Nkosi"})

    newer = {"id": 1, "firstName": "Lindi", "changes": ["firstName"]}
    tell(fairview.tenant, event("scl.member.updated", newer, at=timezone.now()))

    assert (corrected.first_name, corrected.last_name) == ("Lindiwe", "Nkosi")
    assert corrected.version > person.version
    after = only_person(fairview.tenant)
    assert (after.first_name, after.last_name) == ("Lindi", "Nkosi")


def test_none_or_an_empty_text_empties_a_field(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer(
            {"firstName": "Anna", "lastName": "B", "email": "a@example.com", "dateOfBirth": "1990-01-01"}
        )

        emptied = update_customer(made.pk, {"lastName": "", "email": None, "dateOfBirth": None, "tags": []})

    assert (emptied.first_name, emptied.last_name, emptied.email, emptied.date_of_birth) == (
        "Anna",
        "",
        None,
        None,
    )


def test_an_edit_of_a_merged_customer_goes_to_the_survivor(fairview: Club) -> None:
    tell(fairview.tenant, member(1, email="a@example.com"))
    tell(fairview.tenant, player("t1", at=1))
    with tenant_scope(fairview.tenant):
        loser = CustomerProfile.objects.get(teetime_player_id="t1").pk
    tell(fairview.tenant, event("teetime.player.updated", {"id": "t1", "email": "a@example.com"}, at=2))

    with tenant_scope(fairview.tenant):
        edited = update_customer(loser, {"firstName": "Anna"})

    assert edited.pk != loser
    assert (edited.first_name, edited.scl_member_id) == ("Anna", 1)


@pytest.mark.parametrize("act", ["create", "update"])
def test_every_problem_is_told_at_once_and_nothing_changes(fairview: Club, act: str) -> None:
    tell(fairview.tenant, member(1, firstName="Anna"))
    person, before = only_person(fairview.tenant), contents(fairview.tenant)
    fields = {
        "firstName": "x" * 201, "lastName": "a\x00b", "gender": 5, "email": "no address", "phoneNumber": "12",
        "dateOfBirth": "17.5.1984", "status": "MERGED", "tags": "vip", "membershipTier": "Gold", "shoeSize": 44,
    }  # fmt: skip

    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields) as refused:
        create_customer(fields) if act == "create" else update_customer(person.pk, fields)

    assert set(refused.value.fields) == set(fields)
    assert refused.value.fields["status"] == "Choose ACTIVE or INACTIVE."
    assert contents(fairview.tenant) == before


def test_what_other_services_own_cannot_be_edited(fairview: Club) -> None:
    tell(fairview.tenant, member(1, firstName="Anna"))
    person, before = only_person(fairview.tenant), contents(fairview.tenant)

    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields) as refused:
        update_customer(person.pk, dict.fromkeys(READ_ONLY))

    assert sorted(refused.value.fields) == READ_ONLY
    assert {"emailOptIn", "engagementScore", "handicap", "id", "lifetimeValue", "membershipStatus"} <= set(
        READ_ONLY
    )
    assert contents(fairview.tenant) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dateOfBirth", "1899-12-31"), ("dateOfBirth", "2999-01-01"), ("dateOfBirth", 1984), ("tags", ["x" * 51]),
        ("tags", [str(number) for number in range(51)]), ("tags", [1]), ("status", None), ("firstName", ["Anna"]),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(fairview: Club, field: str, value: Any) -> None:
    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields) as refused:
        create_customer({"firstName": "Anna", field: value})

    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    "fields", [{}, {"tags": ["vip"]}, {"firstName": " "}, {"country": "ZA", "email": None}]
)
def test_a_customer_needs_something_to_be_called_by(fairview: Club, fields: dict[str, Any]) -> None:
    with tenant_scope(fairview.tenant), pytest.raises(InvalidFields, match="Some fields"):
        create_customer(fields)

    assert contents(fairview.tenant)["CustomerProfile"] == []


@pytest.mark.parametrize(
    ("field", "value"), [("email", "TAKEN@example.com"), ("phoneNumber", "082 123 4567")]
)
@pytest.mark.parametrize("act", ["create", "update"])
def test_an_address_of_somebody_else_is_refused_with_whose_it_is(
    fairview: Club, field: str, value: str, act: str
) -> None:
    tell(fairview.tenant, member(1, email="taken@example.com", phoneNumber="0821234567"))
    holder = only_person(fairview.tenant)
    with tenant_scope(fairview.tenant):
        other = create_customer({"firstName": "Other"})
        before = contents(fairview.tenant)
        fields = {"firstName": "New", field: value}

        with pytest.raises(KeyInUse) as refused:
            create_customer(fields) if act == "create" else update_customer(other.pk, fields)

    assert refused.value.code == "CUSTOMER_EXISTS"
    assert refused.value.extra == {"field": field, "customerId": str(holder.pk)}
    assert contents(fairview.tenant) == before


def test_a_customer_made_with_a_familys_mailbox_is_another_member_of_the_family(fairview: Club) -> None:
    family: dict[str, Any] = {"email": "family@example.com", "lastName": "Botha"}
    tell(fairview.tenant, member(1, firstName="Anna", **family), member(2, firstName="Ben", **family))

    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Anna", **family})
        holders = Identifier.objects.filter(kind="email", is_shared=True).count()
        people = CustomerProfile.objects.count()

    assert (made.first_name, made.email, made.scl_member_id) == ("Anna", "family@example.com", None)
    assert (people, holders) == (3, 3)


def test_ones_own_address_may_be_written_again(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer({"email": "a@example.com"})

        assert update_customer(made.pk, {"email": "A@example.com", "firstName": "Anna"}).first_name == "Anna"


def test_tags_alone_change_nothing_else_and_the_same_tags_nothing_at_all(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Anna"})
        tagged = update_customer(made.pk, {"tags": ["b", "a"]})
        again = update_customer(made.pk, {"tags": ["a", "b"]})

    assert (tagged.tags, tagged.first_name) == (["a", "b"], "Anna")
    assert tagged.version > made.version, "the version is what a cautious writer compares"
    assert (again.version, again.updated_at) == (tagged.version, tagged.updated_at)


def test_a_note_stands_with_its_author_and_in_the_timeline_without_counting(fairview: Club) -> None:
    author = Author("Sipho Staff", fairview.staff)
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Anna"})
        plain = add_note(made.pk, "  Likes the shade. ", author)
        pinned = add_note(made.pk, "x" * 100, Author("website"), is_pinned=True)
        notes = list(list_notes(made.pk))
        titles = list(
            Activity.objects.filter(category="NOTE")
            .order_by("id")
            .values_list("type", "category", "title", "source_event_id")
        )
        after = CustomerProfile.objects.get()

    assert notes == [pinned, plain]
    assert (plain.body, plain.author, plain.author_name) == (
        "Likes the shade.",
        fairview.staff,
        "Sipho Staff",
    )
    assert (pinned.author, pinned.author_name, pinned.is_pinned) == (None, "website", True)
    assert titles == [
        ("NOTE_ADDED", "NOTE", "Note: Likes the shade.", str(plain.pk)),
        ("NOTE_ADDED", "NOTE", f"Note: {'x' * 79}…", str(pinned.pk)),
    ]
    assert (after.activity_count_30d, after.last_activity_at) == (0, None)


@pytest.mark.parametrize("body", ["", "  \n", "x" * (LONGEST_NOTE + 1), "a\x00b"])
def test_a_note_without_words_is_refused(fairview: Club, body: str) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Anna"})
        before = contents(fairview.tenant)

        with pytest.raises(InvalidFields, match="Some fields"):
            add_note(made.pk, body, Author("x"))

    assert contents(fairview.tenant) == before


def test_an_activity_by_hand_counts_like_any_other(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Anna"})
        activity_id = record_activity(
            made.pk,
            activity_type="PHONE_CALL",
            category="COMMUNICATION",
            title="Called",
            metadata={"minutes": 3},
            occurred_at=NOON,
        )
        row, after = Activity.objects.get(pk=activity_id), CustomerProfile.objects.get()

    assert (row.type, row.source, row.metadata, row.occurred_at) == (
        "PHONE_CALL",
        "crm",
        {"minutes": 3},
        NOON,
    )
    assert (after.last_activity_at, after.last_activity_type) == (NOON, "PHONE_CALL")


def test_nobody_can_be_edited_and_another_tenants_customer_is_nobody(fairview: Club, kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant):
        theirs = create_customer({"firstName": "Anna"}).pk
    before = contents(fairview.tenant)

    with tenant_scope(kingsmere.tenant):
        for profile_id in (NOBODY, theirs):
            with pytest.raises(CustomerNotFound):
                update_customer(profile_id, {"firstName": "Ben"})
            with pytest.raises(CustomerNotFound):
                add_note(profile_id, "Hello", Author("x"))
            with pytest.raises(CustomerNotFound):
                record_activity(
                    profile_id, activity_type="X", category="GOLF", title="x", metadata={}, occurred_at=NOON
                )

    assert contents(fairview.tenant) == before


@pytest.mark.django_db(transaction=True)
def test_of_several_creations_of_one_address_at_once_one_succeeds() -> None:
    tenant = make_tenant()
    barrier, outcomes = threading.Barrier(4), list[str]()

    def create(number: int) -> None:
        try:
            barrier.wait(30)
            with tenant_scope(tenant):
                create_customer({"firstName": f"Anna {number}", "email": "anna@example.com"})
            outcomes.append("made")
        except KeyInUse:
            outcomes.append("in use")
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(outcomes) == ["in use", "in use", "in use", "made"]
    assert only_person(tenant).email == "anna@example.com"
