"""Lists in GraphQL go on by cursor, count only for who asks, and name closed sets of values."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from graphql import GraphQLEnumType

from crm_platform.graphql import schema
from profiles.models import CustomerProfile, Note
from segments.models import Segment, SegmentMember
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import counted_queries
from tests.cast import Club
from tests.messaging.violations import delivery
from tests.profiles.api_callers import thandi
from tests.profiles.graphql_callers import ask, codes, data
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(fairview: Club) -> Client:
    """Somebody who may do everything."""
    return Client(headers=factories.bearer(fairview.tenant))


def walk(api: Client, field: str, selection: str, take: int = 2, **arguments: str) -> list[Any]:
    """All rows of a root field, page by page."""
    given = "".join(f"{name}: {value}, " for name, value in arguments.items())
    query = (
        "query($cursor: String) { found: "
        f"{field}({given}pagination: {{take: {take}, cursor: $cursor}})"
        f"{{ data {{ {selection} }} meta {{ hasMore nextCursor }} }} }}"
    )
    rows, cursor = [], None
    while True:
        page = data(ask(api, query, cursor=cursor))["found"]
        rows += page["data"]
        cursor = page["meta"]["nextCursor"]
        assert page["meta"]["hasMore"] is (cursor is not None)
        if cursor is None:
            return rows


def people(club: Club, number: int) -> list[CustomerProfile]:
    tell(club.tenant, *(member(each, firstName=f"P{each}") for each in range(1, number + 1)))
    with tenant_scope(club.tenant):
        return list(CustomerProfile.objects.order_by("-created_at", "-id"))


def test_customers_go_on_by_cursor_in_the_order_that_is_asked_for(fairview: Club, api: Client) -> None:
    rows = people(fairview, 5)

    by_default = walk(api, "customers", "id")
    oldest_first = walk(api, "customers", "id", sort="CREATED_AT")

    assert [each["id"] for each in by_default] == [str(row.pk) for row in rows]
    assert [each["id"] for each in oldest_first] == [each["id"] for each in reversed(by_default)]


def test_a_cursor_of_rest_goes_on_in_graphql(fairview: Club, api: Client) -> None:
    people(fairview, 3)
    cursor = api.get("/api/v1/customers?take=2").json()["meta"]["nextCursor"]

    rest = data(
        ask(api, "query($c: String) { customers(pagination: {cursor: $c}) { data { id } } }", c=cursor)
    )

    assert len(rest["customers"]["data"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('pagination: {cursor: "nonsense"}', "INVALID_CURSOR"),
        ('filter: {search: "P"}, pagination: {cursor: "x"}', "INVALID_PARAMETER"),
        ('filter: {search: "P"}, sort: UPDATED_AT', "INVALID_PARAMETER"),
        ('pagination: {cursor: "x", skip: 1}', "INVALID_PARAMETER"),
    ],
)
def test_a_place_that_is_none_is_refused(fairview: Club, api: Client, arguments: str, code: str) -> None:
    people(fairview, 1)

    assert codes(ask(api, f"{{ customers({arguments}) {{ data {{ id }} }} }}"))[1] == [code]


def test_what_changed_since_is_found(fairview: Club, api: Client) -> None:
    first = people(fairview, 2)[0]
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.filter(pk=first.pk).update(updated_at=timezone.now() + timedelta(hours=1))
    since = (timezone.now() + timedelta(minutes=1)).isoformat()

    query = "query($at: DateTime) { customers(filter: {updatedFrom: $at}) { data { id } meta { total } } }"
    found = data(ask(api, query, at=since))["customers"]

    assert found == {"data": [{"id": str(first.pk)}], "meta": {"total": 1}}


def test_notes_segments_members_and_messages_go_on_by_cursor(fairview: Club, api: Client) -> None:
    customer, now = thandi(fairview.tenant), timezone.now()
    others = people(fairview, 5)
    with tenant_scope(fairview.tenant):
        own = {"tenant_id": fairview.tenant.pk, "profile_id": customer}
        for number in range(5):
            Note.objects.create(**own, origin_profile_id=customer, body=str(number), is_pinned=number == 3)
            Segment.objects.create(tenant_id=fairview.tenant.pk, name=f"List {number}", type="STATIC")
        segment = Segment.objects.get(name="List 0")
        for row in others:
            SegmentMember.objects.create(
                tenant_id=fairview.tenant.pk, segment_id=segment.pk, profile_id=row.pk,
                origin_profile_id=row.pk, joined_at=now,
            )  # fmt: skip
    sent = [
        delivery(fairview, profile_id=customer, due_at=now - timedelta(minutes=one // 2)) for one in range(5)
    ]
    letters = [row.key for row in sorted(sent, key=lambda row: (row.due_at, row.pk), reverse=True)]

    notes = walk(api, "customerNotes", "body", customerId=f'"{customer}"')
    segments = walk(api, "segments", "name")
    members = walk(api, "segmentMembers", "customerId", segmentId=f'"{segment.pk}"')
    messages = walk(api, "customerMessages", "id status", customerId=f'"{customer}"')

    assert [each["body"] for each in notes] == ["3", "4", "2", "1", "0"]
    assert [each["name"] for each in segments if each["name"].startswith("List")] == [
        f"List {number}" for number in range(5)
    ]
    assert {each["customerId"] for each in members} == {str(row.pk) for row in others}
    assert len(members) == len(others)
    assert [each["id"] for each in messages] == letters


def test_who_does_not_ask_for_the_total_pays_for_no_count(fairview: Club, api: Client) -> None:
    people(fairview, 3)
    counts = []
    for meta in ("hasMore", "hasMore total"):
        query = f"{{ customers(pagination: {{take: 2}}) {{ data {{ id }} meta {{ {meta} }} }} }}"
        ask(api, query)
        with counted_queries() as queries:
            found = data(ask(api, query))["customers"]["meta"]
        counts += queries

    assert counts[1] == counts[0] + 1
    assert found == {"hasMore": True, "total": 3}


def test_the_same_page_is_the_same_as_over_rest(fairview: Club, api: Client) -> None:
    people(fairview, 3)

    query = "{ customers(pagination: {take: 2}) { data { id } meta { total skip take hasMore nextCursor } } }"
    found = data(ask(api, query))["customers"]

    assert found["meta"] == api.get("/api/v1/customers?take=2").json()["meta"]


def test_statuses_kinds_and_channels_are_enumerations_with_words_of_their_own() -> None:
    types = schema.graphql_schema.type_map
    # Other services and staff write these as they like.
    free = {"Activity.channel"}
    loose = {
        f"{name}.{field}"
        for name, kind in types.items()
        if hasattr(kind, "fields") and not name.startswith("__")
        for field, described in kind.fields.items()
        if field
        in {"status", "outcome", "platform", "kind", "channel", "level", "lifecycleStage", "category"}
        and "String" in str(described.type)
    }
    assert loose - free == set()

    stock = {"SocialPostStatus", "JourneyStatus", "CampaignStatus", "CustomerStatus", "TaskOutcome"}
    for name in stock:
        kind = types[name]
        assert isinstance(kind, GraphQLEnumType)
        words = [value.description for value in kind.values.values()]
        assert kind.description not in words, name
        assert len(set(words)) == len(words), name


@pytest.mark.parametrize(
    ("mutation", "wrong"),
    [
        ('updateCustomer(id: "x", input: {status: MERGED}) { id }', "MERGED"),
        ('updateCustomer(id: "x", input: {dateOfBirth: "yesterday"}) { id }', "yesterday"),
        ('closeTask(id: "x", outcome: NONE) { id }', "NONE"),
        ('pauseJourney(id: "x", entries: LATER) { id }', "LATER"),
    ],
)
def test_a_value_outside_of_its_set_is_refused_before_anything_is_done(
    fairview: Club, api: Client, mutation: str, wrong: str
) -> None:
    answer = ask(api, f"mutation {{ {mutation} }}")

    assert codes(answer) == (400, ["GRAPHQL_VALIDATION_FAILED"])
    assert wrong in answer.json()["errors"][0]["message"]


def test_an_edit_by_enumeration_and_date_is_kept(fairview: Club, api: Client) -> None:
    customer = thandi(fairview.tenant)

    changed = data(
        ask(
            api,
            "mutation($id: ID!, $born: Date, $status: CustomerEditedStatus) {"
            " updateCustomer(id: $id, input: {dateOfBirth: $born, status: $status}) { status dateOfBirth } }",
            id=str(customer),
            born="1984-05-17",
            status="INACTIVE",
        )
    )

    assert changed["updateCustomer"] == {"status": "INACTIVE", "dateOfBirth": "1984-05-17"}
