"""Which query parameters a route knows: those that its description names. Others are refused, with the nearest name.

A front end that misspells a filter would otherwise be answered with everybody.
"""

import difflib
from collections.abc import Collection
from functools import cache
from typing import Any, Final

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter

from tenants.api.errors import InvalidParameterError
from tenants.api.tenancy import PARAMETER

NEAR_ENOUGH: Final = 0.5


@cache
def known_parameters(view: Any, method: str) -> frozenset[str]:
    """The query parameters of a view's method: the tenant, those that it declares, those of its pages."""
    method = "GET" if method == "HEAD" else method
    handler = getattr(view, method.lower())
    declared = getattr(handler, "kwargs", {}).get("schema")
    names = {PARAMETER}
    if declared is not None:
        described = declared()
        instance = view()
        instance.request, instance.kwargs = None, {}
        described.view, described.method = instance, method
        for parameter in described.get_override_parameters():
            if isinstance(parameter, OpenApiParameter) and parameter.location == OpenApiParameter.QUERY:
                names.add(parameter.name)
    pages = getattr(view, "pagination_class", None)
    if pages is not None and method == "GET":
        names |= {each["name"] for each in pages().get_schema_operation_parameters(view)}
    return frozenset(names)


def check_parameters(request: HttpRequest, known: Collection[str]) -> None:
    """Raise InvalidParameterError for the first parameter of the query that the route does not know."""
    for name in request.GET:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=NEAR_ENOUGH)
            meant = f"; did you mean {near[0]}" if near else f"; there are {', '.join(sorted(known))}"
            raise InvalidParameterError(
                name, f"The parameter {name} is not known here{meant}.", code="UNKNOWN_PARAMETER"
            )
