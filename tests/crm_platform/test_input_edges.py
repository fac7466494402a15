"""Whatever a route is sent, it answers: never a 5xx, and each refusal is the one envelope with a described code.

All routes are walked, so that a new one is tried as soon as it is in the permission table.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
import pytest
from django.test import Client

from crm_platform.api.docs import description
from segments.models import Segment
from tenants.api.examples import examples, filled
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.crm_platform import edges
from tests.crm_platform.operations import BY_OPERATION, OPERATIONS
from tests.permissions import Row, World
from tests.profiles.api_callers import thandi

# Each request commits on its own, as in production: one that the database refuses must not spoil the next.
pytestmark = pytest.mark.django_db(transaction=True)
WRITING: Final = sorted(name for name, (_, _, found) in OPERATIONS.items() if "requestBody" in found)
READING: Final = sorted(
    name for name, (method, _, _) in OPERATIONS.items() if method == "GET" and name != "streamEvents"
)
CODES: Final = frozenset(description()["components"]["schemas"]["ErrorCode"]["enum"])
ODD_PATHS: Final = (
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "..%2F..%2Fetc",
    "%20",
    "x" * 9_000,
    "-1",
    "9" * 400,
    "%2e%2e",
)


@pytest.fixture
def world(fairview: Club, settings: Any) -> World:
    settings.CRM_RATE_LIMITS = dict.fromkeys(settings.CRM_RATE_LIMITS, 10_000_000)
    return World(fairview, thandi(fairview.tenant), settings)


@pytest.fixture
def api(world: World) -> Client:
    return Client(headers={"X-API-Key": factories.api_key(world.club.tenant)}, raise_request_exception=False)


def given_for(row: Row, world: World) -> dict[str, object]:
    """What fills the row's placeholders."""
    return {"id": world.customer_id, **(row.prepare(world) if row.prepare else {})}


def check(answer: Any, said: str) -> None:
    """It is an answer, and a refusal is the envelope."""
    assert answer.status_code < 500, (said, answer.content[:300])
    if answer.status_code < 400:
        return
    assert answer.headers["Content-Type"] == edges.JSON, said
    error = answer.json()["error"]
    assert error["code"] in CODES, (said, error)
    assert error["message"], said
    assert set(error) <= {"code", "message", "requestId", "details"}, said
    for detail in error.get("details", []):
        assert {"field", "code", "message"} <= set(detail) <= {"field", "code", "message", "params"}, said


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference leads to; of alternatives the first."""
    while "$ref" in schema or "oneOf" in schema or "allOf" in schema:
        if "$ref" in schema:
            schema = description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = (schema.get("oneOf") or schema["allOf"])[0]
    return schema


@pytest.mark.parametrize("name", WRITING)
def test_no_body_leads_to_an_error_of_ours(name: str, world: World, api: Client) -> None:
    method, _, operation = OPERATIONS[name]
    row = BY_OPERATION[name]
    given = given_for(row, world)
    url = row.url.format(**given)
    described = operation["requestBody"]["content"][edges.JSON]
    example = filled(examples()[name]["request"], given)
    good = orjson.dumps(example)

    for said, body in edges.broken_bodies(good):
        answer = api.generic(method, url, body, edges.JSON)
        check(answer, said)
        # A body that may be left out may be empty; the door for events forgives a mark that Windows programs write.
        is_forgiven = not body.strip() or (name == "publishEvents" and said == "with a byte order mark")
        assert answer.status_code >= 400 or is_forgiven, said
    for said, body in edges.other_shapes():
        check(api.generic(method, url, body, edges.JSON), said)
    for media in edges.CONTENT_TYPES:
        check(api.generic(method, url, good, media), media)

    fields = resolved(described["schema"]).get("properties", {})
    whole = example if isinstance(example, dict) else {}
    for value in edges.VALUES:
        check(_send(api, method, url, dict.fromkeys(fields, value)), f"all: {value!r:.60}")
    for field, schema in fields.items():
        for value in edges.BY_FORMAT[edges.kind_of(resolved(schema))]:
            check(_send(api, method, url, {**whole, field: value}), f"{field}: {value!r:.60}")


def _send(api: Client, method: str, url: str, body: Any) -> Any:
    return api.generic(method, url, json.dumps(body), edges.JSON)


@pytest.mark.parametrize("name", READING)
def test_no_parameter_leads_to_an_error_of_ours(name: str, world: World, api: Client) -> None:
    row = BY_OPERATION[name]
    url, _, query = row.url.format(**given_for(row, world)).partition("?")
    known = [each["name"] for each in OPERATIONS[name][2].get("parameters", ()) if each["in"] == "query"]

    for parameter in [*known, "bogus"]:
        for value in edges.QUERY_VALUES:
            said = f"{parameter}={value[:60]!r}"
            check(api.get(f"{url}?{urlencode({'tenantId': 'fairview', parameter: value})}"), said)
        for spelled in ("%ED%A0%80", "%FF", "%00", "%", "%zz"):
            check(api.get(f"{url}?tenantId=fairview&{parameter}={spelled}"), f"{parameter}={spelled}")
        check(api.get(f"{url}?{query}&{parameter}=1&{parameter}=2"), f"{parameter} twice")
        check(api.get(f"{url}?{query}&{parameter}"), f"{parameter} without a value")
    check(
        api.get(f"{url}?{query}&" + "&".join(f"p{number}=1" for number in range(2_000))), "2,000 parameters"
    )
    check(api.get(f"{url}?%00=1&{query}"), "a null byte for a name")


@pytest.mark.parametrize("name", sorted(name for name, row in BY_OPERATION.items() if "{" in row.url))
def test_no_address_leads_to_an_error_of_ours(name: str, world: World, api: Client) -> None:
    row = BY_OPERATION[name]
    given = given_for(row, world)
    names = set(re.findall(r"\{(\w+)\}", row.url)) & set(given)

    for placeholder in sorted(names):
        for odd in (*map(quote, edges.UUIDS), *edges.MOMENTS, *ODD_PATHS):
            url = row.url.format(**{**given, placeholder: odd})
            body = orjson.dumps(filled(row.body, given)) if isinstance(row.body, dict) else b""
            check(api.generic(row.method, url, body, edges.JSON), url[:120])


def test_a_cursor_of_another_list_or_club_shows_nothing_foreign(
    world: World, kingsmere: Club, api: Client
) -> None:
    for club in (world.club, kingsmere):
        with tenant_scope(club.tenant):
            for number in range(5):
                Segment.objects.create(
                    tenant_id=club.tenant.pk, name=f"{club.tenant.slug} {number}", type="STATIC"
                )
    foreign = Client(headers=factories.bearer(kingsmere.tenant))
    cursors = {
        each: caller.get(f"/api/v1/{each}", {"take": "1"}).json()["meta"]["nextCursor"]
        for each, caller in (("segments", foreign), ("segments?sort=-name", api))
    }

    for name in READING:
        operation = OPERATIONS[name][2]
        if not any(each["name"] == "cursor" for each in operation.get("parameters", ())):
            continue
        row = BY_OPERATION[name]
        url, _, query = row.url.format(**given_for(row, world)).partition("?")
        for cursor in cursors.values():
            answer = api.get(f"{url}?{query}&cursor={cursor}")
            check(answer, name)
            assert b"kingsmere" not in answer.content.lower(), name


@pytest.mark.parametrize("spelling", edges.UUIDS[:2])
def test_an_id_in_another_spelling_is_the_same_id(world: World, api: Client, spelling: str) -> None:
    customer = str(world.customer_id).upper() if "-" in spelling else world.customer_id.hex

    assert api.get(f"/api/v1/customers/{customer}").json()["id"] == str(world.customer_id)
