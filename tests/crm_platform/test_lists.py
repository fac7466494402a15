"""Every list over REST: by cursor in any order, with a choice of fields, and strict about what it does not know."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm_platform.api.docs import description
from journeys.secrets import make_secret
from profiles.models import CustomerProfile, Note
from segments.models import Segment
from tenants.api.listing import Order
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import thandi

pytestmark = pytest.mark.django_db
# Few rows that no table holds as they are.
OWN_PAGES = {"listTenants"}


def lists() -> dict[str, tuple[str, set[str], list[str]]]:
    """Operation → its path, its parameters, its orders."""
    found = {}
    for path, methods in description()["paths"].items():
        for operation in methods.values():
            query = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
            if "take" in query:
                sorts = query.get("sort", {}).get("schema", {}).get("enum", [])
                found[operation["operationId"]] = (path, set(query), sorts)
    return found


def walk(api: Client, url: str, **query: str) -> list[Any]:
    """All rows, a page of two at a time."""
    answer = api.get(url, {**query, "take": "2"}).json()
    rows = list(answer["data"])
    while answer["meta"]["hasMore"]:
        answer = api.get(url, {**query, "take": "2", "cursor": answer["meta"]["nextCursor"]}).json()
        assert "total" not in answer["meta"]
        rows += answer["data"]
    return rows


@pytest.fixture
def segments(fairview: Club) -> list[str]:
    """Eight lists, by name."""
    names = [f"List {number}" for number in range(8)]
    with tenant_scope(fairview.tenant):
        for name in names:
            Segment.objects.create(tenant_id=fairview.tenant.pk, name=name, type="STATIC")
    return names


def test_every_list_goes_on_by_cursor_and_shows_chosen_fields(fairview: Club) -> None:
    customer = thandi(fairview.tenant)
    api = Client(headers=factories.bearer(fairview.tenant))
    asked = 0
    for name, (path, known, sorts) in lists().items():
        if name in OWN_PAGES:
            continue
        assert {"cursor", "fields"} <= known, name
        if "{" in path.replace("{customerId}", ""):
            continue
        url = path.replace("{customerId}", str(customer))
        for query, status, code in (
            [({"cursor": "nonsense"}, 400, "INVALID_CURSOR"), ({"fields": "bogus"}, 400, "INVALID_PARAMETER")]
            # Generated clients send the default of `skip` on their own; a place to go on from may be named once.
            + [
                ({"cursor": "", "skip": "0"}, 200, ""),
                ({"cursor": "x", "skip": "1"}, 400, "INVALID_PARAMETER"),
            ]
            * ("skip" in known)
            + [({"sort": "bogus"}, 400, "INVALID_PARAMETER")] * bool(sorts)
            + [({"sort": sort}, 200, "") for sort in sorts]
            + [({"updatedFrom": "2026-03-01T00:00:00Z"}, 200, "")] * ("updatedFrom" in known)
            + [({"updatedFrom": "yesterday"}, 400, "INVALID_PARAMETER")] * ("updatedFrom" in known)
        ):
            answer = api.get(url, query)
            asked += 1
            assert answer.status_code == status, (name, query, answer.content)
            assert not code or answer.json()["error"]["code"] == code, (name, query)
    assert asked > 60


def test_pages_by_cursor_hold_everybody_once_in_the_order_of_the_list(fairview: Club) -> None:
    customer = thandi(fairview.tenant)
    url = f"/api/v1/customers/{customer}/notes"
    api = Client(headers=factories.bearer(fairview.tenant))
    now = timezone.now()
    with tenant_scope(fairview.tenant):
        Note.objects.bulk_create(
            Note(
                tenant_id=fairview.tenant.pk,
                profile_id=customer,
                origin_profile_id=customer,
                body=str(number),
                is_pinned=number % 3 == 0,
                created_at=now - timedelta(minutes=number // 2),
            )
            for number in range(7)
        )

    all_at_once = api.get(url).json()["data"]
    by_age = walk(api, url, sort="createdAt", fields="body")

    assert [row["body"] for row in walk(api, url)] == [row["body"] for row in all_at_once]
    assert len(all_at_once) == 7
    assert [set(row) for row in by_age] == [{"id", "body"}] * 7
    assert by_age[0]["body"] == "6"


@pytest.mark.parametrize(
    "order", [("handicap_tenths", "pk"), ("-handicap_tenths", "-pk"), ("-handicap_tenths", "pk")]
)
def test_an_order_with_empty_values_loses_nobody(fairview: Club, order: tuple[str, ...]) -> None:
    with tenant_scope(fairview.tenant):
        for handicap in (3, None, 12, None, 3, -4, None):
            CustomerProfile.objects.create(tenant_id=fairview.tenant.pk, handicap_tenths=handicap)
        rows = CustomerProfile.objects.order_by(*order)
        everybody = list(rows)
        found = [everybody[0]]
        while page := list(Order(rows).after(Order(rows).place_of(found[-1]))[:2]):
            found += page

    assert [row.pk for row in found] == [row.pk for row in everybody]
    assert len(found) == 7


def test_nobody_is_repeated_while_others_are_added(fairview: Club, segments: list[str]) -> None:
    api = Client(headers=factories.bearer(fairview.tenant))
    first = api.get("/api/v1/segments", {"sort": "name", "take": "5"}).json()
    with tenant_scope(fairview.tenant):
        Segment.objects.create(tenant_id=fairview.tenant.pk, name="AAA first of all", type="STATIC")

    rest = api.get(
        "/api/v1/segments", {"sort": "name", "take": "100", "cursor": first["meta"]["nextCursor"]}
    ).json()

    seen = [row["id"] for row in first["data"]]
    assert not set(seen) & {row["id"] for row in rest["data"]}
    assert len(seen) + len(rest["data"]) == first["meta"]["total"]


def test_a_cursor_of_another_order_leads_nowhere(fairview: Club, segments: list[str]) -> None:
    api = Client(headers=factories.bearer(fairview.tenant))
    cursor = api.get("/api/v1/segments", {"take": "1", "sort": "name"}).json()["meta"]["nextCursor"]

    answer = api.get("/api/v1/segments", {"take": "1", "sort": "-name", "cursor": cursor})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_CURSOR")


def test_what_changed_since_is_found(fairview: Club, segments: list[str]) -> None:
    api = Client(headers=factories.bearer(fairview.tenant))
    everything = api.get("/api/v1/segments").json()["meta"]["total"]
    since = timezone.now().isoformat()
    with tenant_scope(fairview.tenant):
        one = Segment.objects.order_by("name")[0]
        Segment.objects.filter(pk=one.pk).update(updated_at=timezone.now())

    changed = api.get("/api/v1/segments", {"updatedFrom": since, "sort": "updatedAt"}).json()

    assert everything > 1
    assert [row["id"] for row in changed["data"]] == [str(one.pk)]


@pytest.mark.parametrize(
    ("path", "field", "key"),
    [("tenants", "name", "id"), ("event-types", "source", "name"), ("journey-secrets", "createdBy", "name")],
)
def test_small_lists_show_chosen_fields_too(fairview: Club, path: str, field: str, key: str) -> None:
    with tenant_scope(fairview.tenant):
        make_secret("till")
    api = Client(headers=factories.bearer(fairview.tenant))

    chosen = api.get(f"/api/v1/{path}?fields={field}").json()["data"]
    refused = api.get(f"/api/v1/{path}?fields=bogus")

    assert chosen
    assert all(set(row) == {key, field} for row in chosen)
    assert refused.status_code == 400
    assert refused.json()["error"]["details"][0]["field"] == "fields"
