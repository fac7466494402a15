"""The API description: complete, committed, and true."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft202012Validator, ValidationError
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_platform.api.docs import description
from tests import factories
from tests.cast import Club
from tests.crm_platform.test_permission_table import TABLE
from tests.examples import examples
from tests.profiles.api_callers import thandi

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
REMAKE = "python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
EXAMPLES = examples(32) // 2
# By name, because generated clients call their functions so: whoever renames one breaks them.
OPERATIONS = (
    "activateJourney actOnPromotion actOnPublishedPost addActivity addNote addSocialMedia approveCampaign "
    "archiveCampaign archiveJourney askCampaignApproval cancelCampaign cancelPromotion "
    "cancelSocialPost connectSocialAccount createCampaign createCustomer createJourney "
    "createPromotion createSegment createSocialPost createTask createWebhook deleteJourney "
    "deleteSegment deleteSocialMedia deleteWebhook disconnectSocialAccount duplicateCampaign "
    "enrollInJourney eraseCustomer explainJourney explainSegment exportCustomer exportCustomers "
    "finishSocialAccount getAsyncApi getCampaign getCampaignAnalytics getCampaignStats "
    "getCustomer getEvent getEventType getJourney getMe getPromotion getRestriction getScores "
    "getScoringRules getSegment getSocialPost getTask getWebhook getWebhookDelivery "
    "getWebhookSecret journeyAnalytics listActivities listCampaignRecipients listCampaigns "
    "listCustomerMessages listCustomers listEvents listEventTypes listJourneyEnrollments "
    "listJourneys listJourneySteps listNotes listPromotions listSegmentFields "
    "listSegmentMembers listSegments listSocialConnections listSocialMedia listSocialPosts "
    "listTasks listTenants listWebhookDeliveries listWebhooks mergeCustomers pauseCampaign "
    "pauseJourney previewCustomerMessage previewSegment publishEvents publishSocialPost "
    "refreshSegment refreshSocialAccount replaceJourneySteps replaceScoringRules replayEvent "
    "replayWebhook replayWebhookDelivery resolveCustomer resolveCustomers resumeCampaign "
    "retrySocialPost rotateWebhookSecret scheduleCampaign setRestriction simulateJourney "
    "socialAnalytics streamEvents syncSegment syncSocialEngagement testCampaign testWebhook "
    "unarchiveCampaign unmergeCustomer unscheduleCampaign updateCampaign updateCustomer "
    "updateJourney updatePromotion updateSegment updateSocialPost updateTask updateWebhook "
    "writeCustomers writeToCustomer "
    "createJourneySecret dropJourneySecret exchangeJourneySecret getJourneyTrial listJourneySecrets listJourneyTrials "
    "startJourneyTrial skipCampaignTime unskipCampaignTime"
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations() -> dict[str, Any]:
    """Every operation by its id."""
    return {
        operation["operationId"]: operation
        for methods in description()["paths"].values()
        for operation in methods.values()
    }


def test_the_committed_description_is_the_present_one(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    command = [*REMAKE.split()[:-1], str(made)]

    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "arning" not in done.stderr
    assert made.read_text() == COMMITTED.read_text(), f"Run `{REMAKE}`."


def test_an_event_has_a_type_of_its_own_whose_payload_is_free() -> None:
    event = description()["components"]["schemas"]["Event"]
    body = operations()["publishEvents"]["requestBody"]["content"]["application/json"]["schema"]

    named = {"$ref": "#/components/schemas/Event"}
    assert body["oneOf"] == [named, {"type": "array", "items": named, "maxItems": 1000}]
    # Without the word, generated TypeScript refuses each field of a payload.
    assert all(
        event["properties"][name]["additionalProperties"] for name in ("payload", "metadata", "identity")
    )


def test_a_body_without_which_nothing_is_done_is_required() -> None:
    # A generated client would otherwise let it be left out, and learn of it at run time.
    for name in ("publishEvents", "writeCustomers", "resolveCustomers", "createCustomer", "createCampaign"):
        assert operations()[name]["requestBody"]["required"] is True, name


def test_files_of_text_are_texts_so_that_generated_clients_read_them() -> None:
    kinds = operations()["exportCustomers"]["responses"]["200"]["content"]

    # Python's generator takes the first kind, and makes bytes of a text that is called binary.
    assert next(iter(kinds)) == "text/csv"
    assert "format" not in kinds["text/csv"]["schema"]


def test_an_order_has_no_default_which_generated_clients_would_send_beside_a_search() -> None:
    for name, operation in operations().items():
        for parameter in operation.get("parameters", ()):
            assert parameter["name"] != "sort" or "default" not in parameter["schema"], name


def test_the_description_begins_with_what_a_first_call_needs() -> None:
    told = description()["info"]["description"]

    for name in (
        "X-API-Key",
        "X-Tenant-Id",
        "cursor",
        "If-Match",
        "Idempotency-Key",
        "Retry-After",
        "ErrorCode",
    ):
        assert f"`{name}`" in told, name


def test_no_schema_is_called_as_a_language_calls_its_own() -> None:
    # A class `Error` of a generated client hides the one of JavaScript or Java, and does not pass mypy in Python.
    taken = {
        "Error",
        "Exception",
        "Object",
        "String",
        "Map",
        "List",
        "Set",
        "Date",
        "Promise",
        "Response",
        "Request",
    }

    assert taken.isdisjoint(description()["components"]["schemas"])


def test_no_part_of_a_schema_is_called_as_another_schema() -> None:
    # Generators call what is described within a schema by both names: `definition` of a Journey is JourneyDefinition.
    schemas = description()["components"]["schemas"]

    assert [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, inner in schema.get("properties", {}).items()
        if (inner.get("type") == "object" or "enum" in inner)
        and f"{name}{field[:1].upper()}{field[1:]}" in schemas
    ] == []


def test_no_two_values_of_enumerations_have_one_name() -> None:
    # Go keeps the constants of a package in one place, and its generator does not put the type's name before them.
    named = [
        name
        for schema in description()["components"]["schemas"].values()
        for name in schema.get("x-enum-varnames", ())
    ]

    assert "CUSTOMER_STATUS_ACTIVE" in named
    assert len(set(named)) == len(named) > 200
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in named)


def test_an_integer_without_a_bound_has_64_bits() -> None:
    # Generators of typed languages take 32 otherwise, which the id of an activity soon passes.
    described = description()
    unbounded = [
        schema
        for schema in _integers(described)
        if "enum" not in schema and schema.get("maximum", 2**31) >= 2**31
    ]

    assert described["components"]["schemas"]["Activity"]["properties"]["id"]["format"] == "int64"
    assert len(unbounded) > 100
    assert {schema.get("format") for schema in unbounded} == {"int64"}


def _integers(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "integer" in (node.get("type"), *(node["type"] if isinstance(node.get("type"), list) else ())):
            yield node
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _integers(each)


def test_every_list_says_which_fields_it_has_to_choose_from() -> None:
    schemas = {
        name: parameter["schema"]
        for name, operation in operations().items()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "fields"
    }

    assert len(schemas) > 10
    assert [name for name, schema in schemas.items() if "pattern" not in schema] == []
    # What is chosen are fields of a row, not of the page.
    assert [name for name, schema in schemas.items() if re.search(schema["pattern"], "data,meta")] == []
    pattern = schemas["listCustomers"]["pattern"]
    assert re.search(pattern, "firstName,email")
    assert not re.search(pattern, "firstName,bogus")
    assert not re.search(pattern, "firstNameemail")


def test_no_field_that_may_be_left_out_has_a_default() -> None:
    # Generated TypeScript takes a field with a default for one that must be there.
    schemas = description()["components"]["schemas"]

    assert [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if "default" in described and field not in schema.get("required", ())
    ] == []


def test_every_operation_has_a_name_words_a_tag_and_a_success(db: None) -> None:
    assert set(operations()) == set(OPERATIONS.split())
    rows = {(row.route, row.method) for row in TABLE if row.url.startswith("/api/v1/")}
    assert len(operations()) == len(rows)
    for name, operation in operations().items():
        assert all(operation[part] for part in ("summary", "description", "tags")), name
        assert {"bearerToken": []} in operation["security"], name
        assert {"apiKey": []} in operation["security"], name
        assert any(status.startswith("2") for status in operation["responses"]), name


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "429", "503"])
def test_every_refusal_is_described_as_the_envelope(db: None, status: str) -> None:
    for name, operation in operations().items():
        described = operation["responses"][status]["content"]["application/json"]["schema"]
        assert described == {"$ref": "#/components/schemas/ErrorResponse"}, name


def test_the_description_is_served_in_both_notations(db: None) -> None:
    as_yaml = Client().get("/api/schema/")
    as_json = Client().get("/api/schema/?format=json")

    assert as_yaml.headers["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(as_yaml.content) == as_json.json()
    assert as_yaml.content.decode() == COMMITTED.read_text()


def test_the_pages_to_read_it_need_no_other_host(db: None) -> None:
    page = Client().get("/api/docs/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "swagger-ui" in text
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in text
    assert "https://" not in text.replace("https://github.com", "")


def has_chosen_rows(label: str, wanted: str, response: Any) -> None:
    """Each row of a list with `fields` has its key and what is named, each as a whole row would have it."""
    method, path = label.split()
    answer = description()["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]
    if response.status_code != 200:
        return
    schemas = description()["components"]["schemas"]
    page = schemas[answer["schema"]["$ref"].split("/")[-1]]
    row = schemas[page["properties"]["data"]["items"]["$ref"].split("/")[-1]]
    key = next(iter(row["properties"]))
    names = {key, *(name for name in wanted.split(",") if name)}
    chosen = {
        "type": "object",
        "required": sorted(names),
        "properties": {name: row["properties"][name] for name in names},
        "additionalProperties": False,
        "components": {"schemas": schemas},
    }
    for each in response.json()["data"]:
        Draft202012Validator(chosen).validate(each)


def test_rows_of_chosen_fields_are_described(fairview: Club) -> None:
    thandi(fairview.tenant)
    api = Client(headers=factories.bearer(fairview.tenant))

    answer = api.get("/api/v1/customers?fields=email,createdAt")

    assert answer.json()["data"]
    has_chosen_rows("GET /api/v1/customers", "email,createdAt", answer)
    with pytest.raises(ValidationError, match="'status' is a required property"):
        has_chosen_rows("GET /api/v1/customers", "email,status", answer)
    [told] = [one for one in operations()["listCustomers"]["parameters"] if one["name"] == "fields"]
    assert "`id` and the fields that are named" in told["description"]


# Each request commits on its own, as in production: one that the database refuses must not spoil the next.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_the_answer_is_a_described_one(
    fairview: Club, settings: Any, mode: GenerationMode
) -> None:
    settings.CRM_RATE_LIMITS = dict.fromkeys(settings.CRM_RATE_LIMITS, 1_000_000)
    customer_id = str(thandi(fairview.tenant))
    headers = factories.bearer(fairview.tenant)
    schema = schemathesis.openapi.from_dict(description())
    schema.app = WSGIHandler()

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @hypothesis_settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_as_described(case: Any) -> None:
            if mode is GenerationMode.POSITIVE and "customerId" in case.path_parameters:
                case.path_parameters["customerId"] = customer_id
            # Its own transport does not unpack what is compressed.
            response = case.call(headers={**headers, "Accept-Encoding": "identity"})
            # 405 and 406 belong to HTTP, not to any operation.
            if response.status_code not in (405, 406):
                if wanted := (case.query or {}).get("fields"):
                    case.validate_response(
                        response, checks=CHECKS, excluded_checks=[response_schema_conformance]
                    )
                    has_chosen_rows(case.operation.label, wanted, response)
                else:
                    case.validate_response(response, checks=CHECKS)

        answers_as_described()
