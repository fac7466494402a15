"""What every route about a tenant has in common, written into the API description once."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from tenants.api import idempotency, tenancy
from tenants.api.described import answer_fields
from tenants.api.error_codes import NAMES


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """One thing that is wrong with the input."""

    field = serializers.CharField(allow_null=True, help_text="As in `rules.0.value`; null: the whole.")
    code = serializers.CharField(
        help_text="As in REQUIRED, MAX_LENGTH; INVALID or the code of the error where there is none of its own."
    )
    message = serializers.CharField(help_text="For people.")
    params = serializers.DictField(required=False, help_text="Particulars, as in `scope` or `retryAfter`.")


class ErrorBodySerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.ChoiceField(choices=NAMES, help_text="For programs.")
    message = serializers.CharField(help_text="For people.")
    requestId = serializers.CharField(  # noqa: N815 - the name in JSON
        help_text="Tell us this id and we find the request."
    )
    details = ErrorDetailSerializer(many=True, required=False)


class ErrorResponseSerializer(serializers.Serializer[Any]):
    """The envelope of every error."""

    error = ErrorBodySerializer()


TENANT_PARAMETERS = [
    OpenApiParameter(
        tenancy.PARAMETER,
        OpenApiTypes.STR,
        OpenApiParameter.QUERY,
        description="The tenant: UUID, slug or alias. May be left out by callers of one tenant only.",
    ),
    OpenApiParameter(
        tenancy.HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="The same as a header."
    ),
]
IDEMPOTENCY_PARAMETER = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Chosen by the caller; a repeated request gets the first answer and has no second effect.",
)
# Texts that are described so are never empty.
NARROWED = frozenset({"enum", "format", "minLength", "pattern"})
# No schema of an answer can depend on the query. Rows without anything required would be worse for everybody else.
CHOSEN_ROWS = (
    " A row then has `{}` and the fields that are named, each as described, and no other: what the description"
    " requires it requires of whole rows."
)
COMMON_ERRORS = {
    "400": "The input cannot be used.",
    "401": "Credentials are missing or not accepted.",
    "403": "The caller lacks the scope.",
    "404": "There is no such thing in a tenant of the caller's.",
    "422": "The input can be read but makes no sense; `details` say where.",
    "429": "The caller's minute is used up; see `Retry-After`.",
    "503": "Something is away for the moment; see `Retry-After`.",
}
UNSAFE_ERRORS = {
    "409": "It collides with something, or a request with the same `Idempotency-Key` is under way.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The input makes no sense, or its `Idempotency-Key` was used for another request.",
}
INT32_MAX = 2**31 - 1
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class TenantSchema(AutoSchema):
    """For `DEFAULT_SCHEMA_CLASS`: parameters, errors and the needed scope of every `TenantApiView`."""

    def _is_tenant_view(self) -> bool:
        return hasattr(self.view, "required_scopes")

    def get_override_parameters(self) -> list[Any]:
        """The tenant, and the idempotency key of unsafe methods."""
        inherited = super().get_override_parameters()
        if not getattr(self.view, "is_about_one_tenant", False):
            return inherited
        unsafe = [IDEMPOTENCY_PARAMETER] if self.method in UNSAFE_METHODS else []
        return [*inherited, *TENANT_PARAMETERS, *unsafe]

    def _get_parameters(self) -> list[dict[str, Any]]:
        """The parameters; a text of the query that may not be empty says so, as `tenants.api.parameters` sees to."""
        parameters: list[dict[str, Any]] = super()._get_parameters()
        may_be_empty = getattr(self.view, "may_be_empty", None)
        if may_be_empty is None:
            return parameters
        for each in parameters:
            if each["in"] == "query" and each["name"] not in may_be_empty:
                each["schema"] = self._not_empty(each["name"], each.get("schema", {}))
            if each["name"] == "fields" and (key := next(iter(answer_fields(self)), "")):
                each["description"] += CHOSEN_ROWS.format(key)
        return parameters

    def _not_empty(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Of a text, or of a list of texts; `fields` names fields of a row."""
        if schema.get("type") == "array":
            return {**schema, "items": self._not_empty("", schema["items"])}
        if schema.get("type") != "string" or schema.keys() & NARROWED:
            return schema
        known = "|".join(sorted(answer_fields(self))) if name == "fields" else ""
        return {**schema, "pattern": f"^(({known})(,|$))+$"} if known else {**schema, "minLength": 1}

    def get_description(self) -> str:  # type: ignore[override]
        """The view's own words and the scope that it needs."""
        text = str(super().get_description() or "")
        scopes = getattr(self.view, "required_scopes", {})
        if self.method not in scopes or getattr(self.view, "needs_no_scope", False):
            return text
        return f"{text}\n\nNeeds the scope `{scopes[self.method].value}`.".strip()

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """Bodies hold what is described and nothing else, as `tenants.api.bodies` sees to."""
        schema: Any = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        return {**schema, "additionalProperties": False} if direction == "request" else schema

    def _get_request_body(self, direction: Any = "request") -> Any:
        """The body."""
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # What is described by hand and what makes something cannot be left out, even where no one field must be there.
        if body and (isinstance(self.get_request_serializer(), Mapping) or self._makes_something()):
            body["required"] = True
        return body

    def _makes_something(self) -> bool:
        answers: Any = self.get_response_serializers()
        return self.method == "POST" and isinstance(answers, Mapping) and HTTPStatus.CREATED in answers

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if not self._is_tenant_view():
            return responses
        errors = COMMON_ERRORS | (UNSAFE_ERRORS if self.method in UNSAFE_METHODS else {})
        for status, description in errors.items():
            if status not in responses:
                answer = OpenApiResponse(ErrorResponseSerializer, description=description)
                describe: Any = self._get_response_for_code
                responses[status] = describe(answer, status, direction=direction)
        return responses


def add_described(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """What views describe by hand and refer to by name (`described_components`); the last word on these."""
    schemas = result["components"]["schemas"]
    for *_, route in generator.endpoints:
        schemas |= getattr(route.cls, "described_components", {})
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def name_enum_values(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A name of its own for each value of each enumeration: some languages (Go) keep all of them in one place."""
    for name, schema in result["components"]["schemas"].items():
        if "enum" in schema and schema.get("type") == "string":
            schema["x-enum-varnames"] = [f"{_constant(name)}_{_constant(value)}" for value in schema["enum"]]
    return result


def widen_integers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Integers without a bound have 64 bits: where nothing says so, generated clients in Go, Java or C# take 32.

    Ids of activities and a club's revenue in cents are larger, and such a client could read no page that has one.
    """
    for schema in _schemas(result):
        kinds = schema.get("type")
        is_integer = kinds == "integer" or (isinstance(kinds, list) and "integer" in kinds)
        if is_integer and "enum" not in schema and schema.get("maximum", INT32_MAX + 1) > INT32_MAX:
            schema.setdefault("format", "int64")
    return result


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a description that may be a schema; examples are none."""
    if isinstance(node, dict):
        yield node
        node = [value for name, value in node.items() if name not in ("example", "examples")]
    if isinstance(node, list):
        for each in node:
            yield from _schemas(each)


def _constant(text: str) -> str:
    """As in CUSTOMER_STATUS, of a name or a value; nothing is EMPTY."""
    words = re.sub(
        r"(?<=[a-z0-9])(?=[A-Z])", "_", text.replace("-", "_DOWN_" if text.startswith("-") else "_")
    )
    return re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").upper() or "EMPTY"
