"""What the description of a route says, read by the server itself, so that both are equally strict."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

SUCCESSES: Final = (200, 201, 202)
ENVELOPE: Final = {"data", "meta"}


def description_of(view: Any, method: str) -> Any:
    """drf-spectacular's description of a view's method, outside any request; None where there is none."""
    declared = getattr(getattr(view, method.lower()), "kwargs", {}).get("schema")
    if declared is None:
        return None
    described, instance = declared(), view()
    instance.request, instance.kwargs = None, {}
    described.view, described.method = instance, method
    return described


def answer_fields(described: Any) -> dict[str, Any]:
    """The fields of what is answered, of one row where it is a list; none where the answer is no object."""
    answers: Any = described.get_response_serializers()
    if isinstance(answers, Mapping):
        answers = next((answers[status] for status in SUCCESSES if status in answers), None)
    if isinstance(answers, OpenApiResponse):
        answers = answers.response
    found = fields_of(answers)
    # A list that is described with its envelope.
    return fields_of(found["data"]) if {"data"} <= set(found) <= ENVELOPE else found


def fields_of(serializer: Any) -> dict[str, Any]:
    """Name → field of a serializer, of the one inside where it is a list; none of anything else."""
    serializer = force_instance(serializer)  # type: ignore[no-untyped-call]
    inner = serializer.child if isinstance(serializer, serializers.ListSerializer) else serializer
    return dict(inner.fields) if isinstance(inner, serializers.Serializer) else {}
