"""Who may call what: one table over every route; a route that is missing from it fails the test."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from events.models import InboxEvent, WebhookDelivery, WebhookEndpoint
from profiles.merging.acts import merge_profiles
from profiles.models import Activity, CustomerProfile, Note
from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.events.hooks import URL, endpoint, failed_delivery
from tests.profiles import stories
from tests.profiles.api_callers import thandi

# Callers in the order of the table's columns: each scope alone, then all scopes together.
CALLERS: Final = (
    *("anonymous", "expired", "read", "write", "admin", "campaigns", "social", "events"),
    *("key", "foreign", "stranger"),
)
EVENT: Final = {
    "id": "e-new",
    "type": "scl.payment.received",
    "timestamp": "2026-03-01T08:15:00+02:00",
    "tenantId": "fairview",
    "payload": {"id": "p", "memberId": 4711, "amountCents": 1, "currency": "ZAR"},
}
ACTIVITY: Final = {"type": "CALL", "category": "NOTE", "title": "x"}
QUESTION: Final = {"query": '{ customers(tenantId: "fairview") { meta { total } } }'}
NUMBERS: Final = count(5000)
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Row:
    """A method of a route, a URL that uses it, and the status for each caller."""

    route: str
    method: str
    url: str
    statuses: str
    body: Any = None

    @property
    def expected(self) -> dict[str, int]:
        """Status by caller."""
        return dict(zip(CALLERS, map(int, self.statuses.split()), strict=True))


#                       anon exp read writ admi camp soci even  key  foreign stranger
READ: Final = "          401 401  200  403  403  403  403  403  200  404     404"
MAKE: Final = "          401 401  403  201  403  403  403  403  201  404     404"
CHANGE: Final = "        401 401  403  200  403  403  403  403  200  404     404"
SEE_EVENT: Final = "     401 401  200  403  403  403  403  200  200  404     404"
PUBLISH: Final = "       401 401  403  403  403  403  403  202  202  422     422"
# GraphQL refuses field by field, inside an answer with 200.
ASK: Final = "           401 401  200  200  200  200  200  200  200  200     200"
MERGE: Final = "         401 401  403  403  200  403  403  403  200  404     404"
ADD_HOOK: Final = "      401 401  403  403  201  403  403  403  201  404     404"
DROP_HOOK: Final = "     401 401  403  403  204  403  403  403  204  404     404"
QUEUE_HOOK: Final = "    401 401  403  403  202  403  403  403  202  404     404"
OPEN: Final = "          200 200  200  200  200  200  200  200  200  200     200"
# The back office knows sessions only: whoever has none is sent to its log-in page.
TO_LOGIN: Final = "      302 302  302  302  302  302  302  302  302  302     302"

TABLE: Final = (
    Row("customers", "GET", "/api/v1/customers?tenantId=fairview", READ),
    Row("customers", "POST", "/api/v1/customers?tenantId=fairview", MAKE, {"firstName": "New"}),
    Row("resolve-customer", "GET", "/api/v1/customers/resolve?tenantId=fairview&sclMemberId=4711", READ),
    Row("export-customers", "GET", "/api/v1/customers/export?tenantId=fairview", MERGE),
    Row("customer", "GET", "/api/v1/customers/{id}?tenantId=fairview", READ),
    Row("customer", "PATCH", "/api/v1/customers/{id}?tenantId=fairview", CHANGE, {"language": "zu"}),
    Row(
        "merge-customers",
        "POST",
        "/api/v1/customers/{id}/merge?tenantId=fairview",
        MERGE,
        {"loserId": "{other}"},
    ),
    Row("unmerge-customer", "POST", "/api/v1/customers/{other}/unmerge?tenantId=fairview", MERGE),
    Row("export-customer", "GET", "/api/v1/customers/{id}/export?tenantId=fairview", MERGE),
    Row(
        "erase-customer",
        "POST",
        "/api/v1/customers/{id}/erase?tenantId=fairview",
        MERGE,
        {"reason": "gdpr_erasure", "dryRun": True},
    ),
    Row("restriction", "GET", "/api/v1/customers/{id}/restriction?tenantId=fairview", READ),
    Row(
        "restriction",
        "PUT",
        "/api/v1/customers/{id}/restriction?tenantId=fairview",
        MERGE,
        {"restricted": True},
    ),
    Row("activities", "GET", "/api/v1/customers/{id}/activities?tenantId=fairview", READ),
    Row("activities", "POST", "/api/v1/customers/{id}/activities?tenantId=fairview", MAKE, ACTIVITY),
    Row("scores", "GET", "/api/v1/customers/{id}/scores?tenantId=fairview", READ),
    Row("scoring-rules", "GET", "/api/v1/scoring/rules?tenantId=fairview", READ),
    Row(
        "scoring-rules",
        "PUT",
        "/api/v1/scoring/rules?tenantId=fairview",
        MERGE,
        {"churnLevels": [90, 60, 40, 20]},
    ),
    Row("notes", "GET", "/api/v1/customers/{id}/notes?tenantId=fairview", READ),
    Row("notes", "POST", "/api/v1/customers/{id}/notes?tenantId=fairview", MAKE, {"body": "x"}),
    Row("events", "POST", "/api/v1/events", PUBLISH, EVENT),
    Row("event", "GET", "/api/v1/events/e-1?tenantId=fairview", SEE_EVENT),
    Row("webhooks", "GET", "/api/v1/webhooks?tenantId=fairview", MERGE),
    Row(
        "webhooks", "POST", "/api/v1/webhooks?tenantId=fairview", ADD_HOOK, {"url": URL, "eventTypes": ["*"]}
    ),
    Row("webhook", "GET", "/api/v1/webhooks/{other}?tenantId=fairview", MERGE),
    Row("webhook", "PATCH", "/api/v1/webhooks/{other}?tenantId=fairview", MERGE, {"status": "DISABLED"}),
    Row("webhook", "DELETE", "/api/v1/webhooks/{other}?tenantId=fairview", DROP_HOOK),
    Row("webhook-secret", "GET", "/api/v1/webhooks/{other}/secret?tenantId=fairview", MERGE),
    Row("rotate-webhook-secret", "POST", "/api/v1/webhooks/{other}/rotate-secret?tenantId=fairview", MERGE),
    Row("test-webhook", "POST", "/api/v1/webhooks/{other}/test?tenantId=fairview", MERGE),
    Row("replay-webhook", "POST", "/api/v1/webhooks/{other}/replay?tenantId=fairview", QUEUE_HOOK),
    Row("webhook-deliveries", "GET", "/api/v1/webhooks/{other}/deliveries?tenantId=fairview", MERGE),
    Row("webhook-delivery", "GET", "/api/v1/webhooks/{other}/deliveries/1?tenantId=fairview", MERGE),
    Row(
        "replay-webhook-delivery",
        "POST",
        "/api/v1/webhooks/{other}/deliveries/1/replay?tenantId=fairview",
        QUEUE_HOOK,
    ),
    Row("graphql", "POST", "/graphql", ASK, QUESTION),
    Row("schema", "GET", "/api/schema/", OPEN),
    Row("docs", "GET", "/api/docs/", OPEN),
    Row("livez", "GET", "/livez", OPEN),
    Row("readyz", "GET", "/readyz", OPEN),
    Row("admin:index", "GET", "/admin/", TO_LOGIN),
)
# Answered before the URLconf is asked.
NOT_IN_URLCONF: Final = {"livez", "readyz"}
UNSAFE_CHANGES: Final = (200, 201, 202, 204)


@pytest.fixture(autouse=True)
def webhooks_may_go_to_this_machine(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def callers(fairview: Club, kingsmere: Club) -> dict[str, Client]:
    """A client for each column."""
    own = fairview.tenant
    scoped = {
        scope.value.removeprefix("crm:"): factories.bearer(own, scopes=[scope.value]) for scope in Scope
    }
    headers: dict[str, dict[str, str]] = {
        "anonymous": {},
        "expired": factories.bearer(own, lifetime=timedelta(minutes=-5)),
        **scoped,
        "key": {"X-API-Key": factories.api_key(own)},
        "foreign": factories.bearer(kingsmere.tenant),
        "stranger": factories.bearer(),
    }
    assert set(headers) == set(CALLERS)
    return {name: Client(headers=given, raise_request_exception=False) for name, given in headers.items()}


def state_of(tenant: Tenant) -> tuple[Any, ...]:
    """What a refused call must not change."""
    with tenant_scope(tenant):
        return (
            sorted(CustomerProfile.objects.values_list("id", "version", "updated_at")),
            Activity.objects.count(),
            Note.objects.count(),
            InboxEvent.objects.count(),
            sorted(WebhookEndpoint.objects.values_list("id", "status", "sealed_secret", "disabled_reason")),
            sorted(WebhookDelivery.objects.values_list("event_id", "status")),
        )


def send(client: Client, row: Row, customer_id: object, other_id: object = "") -> Any:
    """Make the row's request."""
    url = row.url.format(id=customer_id, other=other_id)
    body = row.body
    if isinstance(body, dict):
        body = {name: str(other_id) if value == "{other}" else value for name, value in body.items()}
    return client.generic(row.method, url, *(() if body is None else _json(body)))


def another(row: Row, tenant: Tenant, customer_id: UUID) -> UUID | None:
    """What a row needs besides the customer: a webhook, or a second customer, merged where that is taken back."""
    if "webhook" in row.route:
        return webhook(tenant)
    if not row.route.startswith(("merge-", "unmerge-")):
        return None
    number = next(NUMBERS)
    stories.tell(tenant, stories.member(number, firstName="Other"))
    with tenant_scope(tenant):
        found: UUID = CustomerProfile.objects.get(scl_member_id=number).pk
        if row.route == "unmerge-customer":
            merge_profiles(customer_id, found)
    return found


def webhook(tenant: Tenant) -> UUID:
    """A new endpoint, to which the delivery with the number 1 belongs from now on."""
    made = endpoint(tenant)
    failed = failed_delivery(tenant, made)
    with tenant_scope(tenant):
        WebhookDelivery.objects.filter(pk=1).delete()
        WebhookDelivery.objects.filter(pk=failed.pk).update(id=1)
    key: UUID = made.pk
    return key


def _json(body: Any) -> tuple[bytes, str]:
    return orjson.dumps(body), "application/json"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method}-{row.route}")
def test_every_caller_gets_the_status_of_the_table(
    row: Row, callers: dict[str, Client], fairview: Club
) -> None:
    customer_id = thandi(fairview.tenant)
    stories.tell(fairview.tenant, stories.payment(4711, 100, id="e-1"))

    for name, status in row.expected.items():
        other_id = another(row, fairview.tenant, customer_id)
        before = state_of(fairview.tenant)
        answer = send(callers[name], row, customer_id, other_id)
        assert answer.status_code == status, (name, answer.content)
        if row.method == "GET" or status not in UNSAFE_CHANGES or row.route == "graphql":
            assert state_of(fairview.tenant) == before, name


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if "{id}" in row.url or "{other}" in row.url],
    ids=lambda row: f"{row.method}-{row.route}",
)
def test_a_foreign_object_is_not_found_in_ones_own_tenant_either(
    row: Row, callers: dict[str, Client], fairview: Club
) -> None:
    customer_id = thandi(fairview.tenant)
    other_id = another(row, fairview.tenant, customer_id)
    before = state_of(fairview.tenant)

    unnamed = Row(row.route, row.method, row.url.partition("?")[0], "", row.body)
    answer = send(callers["foreign"], unnamed, customer_id, other_id)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert state_of(fairview.tenant) == before


@pytest.mark.parametrize("name", ["read", "foreign", "stranger"])
def test_what_graphql_says_to_whom(callers: dict[str, Client], name: str) -> None:
    answer = callers[name].post("/graphql", QUESTION, "application/json").json()

    if name == "read":
        assert answer == {"data": {"customers": {"meta": {"total": 0}}}}
    else:
        assert answer["data"] == {"customers": None}
        assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    "route", sorted({row.route for row in TABLE if row.url.startswith(("/api/v1", "/graphql"))})
)
def test_methods_that_are_not_in_the_table_do_not_exist(
    route: str, callers: dict[str, Client], fairview: Club
) -> None:
    rows = [row for row in TABLE if row.route == route]
    nobody = "0199f1c4-6f0a-7c3e-9d55-3f1f5c0c7a11"
    url = rows[0].url.format(id=nobody, other=nobody)

    for method in set(METHODS) - {row.method for row in rows}:
        answer = callers["key"].generic(method, url)
        assert answer.status_code == 405, method
        assert set(answer.headers["Allow"].split(", ")) == {row.method for row in rows} | {"OPTIONS"} | (
            {"HEAD"} if "HEAD" in answer.headers["Allow"] else set()
        )


def test_every_route_is_in_the_table() -> None:
    assert set(routes()) | NOT_IN_URLCONF == {row.route for row in TABLE}


def routes() -> Iterator[str]:
    """The names of all routes; of the back office its front door, whose pages have a table of their own."""
    yield from _routes_of(get_resolver().url_patterns)


def _routes_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"The route {pattern.pattern} has no name."
            yield pattern.name
        elif pattern.namespace == "admin":
            yield "admin:index"
        else:
            yield from _routes_of(pattern.url_patterns)
