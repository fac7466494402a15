"""From a customer to what belongs to them, in GraphQL."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from profiles.models import CustomerProfile, Household, HouseholdMember, Note
from profiles.scoring.people import score_customers
from segments.models import Segment, SegmentMember
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import counted_queries
from tests.cast import Club
from tests.profiles.stories import member, payment, tell

pytestmark = pytest.mark.django_db
EVERYTHING = """
query($take: Int) { customers(pagination: {take: $take}) { data {
  id firstName
  timeline(take: 2) { data { id title occurredAt } meta { hasMore nextCursor } }
  notes(take: 2) { body isPinned }
  scores { engagement { score level } churnRisk { score } }
  household { id firstName notes(take: 1) { body } }
  segments { name type }
  messages(take: 2) { id status channel subject }
  runs(take: 2) { id status step }
} meta { total } } }
"""


def ask(club: Club, query: str, **variables: Any) -> Any:
    api = Client(headers=factories.bearer(club.tenant))
    body = {"query": query, "variables": variables}
    answer = api.post("/graphql", body, content_type="application/json")
    assert "errors" not in answer.json(), answer.content
    return answer.json()["data"]


def people(club: Club, number: int, first: int = 1) -> list[CustomerProfile]:
    """Members with three payments, notes, a list and one roof."""
    tell(
        club.tenant,
        *(member(first + each, firstName=f"P{first + each}") for each in range(number)),
        *(payment(first + each, 1000 + day, at=10 + day) for each in range(number) for day in range(3)),
    )
    with tenant_scope(club.tenant):
        rows = list(CustomerProfile.objects.filter(scl_member_id__gte=first).order_by("scl_member_id"))
        score_customers([row.pk for row in rows])
        home = Household.objects.create(tenant_id=club.tenant.pk)
        listed = Segment.objects.create(tenant_id=club.tenant.pk, name=f"List {first}", type="STATIC")
        for row in rows:
            HouseholdMember.objects.create(tenant_id=club.tenant.pk, household_id=home.pk, profile_id=row.pk)
            SegmentMember.objects.create(
                tenant_id=club.tenant.pk,
                segment_id=listed.pk,
                profile_id=row.pk,
                origin_profile_id=row.pk,
                joined_at=timezone.now(),
            )
            for text in ("old", "new", "pinned"):
                Note.objects.create(
                    tenant_id=club.tenant.pk,
                    profile_id=row.pk,
                    origin_profile_id=row.pk,
                    body=f"{row.first_name} {text}",
                    is_pinned=text == "pinned",
                )
    return rows


def test_everything_hangs_below_the_customer_it_belongs_to(fairview: Club, kingsmere: Club) -> None:
    people(fairview, 3)
    people(kingsmere, 1)

    found = {row["firstName"]: row for row in ask(fairview, EVERYTHING, take=10)["customers"]["data"]}

    assert set(found) == {"P1", "P2", "P3"}
    one = found["P2"]
    assert len(one["timeline"]["data"]) == 2
    assert one["timeline"]["meta"]["hasMore"] is True
    assert [note["body"] for note in one["notes"]] == ["P2 pinned", "P2 new"]
    assert one["scores"]["engagement"]["level"]
    assert one["scores"]["churnRisk"]["score"] is not None
    assert [other["firstName"] for other in one["household"]] == ["P1", "P3"]
    assert one["household"][0]["notes"] == [{"body": "P1 pinned"}]
    assert one["segments"] == [{"name": "List 1", "type": "STATIC"}]
    assert one["messages"] == []
    assert one["runs"] == []


def test_the_timeline_goes_on_from_the_cursor_of_the_edge(fairview: Club) -> None:
    (row,) = people(fairview, 1)
    below = ask(fairview, EVERYTHING, take=10)["customers"]["data"][0]["timeline"]
    rest = ask(
        fairview,
        "query($id: ID!, $cursor: String) { customerTimeline(customerId: $id, cursor: $cursor) { data { id } } }",
        id=str(row.pk),
        cursor=below["meta"]["nextCursor"],
    )["customerTimeline"]["data"]
    whole = ask(
        fairview, "query($id: ID!) { customerTimeline(customerId: $id) { data { id } } }", id=str(row.pk)
    )["customerTimeline"]["data"]

    assert [each["id"] for each in (*below["data"], *rest)] == [each["id"] for each in whole]


def test_a_page_costs_the_same_queries_for_two_customers_and_for_nine(fairview: Club) -> None:
    numbers = []
    for first, number in ((1, 2), (100, 9)):
        people(fairview, number, first)
        # A page that holds everybody needs no count.
        ask(fairview, EVERYTHING, take=20)
        with counted_queries() as queries:
            ask(fairview, EVERYTHING, take=20)
        numbers += queries

    assert numbers[0] == numbers[1]


def test_one_customer_has_the_same_edges(fairview: Club) -> None:
    (row,) = people(fairview, 1)

    one = ask(
        fairview,
        "query($id: ID!) { customer(id: $id) { notes { body } segments { name } timeline(filters: {category: "
        "[MEMBERSHIP]}) { data { category } } } }",
        id=str(row.pk),
    )["customer"]

    assert len(one["notes"]) == 3
    assert one["segments"] == [{"name": "List 1"}]
    assert {each["category"] for each in one["timeline"]["data"]} <= {"MEMBERSHIP"}


def test_rows_below_rows_are_counted_before_anything_is_read(fairview: Club) -> None:
    api = Client(headers=factories.bearer(fairview.tenant))
    query = "{ customers(pagination: {take: 100}) { data { timeline(take: 100) { data { id title } } } } }"

    answer = api.post("/graphql", {"query": query}, content_type="application/json")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_EXPENSIVE"
    assert error["message"].endswith(
        "10,000 is the limit. Ask for fewer rows (`take`) or fewer fields of each."
    )
