"""Campaigns over REST and GraphQL: drafts, refusals, acts, stats, recipients."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignCount
from campaigns.representation import campaigns_fields
from tenants.models import Role
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import counted_queries
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club
from tests.profiles.graphql_callers import ask, data

URL = "/api/v1/campaigns"
BODY: dict[str, Any] = {
    "name": "Spring Open",
    "channels": ["EMAIL", "SMS"],
    "content": {"EMAIL": {"subject": "Hi {{ firstName }}", "body": "x"}, "SMS": {"body": "x"}},
    "goal": "ENTERED",
}


@pytest.fixture
def headers(fairview: Club) -> Iterator[dict[str, str]]:
    with tenant_scope(fairview.tenant):
        yield {"X-API-Key": factories.api_key(fairview.tenant, scopes=["crm:campaigns"])}


def send(client: Client, method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
    call = getattr(client, method)
    if method == "get":
        return call(f"{URL}{path}", headers=headers)
    return call(f"{URL}{path}", body or {}, "application/json", headers=headers)


def test_a_draft_is_made_changed_scheduled_and_taken_back(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    everybody = segment(fairview.tenant, people(fairview.tenant, 2))
    made = send(client, "post", "", headers, BODY | {"segmentId": str(everybody.pk)})
    assert made.status_code == 201, made.content
    one = f"/{made.json()['id']}"

    changed = send(client, "patch", one, headers, {"holdOutPercent": 10})
    scheduled = send(client, "post", f"{one}/schedule", headers, {"scheduledAt": "2030-06-01T09:00:00+02:00"})
    refused = send(client, "patch", one, headers, {"name": "Other"})
    illegal = send(client, "post", f"{one}/pause", headers)
    back = send(client, "post", f"{one}/unschedule", headers)

    assert made.json()["segmentIds"] == [str(everybody.pk)]
    assert changed.json()["holdOutPercent"] == 10
    assert (scheduled.json()["status"], scheduled.json()["scheduledAt"]) == (
        "SCHEDULED",
        "2030-06-01T07:00:00Z",
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ILLEGAL_STATE")
    assert illegal.json()["error"]["details"][0]["params"] == {"from": "SCHEDULED", "to": "PAUSED"}
    assert back.json()["status"] == "DRAFT"


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"nmae": "x"}, "nmae", "did you mean name"),
        ({"channels": ["FAX"]}, "channels.0", "Input should be"),
        ({"channels": ["SMS", "SMS"]}, "channels", "each channel once"),
        ({"content": {"EMAIL": {"body": "{% if %}"}}}, "content", "cannot be read"),
        ({"recurPattern": "* * * * *"}, "recurPattern", "too often"),
        ({"timezone": "Mars"}, "timezone", "time zone"),
        ({"scheduledAt": "2030-06-01T09:00:00"}, "scheduledAt", "timezone"),
        ({"variants": [{"label": "A"}]}, "variants", "two variants"),
        ({"holdOutPercent": 60}, "holdOutPercent", "less than or equal to 50"),
        ({"rule": {"rules": "\x00"}}, "rule", "null byte"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_field(
    wrong: dict[str, Any], field: str, words: str, client: Client, headers: dict[str, str]
) -> None:
    answer = send(client, "post", "", headers, BODY | wrong)

    assert answer.status_code in (400, 422), answer.content
    assert words in str(answer.json()), answer.content
    assert field in str(answer.json()) or field == "rule"
    assert not Campaign.objects.exists()


def test_what_is_missing_is_listed(client: Client, headers: dict[str, str]) -> None:
    made = send(client, "post", "", headers, {"name": "Empty"})
    answer = send(client, "post", f"/{made.json()['id']}/schedule", headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "NOT_READY")
    assert [each["field"] for each in answer.json()["error"]["details"]] == [
        "channels",
        "segmentIds",
    ]


def test_acts_have_a_limit_of_their_own(client: Client, headers: dict[str, str], one_minute: None) -> None:
    campaign = draft()
    answers = [send(client, "post", f"/{campaign.pk}/pause", headers).status_code for _ in range(11)]

    assert answers == [409] * 10 + [429]
    assert send(client, "get", f"/{campaign.pk}", headers).status_code == 200


def test_recipients_and_sum_tell_of_everybody(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    everybody = [
        *people(fairview.tenant, 3),
        *people(fairview.tenant, 1, email_opt_in=False, last_name="Nel"),
    ]
    campaign = draft(segment(fairview.tenant, everybody))
    send(client, "post", f"/{campaign.pk}/schedule", headers)
    step(campaign)

    sum_ = send(client, "get", f"/{campaign.pk}/stats", headers).json()["sum"]
    skipped = send(client, "get", f"/{campaign.pk}/recipients?status=SKIPPED", headers).json()
    found = send(client, "get", f"/{campaign.pk}/recipients?search=nel", headers).json()

    assert sum_["target"] == sum_["sent"] + sum_["skipped"] + sum_["failed"] + sum_["waiting"] == 4
    assert sum_["reasons"] == {"CONSENT": 1}
    assert [row["reasonText"] for row in skipped["data"]] == ["Has not agreed to be written to this way"]
    assert found["meta"]["total"] == 1
    assert found["data"][0]["customerId"] == str(everybody[3].pk)


def test_a_page_of_campaigns_costs_the_same_whatever_its_length(
    fairview: Club, headers: dict[str, str]
) -> None:
    draft()
    with counted_queries() as one:
        campaigns_fields(list(Campaign.objects.all()))
    for _ in range(5):
        draft()
    with counted_queries() as six:
        campaigns_fields(list(Campaign.objects.all()))

    assert one == six


def test_another_clubs_campaign_is_not_there(client: Client, fairview: Club, kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant):
        campaign = draft()
    foreign = {"X-API-Key": factories.api_key(kingsmere.tenant)}

    for path in ("", "/stats", "/recipients"):
        assert send(client, "get", f"/{campaign.pk}{path}", foreign).status_code == 404


@pytest.mark.parametrize(("role", "brought"), [(Role.ADMIN, 5_000), (Role.STAFF, None)])
def test_what_a_campaign_brought_is_told_to_roles_that_see_money(
    client: Client, fairview: Club, role: Role, brought: int | None
) -> None:
    with tenant_scope(fairview.tenant):
        campaign = draft(goal="BOOKED", started_at=timezone.now())
        CampaignCount.objects.create(
            campaign=campaign, tenant_id=campaign.tenant_id, occurrence="1", variant="", channel="EMAIL",
            handed_over=2, converted=1, revenue_cents=5_000,
        )  # fmt: skip
    person = factories.bearer(fairview.tenant, subject=fairview.member(role).auth_user_id)
    asked = "{ campaigns { data { counters { revenueCents converted } } } }"

    stats = send(client, "get", f"/{campaign.pk}/stats", person).json()
    listed = send(client, "get", "", person).json()["data"][0]
    totals = client.get("/api/v1/analytics/campaigns", headers=person).json()
    graph = client.post("/graphql", {"query": asked}, "application/json", headers=person).json()

    counted = [
        stats["counters"],
        stats["channels"][0]["counters"],
        listed["counters"],
        totals["counters"],
        totals["campaigns"][0]["counters"],
        graph["data"]["campaigns"]["data"][0]["counters"],
    ]
    assert [one["revenueCents"] for one in counted] == [brought] * len(counted)
    assert {one["converted"] for one in counted} == {1}


def test_graphql_does_the_same(client: Client, fairview: Club, headers: dict[str, str]) -> None:
    everybody = segment(fairview.tenant, people(fairview.tenant, 2))
    fields = "id name status channels holdOutPercent counters { sent opened } rates { openRate }"
    made = data(
        ask(
            client,
            f"mutation($i: CampaignInput!) {{ createCampaign(input: $i) {{ {fields} }} }}",
            headers,
            i=BODY | {"segmentIds": [str(everybody.pk)], "holdOutPercent": 5},
        )
    )["createCampaign"]
    one = {"id": made["id"]}

    scheduled = data(
        ask(client, "mutation($id: ID!) { scheduleCampaign(id: $id) { status } }", headers, **one)
    )
    listed = data(
        ask(client, f"{{ campaigns(status: SCHEDULED) {{ data {{ {fields} }} meta {{ total }} }} }}", headers)
    )
    stats = data(
        ask(client, "query($id: ID!) { campaignStats(campaignId: $id) { sum hours } }", headers, **one)
    )
    figures = data(ask(client, "{ campaignAnalytics { days counters { sent } campaigns } }", headers))

    assert (made["status"], made["holdOutPercent"], made["counters"]) == (
        "DRAFT",
        5,
        {"sent": 0, "opened": 0},
    )
    assert scheduled["scheduleCampaign"]["status"] == "SCHEDULED"
    assert listed["campaigns"]["meta"]["total"] == 1
    assert stats["campaignStats"]["sum"]["target"] == 0
    assert figures["campaignAnalytics"] == {"days": 90, "counters": {"sent": 0}, "campaigns": []}


def test_a_copy_the_archive_and_the_consent_of_a_second_person(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 1)))

    copy = send(client, "post", f"/{campaign.pk}/duplicate", headers)
    archived = send(client, "post", f"/{copy.json()['id']}/archive", headers)
    listed = send(client, "get", "", headers).json()["data"]
    back = send(client, "post", f"/{copy.json()['id']}/unarchive", headers)
    asked = send(client, "post", f"/{campaign.pk}/ask-approval", headers)
    by_a_service = send(client, "post", f"/{campaign.pk}/approve", headers)
    colleague = factories.bearer(fairview.tenant, subject=fairview.admin.auth_user_id)
    seen = send(client, "get", f"/{campaign.pk}", colleague).json()["version"]
    odd = [
        send(client, "post", f"/{campaign.pk}/approve", colleague, body)
        for body in ({"version": seen + 1}, {"version": "1"}, {"versoin": seen})
    ]
    approved = send(client, "post", f"/{campaign.pk}/approve", colleague, {"version": seen})

    assert (copy.status_code, copy.json()["name"]) == (201, "Spring Open (copy)")
    assert [archived.status_code, back.status_code, asked.status_code] == [200, 200, 200]
    assert [one["id"] for one in listed] == [str(campaign.pk)]
    assert (by_a_service.status_code, by_a_service.json()["error"]["code"]) == (409, "OWN_APPROVAL")
    assert [one.status_code for one in odd] == [409, 422, 422]
    assert odd[0].json()["error"]["code"] == "CHANGED_MEANWHILE"
    assert approved.status_code == 200, approved.content
    assert (approved.json()["isApproved"], approved.json()["approvedBy"]) == (True, "Fairview Admin")


def test_graphql_copies_archives_and_reads_what_all_campaigns_brought(
    client: Client, fairview: Club, headers: dict[str, str]
) -> None:
    campaign = draft(segment(fairview.tenant, people(fairview.tenant, 2)))
    send(client, "post", f"/{campaign.pk}/schedule", headers)
    step(campaign)
    made = """mutation($id: ID!) { duplicateCampaign(id: $id) { id name status } }"""
    question = "query($id: ID!) { campaignAnalytics { campaigns } campaignStats(campaignId: $id) { sum } }"

    copy = data(ask(client, made, headers=headers, id=str(campaign.pk)))["duplicateCampaign"]
    found = data(ask(client, question, headers=headers, id=str(campaign.pk)))

    assert (copy["name"], copy["status"]) == ("Spring Open (copy)", "DRAFT")
    total = found["campaignStats"]["sum"]
    assert (total["target"], total["waiting"], total["sent"]) == (2, 2, 0)
    assert [one["id"] for one in found["campaignAnalytics"]["campaigns"]] == [str(campaign.pk)]
