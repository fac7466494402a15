"""CORS: which other web sites' pages may speak to the API from the browser. An exact list; nobody without it."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from tenants.api.errors import API_PATHS

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED: Final = (
    "authorization, content-type, idempotency-key, if-match, if-none-match,"
    " x-api-key, x-request-id, x-tenant-id"
)
EXPOSED: Final = "etag, location, retry-after, x-request-id, idempotency-replayed"
PREFLIGHT_SECONDS: Final = 24 * 60 * 60


class OriginsMiddleware:
    """Answers preflights of the listed origins, and lets their pages read the answers.

    Credentials are headers that the page sets itself, never cookies, so that `Access-Control-Allow-Credentials` is
    not said. An origin that is not listed gets the plain answer, which its browser keeps from the page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        listed = settings.CRM_CORS_ORIGINS
        if not listed or not request.path_info.startswith(API_PATHS):
            return self.get_response(request)
        origin: str = request.META.get("HTTP_ORIGIN") or ""
        is_preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        if origin not in listed:
            response = self.get_response(request)
        elif is_preflight:
            response = _preflight(origin)
        else:
            response = self.get_response(request)
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        patch_vary_headers(response, ("Origin",))
        return response


def _preflight(origin: str) -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": ALLOWED,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
