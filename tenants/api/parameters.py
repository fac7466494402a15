"""Which query parameters a route knows: those that its description names. Others are refused, with the nearest name.

A front end that misspells a filter, or has nothing to put into it, would otherwise be answered with everybody.
"""

from collections.abc import Collection
from functools import cache
from typing import Any, Final

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter

from tenants.api.described import description_of
from tenants.api.errors import InvalidParameterError
from tenants.api.tenancy import PARAMETER
from tenants.nearest import nearest

# A box for searching may be empty; a list by cursor begins with an empty one.
MAY_BE_EMPTY: Final = frozenset({"search", "cursor"})


@cache
def known_parameters(view: Any, method: str) -> frozenset[str]:
    """The query parameters of a view's method: the tenant, those that it declares, those of its pages."""
    method = "GET" if method == "HEAD" else method
    names = {PARAMETER}
    described = description_of(view, method)
    if described is not None:
        for parameter in described.get_override_parameters():
            if isinstance(parameter, OpenApiParameter) and parameter.location == OpenApiParameter.QUERY:
                names.add(parameter.name)
    pages = getattr(view, "pagination_class", None)
    if pages is not None and method == "GET":
        names |= {each["name"] for each in pages().get_schema_operation_parameters(view)}
    return frozenset(names)


def check_parameters(
    request: HttpRequest, known: Collection[str], may_be_empty: Collection[str] = MAY_BE_EMPTY
) -> None:
    """Raise InvalidParameterError for the first parameter that the route does not know, or that is empty."""
    for name, values in request.GET.lists():
        if name not in known:
            near = nearest(name, known)
            there = f"there {'is only' if len(known) == 1 else 'are'} {', '.join(sorted(known))}"
            meant = f"; did you mean {near}?" if near else f"; {there}."
            raise InvalidParameterError(
                name, f"The parameter {name} is not known here{meant}", code="UNKNOWN_PARAMETER"
            )
        if name not in may_be_empty and not all(value.strip() for value in values):
            raise InvalidParameterError(name, f"{name} is empty: give a value, or leave it out.")
