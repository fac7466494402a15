"""The API description of any tenant view: security, common parameters, common errors."""

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.tenants.api.routes import urlpatterns

DESCRIBED = [route for route in urlpatterns if str(route.pattern).startswith("api/v1/things")]


@pytest.fixture
def schema() -> Any:
    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator  # untyped
    return generator(patterns=DESCRIBED).get_schema(request=None, public=True)


def parameters(operation: Any) -> dict[tuple[str, str], Any]:
    return {(each["in"], each["name"]): each for each in operation["parameters"]}


def test_the_description_is_valid_and_without_warnings(schema: Any) -> None:
    validate: Any = validate_schema  # untyped
    validate(schema)
    assert not GENERATOR_STATS


def test_both_ways_to_prove_oneself_are_described_as_alternatives(schema: Any) -> None:
    schemes = schema["components"]["securitySchemes"]
    operation = schema["paths"]["/api/v1/things"]["get"]

    assert (schemes["bearerToken"]["scheme"], schemes["bearerToken"]["bearerFormat"]) == ("bearer", "JWT")
    assert (schemes["apiKey"]["in"], schemes["apiKey"]["name"]) == ("header", "X-API-Key")
    assert operation["security"] == [{"bearerToken": []}, {"apiKey": []}]


def test_every_operation_takes_the_tenant_and_unsafe_ones_an_idempotency_key(schema: Any) -> None:
    operations = {
        method: operation for routes in schema["paths"].values() for method, operation in routes.items()
    }

    assert set(operations) == {"get", "post", "delete"}
    for method, operation in operations.items():
        named = parameters(operation)
        assert ("query", "tenantId") in named
        assert ("header", "X-Tenant-Id") in named
        assert (("header", "Idempotency-Key") in named) == (method != "get")


def test_lists_are_described_as_pages(schema: Any) -> None:
    operation = schema["paths"]["/api/v1/things"]["get"]
    named = parameters(operation)
    page = schema["components"]["schemas"]["PaginatedThingList"]

    assert named["query", "take"]["schema"] == {
        "type": "integer",
        "default": 25,
        "minimum": 1,
        "maximum": 100,
    }
    assert named["query", "skip"]["schema"]["minimum"] == 0
    assert set(page["properties"]) == {"data", "meta"}
    assert page["properties"]["meta"]["required"] == ["total", "skip", "take", "hasMore"]


def test_errors_share_one_envelope(schema: Any) -> None:
    get = schema["paths"]["/api/v1/things"]["get"]["responses"]
    post = schema["paths"]["/api/v1/things"]["post"]["responses"]

    assert set(get) == {"200", "400", "401", "403", "404", "422", "429", "503"}
    assert set(post) == {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"}
    for status, answer in (get | post).items():
        if status >= "400":
            reference = answer["content"]["application/json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/ErrorResponse"


def test_the_needed_scope_is_written_down(schema: Any) -> None:
    post = schema["paths"]["/api/v1/things"]["post"]

    assert post["description"] == "Make a thing.\n\nNeeds the scope `crm:write`."
