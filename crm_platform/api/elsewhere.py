"""Addresses that people mean: they lead on, and keep the method and body (308)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


class _Onward(HttpResponseRedirect):
    """As a permanent redirect, but a POST stays a POST."""

    status_code = 308


def to(route: str) -> Callable[[HttpRequest], HttpResponse]:
    """A view that leads to the route, with the query."""

    def lead(request: HttpRequest) -> HttpResponse:
        return _with_query(reverse(route), request)

    return lead


def without_slash(request: HttpRequest, rest: str) -> HttpResponse:
    """A route of the API with a slash too many; the ids of events may end in one, so those are asked first."""
    return _with_query(f"/api/v1/{rest}", request)


def _with_query(path: str, request: HttpRequest) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return _Onward(f"{path}?{query}" if query else path)
