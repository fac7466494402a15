"""Addresses that people mean: what is not found may lead on, and keeps its method and body (308)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse

from crm_platform.error_pages import handler404 as not_found

DOORS = {"/": "admin:index", "/api": "docs", "/api/": "docs", "/api/v1": "docs", "/api/v1/": "docs"}


class _Onward(HttpResponseRedirect):
    """As a permanent redirect, but a POST stays a POST."""

    status_code = 308


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """To where the address leads with one slash more or less, from the root to the back office; else Django's 404."""
    path = request.path_info
    target = reverse(DOORS[path]) if path in DOORS else _other_spelling(path)
    if not target:
        return not_found(request, exception)
    query = request.META.get("QUERY_STRING", "")
    return _Onward(f"{target}?{query}" if query else target)


def _other_spelling(path: str) -> str:
    """The path with or without its last slash where a route has that one; empty where none has."""
    if path.startswith("//"):
        return ""  # would lead to another host
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    try:
        found = resolve(other)
    except Resolver404:
        return ""
    # The back office answers whatever is below it.
    return other if other == "/admin/" or not found.app_names else ""
