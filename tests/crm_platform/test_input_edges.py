"""Whatever a route is sent, it answers: never a 5xx, and each refusal is the one envelope with a described code.

All routes are walked, so that a new one is tried as soon as it is in the permission table. What the same code reads at
each of them (bodies, media types, parameters) is tried in quarters by turns; each field of a body on all of its kind.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
import pytest
from django.db import transaction
from django.test import Client, TestCase

from crm_platform.api.docs import description
from segments.models import Segment
from tenants.api.examples import examples, filled
from tenants.expiring_cache import clear_all_caches
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club, make_fairview
from tests.crm_platform import edges
from tests.crm_platform.operations import BY_OPERATION, OPERATIONS
from tests.examples import some
from tests.permissions import Row, World
from tests.prepared import delete_shared_rows, shared_rows
from tests.profiles.api_callers import thandi

WRITING: Final = sorted(name for name, (_, _, found) in OPERATIONS.items() if "requestBody" in found)
READING: Final = sorted(
    name for name, (method, _, _) in OPERATIONS.items() if method == "GET" and name != "streamEvents"
)
CODES: Final = frozenset(description()["components"]["schemas"]["ErrorCode"]["enum"])
ODD_SPELLINGS: Final = ("%ED%A0%80", "%FF", "%00", "%", "%zz")
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


class OneByOne(Client):
    """Each request stands alone: what it did is taken back, and one that the database refuses spoils no other.

    What follows a commit is done as well.
    """

    def request(self, **request: Any) -> Any:
        """Make it, to the end."""
        with transaction.atomic():
            with TestCase.captureOnCommitCallbacks(execute=True):
                answer = super().request(**request)
            transaction.set_rollback(True)
        if answer.status_code < 400:
            clear_all_caches()
        return answer


@dataclass(frozen=True)
class Prepared:
    """What all cases share."""

    club: Club
    customer_id: UUID
    key: str


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: Any) -> Iterator[Prepared]:
    """Made once; each case is rolled back."""
    with shared_rows(django_db_blocker):
        club = make_fairview()
        found = Prepared(club, thandi(club.tenant), factories.api_key(club.tenant))
    yield found
    delete_shared_rows(django_db_blocker)


@pytest.fixture
def world(prepared: Prepared, db: None, settings: Any) -> World:
    settings.CRM_RATE_LIMITS = dict.fromkeys(settings.CRM_RATE_LIMITS, 10_000_000)
    return World(prepared.club, prepared.customer_id, settings)


@pytest.fixture
def api(prepared: Prepared, db: None) -> Client:
    return OneByOne(headers={"X-API-Key": prepared.key}, raise_request_exception=False)


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

    for said, body in some([*edges.broken_bodies(good)], name):
        answer = api.generic(method, url, body, edges.JSON)
        check(answer, said)
        # A body that may be left out may be empty; the door for events forgives a mark that Windows programs write.
        is_forgiven = not body.strip() or (name == "publishEvents" and said == "with a byte order mark")
        assert answer.status_code >= 400 or is_forgiven, said
    for said, body in some([*edges.other_shapes()], name):
        check(api.generic(method, url, body, edges.JSON), said)
    for media in some(edges.CONTENT_TYPES, name):
        check(api.generic(method, url, good, media), media)

    fields = resolved(described["schema"]).get("properties", {})
    whole = example if isinstance(example, dict) else {}
    for value in some(edges.VALUES, name):
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
        for value in some(edges.QUERY_VALUES, f"{name}.{parameter}"):
            said = f"{parameter}={value[:60]!r}"
            check(api.get(f"{url}?{urlencode({'tenantId': 'fairview', parameter: value})}"), said)
        for spelled in some(ODD_SPELLINGS, f"{parameter}.{name}"):
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


def test_a_number_beyond_64_bits_breaks_no_later_answer(world: World, prepared: Prepared) -> None:
    # PostgreSQL keeps 1e30 as a whole number of 31 digits, which is read back as one.
    api = Client(headers={"X-API-Key": prepared.key})
    customer, huge = f"/api/v1/customers/{prepared.customer_id}", 1e30
    step = {
        "id": "a",
        "kind": "CONDITION",
        "where": [{"path": "x", "value": huge}],
        "ways": {"yes": None, "no": None},
    }
    definition = {"triggers": [{"kind": "MANUAL"}], "start": "a", "steps": [step]}
    activity = {
        "type": "PHONE_CALL",
        "category": "NOTE",
        "title": "Called",
        "metadata": {"x": huge, "y": [{"z": -huge}]},
    }

    made = api.post("/api/v1/journeys", {"name": "Huge", "definition": definition}, edges.JSON)
    noted = api.post(f"{customer}/activities", activity, edges.JSON)

    assert (made.status_code, noted.status_code) == (201, 201), (made.content, noted.content)
    journey = f"/api/v1/journeys/{made.json()['id']}"
    for url in (journey, f"{journey}/steps", f"{customer}/activities", f"{customer}/export"):
        assert api.get(url).status_code == 200, url
    assert api.get(journey).json()["definition"]["steps"][0]["where"][0]["value"] == huge
    again = api.put(f"{journey}/steps", {"steps": [step]}, edges.JSON)
    assert again.status_code == 200


@pytest.mark.parametrize("spelling", edges.UUIDS[:2])
def test_an_id_in_another_spelling_is_the_same_id(world: World, api: Client, spelling: str) -> None:
    customer = str(world.customer_id).upper() if "-" in spelling else world.customer_id.hex

    assert api.get(f"/api/v1/customers/{customer}").json()["id"] == str(world.customer_id)
