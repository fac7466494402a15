"""Segments over REST and GraphQL: the same answers, with members, preview and reasons."""

from typing import Any

from django.test import Client
from django.utils import timezone

from tests import factories
from tests.cast import Club
from tests.profiles.records import activity, profile
from tests.segments.makers import all_of, leaf, refresh

GOLD = leaf("membershipTier", "eq", "Gold")


def call(club: Club, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    given = (
        {"content_type": "application/json"}
        if body is None
        else {"data": body, "content_type": "application/json"}
    )
    answer = getattr(Client(headers=factories.bearer(club.tenant)), method)(f"/api/v1{path}", **given)
    return answer.status_code, answer.json() if answer.content else None


def test_a_segment_is_made_filled_explained_and_deleted(fairview: Club) -> None:
    gold, other = profile(fairview.tenant, membership_tier="Gold", first_name="Ann"), profile(fairview.tenant)
    activity(fairview.tenant, gold.pk, type="TEETIME_BOOKED", category="BOOKING", occurred_at=timezone.now())
    criteria = all_of(GOLD, {"event": {"types": ["TEETIME_BOOKED"], "inLastDays": 30}})
    status, made = call(fairview, "post", "/segments", {"name": "Gold players", "criteria": criteria})
    assert (status, made["isStale"], made["isRefreshing"], made["memberCount"]) == (201, True, True, 0)
    refresh(fairview.tenant)

    path = f"/segments/{made['id']}"
    status, page = call(fairview, "get", f"{path}/members")
    assert [each["customerId"] for each in page["data"]] == [str(gold.pk)]
    assert page["meta"]["total"] == 1
    status, why = call(fairview, "get", f"{path}/explain?customerId={gold.pk}")
    assert why["isMember"] is True
    assert [part["is"] for part in why["rule"]["rules"]] == [True, True]
    assert why["rule"]["rules"][0]["found"] == "Gold"
    assert why["rule"]["rules"][1]["found"]["count"] == 1
    assert why["turn"]["cause"] == "REFRESH"
    status, why_not = call(fairview, "get", f"{path}/explain?customerId={other.pk}")
    assert (why_not["isMember"], why_not["rule"]["is"], why_not["turn"]) == (False, False, None)
    status, past = call(fairview, "get", f"{path}/explain?customerId={gold.pk}&at=2020-01-01T00:00:00Z")
    assert past["isMember"] is False
    status, found = call(fairview, "get", f"/customers?segmentId={made['id']}")
    assert [each["id"] for each in found["data"]] == [str(gold.pk)]
    assert call(fairview, "delete", path)[0] == 204
    assert call(fairview, "get", path)[0] == 404


def test_customers_can_be_filtered_by_an_ad_hoc_rule(fairview: Club) -> None:
    gold = profile(fairview.tenant, membership_tier="Gold")
    profile(fairview.tenant)
    client = Client(headers=factories.bearer(fairview.tenant))

    found = client.get(
        "/api/v1/customers", {"rule": '{"field":"membershipTier","operator":"=","value":"Gold"}'}
    )
    refused = client.get("/api/v1/customers", {"rule": '{"field":"tier","operator":"=","value":"Gold"}'})

    assert [each["id"] for each in found.json()["data"]] == [str(gold.pk)]
    assert found.json()["meta"]["total"] == 1
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "INVALID_RULE"
    assert refused.json()["error"]["details"][0]["field"] == "field"


def test_a_preview_counts_and_tells_in_words(fairview: Club) -> None:
    for tier in ("Gold", "Gold", "Silver"):
        profile(fairview.tenant, membership_tier=tier, handicap_tenths=123, email_opt_in=tier == "Gold")

    status, answer = call(
        fairview, "post", "/segments/preview", {"criteria": all_of(GOLD, leaf("handicap", "lt", 15))}
    )

    assert status == 200
    assert answer["words"] == "Membership tier is Gold, and handicap is less than 15."
    assert (answer["count"], answer["isExact"]) == (2, True)
    assert answer["composition"]["tiers"] == [{"label": "Gold", "count": 2}]
    assert answer["composition"]["handicaps"] == [{"label": "10–19.9", "count": 2}]
    assert answer["composition"]["reach"] == {"email": 2, "sms": 0, "push": 0, "whatsapp": 0}
    assert len(answer["sample"]) == 2
    status, quick = call(fairview, "post", "/segments/preview", {"criteria": GOLD, "quick": True})
    assert (quick["count"], quick["error"]) == (2, 0)


def test_the_fields_are_served_as_builders_want_them(fairview: Club) -> None:
    profile(fairview.tenant, tags=["vip"], membership_tier="Bronze")

    _, answer = call(fairview, "get", "/segments/fields")

    fields = {each["name"]: each for each in answer["fields"]}
    assert [each["name"] for each in fields["membershipTier"]["values"]] == [
        "Platinum",
        "Gold",
        "Silver",
        "Bronze",
    ]
    assert [each["name"] for each in fields["tags"]["values"]] == ["vip"]
    assert {"name": "lt", "label": "is before", "arity": "one"} in fields["memberSince"]["operators"]


def test_a_list_is_changed_by_ids(fairview: Club) -> None:
    person = profile(fairview.tenant)
    status, made = call(fairview, "post", "/segments", {"name": "Guests", "type": "STATIC"})

    status, changed = call(fairview, "patch", f"/segments/{made['id']}", {"addCustomerIds": [str(person.pk)]})
    assert (status, changed["memberCount"]) == (200, 1)
    status, changed = call(
        fairview, "patch", f"/segments/{made['id']}", {"removeCustomerIds": [str(person.pk)]}
    )
    assert (status, changed["memberCount"]) == (200, 0)


def test_graphql_makes_and_reads_segments(fairview: Club) -> None:
    person = profile(fairview.tenant, membership_tier="Gold")
    client = Client(headers=factories.bearer(fairview.tenant))

    def ask(query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = client.post("/graphql", body, content_type="application/json").json()
        assert "errors" not in answer, answer
        return answer["data"]

    made = ask(
        "mutation ($input: SegmentInput!) { createSegment(input: $input) { id isStale refreshFrequency } }",
        input={"name": "Gold", "criteria": GOLD, "refreshFrequency": "HOURLY"},
    )["createSegment"]
    assert (made["isStale"], made["refreshFrequency"]) == (True, "HOURLY")
    refresh(fairview.tenant)
    read = ask(
        "query ($id: ID!) { segment(id: $id) { memberCount }"
        " segmentMembers(segmentId: $id) { data { customerId } meta { total } } }",
        id=made["id"],
    )
    assert read["segment"]["memberCount"] == 1
    assert read["segmentMembers"] == {"data": [{"customerId": str(person.pk)}], "meta": {"total": 1}}
    found = ask("query ($id: ID!) { customers(filter: {segmentId: $id}) { meta { total } } }", id=made["id"])
    assert found["customers"]["meta"]["total"] == 1
    assert ask("mutation ($id: ID!) { deleteSegment(id: $id) }", id=made["id"]) == {"deleteSegment": True}
