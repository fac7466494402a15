"""Which fields a body may hold: those that the route's description names, at every depth. Others are refused.

A program that misspells a field would otherwise be told that all went well. What a description leaves free (`payload`,
`metadata`, the definition of a journey) is for its app to judge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.http import QueryDict
from drf_spectacular.plumbing import force_instance
from rest_framework import serializers
from rest_framework.request import Request

from tenants.api.described import answer_fields, description_of, fields_of
from tenants.api.errors import ApiError
from tenants.api.rendering import MEDIA_TYPE
from tenants.errors import UnprocessableError
from tenants.nearest import nearest

UNKNOWN_FIELD: Final = "UNKNOWN_FIELD"
READ_ONLY: Final = "READ_ONLY"


@dataclass(frozen=True, slots=True)
class Named:
    """An object with these fields and no others; `shown` are those that only answers have."""

    fields: Mapping[str, "Shape"]
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Each:
    """A list, or an object with names of the caller's choice: all that is in it has one shape."""

    inner: "Shape"


# None: whatever it likes.
Shape = Named | Each | None
NO_BODY: Final = Named({})


@cache
def body_shape(view: Any, method: str) -> Shape:
    """What a body of this route may hold; a route that takes none has no fields."""
    described = description_of(view, method)
    if described is None:
        return None
    request = described.get_request_serializer()
    if isinstance(request, Mapping):
        return _shape_of_schema(request[MEDIA_TYPE])
    if request is None:
        return NO_BODY
    shape = _shape_of(request)
    if isinstance(shape, Named):
        return Named(shape.fields, frozenset(answer_fields(described).keys() - shape.fields.keys()))
    return shape


def check_body(request: Request, shape: Shape) -> None:
    """Raise UnprocessableError with every field that the route does not know."""
    if shape is None or (shape == NO_BODY and not _is_json(request)):
        return
    body = request.data
    details = [
        {"field": path, "code": code, "message": message}
        for path, code, message in _strangers(body, shape, "")
    ]
    if details:
        raise UnprocessableError(str(details[0]["message"]), details=details)


def body_object(request: Request) -> dict[str, Any]:
    """The body, which must be a JSON object; none at all, or null, is an empty one. Raises ApiError (422).

    Generated clients (Go's) send null for a body that is left out.
    """
    body: Any = request.data
    if body is None or (isinstance(body, QueryDict) and not body):
        return {}
    if not isinstance(body, dict) or isinstance(body, QueryDict):
        raise ApiError("The body must be a JSON object.", code="VALIDATION_ERROR", status=422)
    return body


def _is_json(request: Request) -> bool:
    """What comes in another notation to a route that takes nothing, as an empty form, says nothing."""
    return request.content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def _strangers(value: Any, shape: Shape, path: str) -> Iterator[tuple[str, str, str]]:
    """Path, code and message of each field that is not known."""
    if isinstance(shape, Each):
        inside = (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        )
        for name, each in inside:
            yield from _strangers(each, shape.inner, f"{path}{name}.")
    elif isinstance(shape, Named) and isinstance(value, dict):
        for name, each in value.items():
            if name in shape.fields:
                yield from _strangers(each, shape.fields[name], f"{path}{name}.")
            elif name in shape.shown:
                yield f"{path}{name}", READ_ONLY, f"{path}{name} cannot be written here: it is only shown."
            else:
                yield f"{path}{name}", UNKNOWN_FIELD, _unknown(f"{path}{name}", name, shape)


def _unknown(place: str, name: str, shape: Named) -> str:
    if not shape.fields:
        return f"There is no field {place[:200]}: this call takes none."
    near = nearest(name, shape.fields)
    hint = f"; did you mean {near}?" if near else f"; there are {', '.join(sorted(shape.fields))}."
    return f"There is no field {place[:200]}{hint}"


def _shape_of(described: Any) -> Shape:
    """Of a serializer, or of a field of one."""
    described = force_instance(described)  # type: ignore[no-untyped-call]
    if isinstance(described, serializers.ListSerializer | serializers.ListField | serializers.DictField):
        inner = _shape_of(described.child)
        return None if inner is None else Each(inner)
    if isinstance(described, serializers.BaseSerializer):
        fields = fields_of(described)
        return Named({name: _shape_of(field) for name, field in fields.items() if not field.read_only})
    return None


def _shape_of_schema(schema: Mapping[str, Any]) -> Shape:
    """Of what is described by hand."""
    if "items" in schema:
        inner = _shape_of_schema(schema["items"])
        return None if inner is None else Each(inner)
    if schema.get("additionalProperties") is False:
        return Named({name: _shape_of_schema(inner) for name, inner in schema["properties"].items()})
    return None
