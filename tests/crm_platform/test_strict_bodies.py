"""A body holds what the description of its route names, and nothing else, at every depth."""

from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs
import orjson
import pytest
from django.test import Client

from campaigns.values import field_names
from crm_platform.api.docs import description
from profiles.editing import EDITABLE_FIELDS
from social import inputs
from tenants.api.examples import JSON
from tenants.nearest import nearest
from tests import factories
from tests.cast import Club
from tests.crm_platform.operations import BY_OPERATION, OPERATIONS
from tests.profiles.api_callers import thandi

UNSAFE: Final = {"POST", "PUT", "PATCH", "DELETE"}
# Each event is judged by itself, and unknown fields of it are warnings.
OWN_RULES: Final = {"publishEvents"}
# Any id will do: a body is looked at before what the path names.
ANY_ID: Final = "00000000-0000-0000-0000-000000000000"


def schema_of(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of the body; None where there is none."""
    if "requestBody" not in operation:
        return None
    return named(operation["requestBody"]["content"][JSON]["schema"])


def named(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The component behind a reference."""
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


class Anything(dict[str, str]):
    """An id for each placeholder of a path."""

    def __missing__(self, key: str) -> str:
        return ANY_ID


def send(api: Client, operation: str, body: Any) -> Any:
    """The answer to a call with this body."""
    row = BY_OPERATION[operation]
    return api.generic(row.method, row.url.format_map(Anything()), orjson.dumps(body), JSON)


@pytest.fixture
def api(fairview: Club, settings: Any) -> Client:
    """Somebody who may do everything, for ever."""
    settings.CRM_RATE_LIMITS = dict.fromkeys(settings.CRM_RATE_LIMITS, 1_000_000)
    return Client(headers=factories.bearer(fairview.tenant))


@pytest.mark.django_db
def test_every_route_refuses_a_field_that_it_does_not_know(api: Client) -> None:
    asked = 0
    for name, (method, _, operation) in OPERATIONS.items():
        if method not in UNSAFE or name in OWN_RULES:
            continue
        answer = send(api, name, {"bogusField": 1})

        assert answer.status_code == 422, (name, answer.content)
        details = answer.json()["error"]["details"]
        assert [(each["field"], each["code"]) for each in details] == [("bogusField", "UNKNOWN_FIELD")], name
        schema = schema_of(operation)
        assert schema is None or schema["additionalProperties"] is False, name
        asked += 1
    assert asked > 60


@pytest.mark.django_db
def test_a_slip_of_the_pen_is_told_the_nearest_name(api: Client) -> None:
    for name, (method, _, operation) in OPERATIONS.items():
        schema = schema_of(operation)
        if method not in UNSAFE or name in OWN_RULES or schema is None:
            continue
        right = max(schema["properties"], key=len)
        wrong = right[:-1] + "_" + right[-1]

        [detail] = send(api, name, {wrong: 1}).json()["error"]["details"]

        assert detail["message"] == f"There is no field {wrong}; did you mean {right}?", name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "body", "field"),
    [
        ("createCampaign", {"content": {"EMAIL": {"sbject": "Hi"}}}, "content.EMAIL.sbject"),
        ("createCampaign", {"variants": [{}, {"lable": "A"}]}, "variants.1.lable"),
        ("replaceScoringRules", {"churnWeights": {"declin": 1}}, "churnWeights.declin"),
        ("simulateJourney", {"events": [{"evnt": "x"}]}, "events.0.evnt"),
        ("resolveCustomers", {"keys": [{"emial": "x"}]}, "keys.0.emial"),
    ],
)
def test_what_is_inside_is_looked_at_too(api: Client, operation: str, body: Any, field: str) -> None:
    [detail] = send(api, operation, body).json()["error"]["details"]

    assert (detail["field"], detail["code"]) == (field, "UNKNOWN_FIELD")
    assert "did you mean" in detail["message"]


@pytest.mark.django_db
def test_a_field_that_is_only_shown_is_told_apart_from_one_that_there_is_not(
    api: Client, fairview: Club
) -> None:
    customer = thandi(fairview.tenant)

    answer = api.patch(
        f"/api/v1/customers/{customer}", orjson.dumps({"engagementScore": 80, "tags": ["x"]}), JSON
    )

    [detail] = answer.json()["error"]["details"]
    assert (detail["field"], detail["code"]) == ("engagementScore", "READ_ONLY")
    assert api.get(f"/api/v1/customers/{customer}").json()["tags"] == []


@pytest.mark.parametrize(
    ("component", "known"),
    [
        ("CampaignCreateRequest", field_names()),
        ("PatchedCampaignUpdateRequest", field_names()),
        ("CustomerCreateRequest", EDITABLE_FIELDS),
        ("SocialPostInputRequest", inputs.POST),
        ("PromotionInputRequest", inputs.PROMOTION),
        ("PatchedPromotionChangeRequest", inputs.CHANGEABLE),
    ],
)
def test_what_an_app_reads_is_what_the_description_names(component: str, known: Any) -> None:
    assert set(description()["components"]["schemas"][component]["properties"]) == set(known)


SECRET: Final = "whsec_" + "A" * 43 + "="


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "field", "good", "bad"),
    [
        ("createWebhook", "url", "https://example.org/crm", "example.org/crm"),
        ("createWebhook", "eventTypes", ["crm.profile.*", "*"], ["profile.updated"]),
        ("createWebhook", "secret", SECRET, "short"),
        ("rotateWebhookSecret", "secret", SECRET, ""),
        ("createJourneySecret", "name", "Loyalty programme", "-"),
        ("createJourneySecret", "secret", SECRET, ""),
        ("exchangeJourneySecret", "secret", SECRET, ""),
        ("connectSocialAccount", "redirectUri", "https://club.example/back", "club.example/back"),
        ("createSocialPost", "link", "", "https://club.example/" + "x" * 2_000),
        ("createSocialPost", "utmCampaign", "", "x" * 101),
        ("createSocialPost", "variants", {"FACEBOOK": "Hi"}, {"MYSPACE": "Hi"}),
        ("createPromotion", "channels", ["POST", "SMS"], ["FAX"]),
        ("createPromotion", "reminderDays", [7, 90], [91]),
        ("createPromotion", "templates", {}, []),
        ("createPromotion", "event", {"name": "Cup"}, "Cup"),
        ("createCampaign", "channels", ["EMAIL", "SMS"], ["EMAIL"] * 6),
        ("unmergeCustomer", "mergeId", 1, 0),
    ],
)
def test_the_description_refuses_what_the_server_refuses(
    api: Client, operation: str, field: str, good: Any, bad: Any
) -> None:
    schema = schema_of(OPERATIONS[operation][2])
    assert schema is not None
    fits = jsonschema_rs.validator_for(
        {**schema["properties"][field], "components": description()["components"]}
    )
    whole: dict[str, dict[str, Any]] = {
        "createPromotion": {"sourceType": "SPECIAL", "sourceId": "s-1", "event": {"name": "Cup"}},
        "connectSocialAccount": {"platform": "TWITTER"},
        "createWebhook": {"url": "https://example.org/crm", "eventTypes": ["*"]},
        "createJourneySecret": {"name": "Loyalty"},
        "createCampaign": {"name": "Spring"},
    }

    refused = send(api, operation, {**whole.get(operation, {}), field: bad})

    fits.validate(good)
    assert not fits.is_valid(bad)
    assert refused.status_code == 422, refused.content
    named = {each["field"].split(".")[0] for each in refused.json()["error"]["details"]}
    assert named == {field}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("first_name", "firstName"),
        ("frstName", "firstName"),
        ("name", "firstName"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_the_same_one_in_other_words(given: str, found: str | None) -> None:
    assert nearest(given, ["firstName", "tags", "dateOfBirth"]) == found
