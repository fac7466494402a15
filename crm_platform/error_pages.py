"""What a person sees where a page is missing, forbidden or broken: inside the frame, with the number of the request."""

import logging
import sys
from http import HTTPStatus
from typing import Any, Final

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tenants.api import errors
from tenants.request_id import current_request_id

logger = logging.getLogger(__name__)
BACK_OFFICE: Final = "/admin/"
PROGRAMS: Final = ("/api/", "/graphql")
WORDS: Final = {
    403: (
        "Not for your role",
        "Your role in this club does not allow this page. An admin of the club can change your role under"
        " Settings → Colleagues.",
    ),
    404: ("Nothing here", "This page does not exist, or it belongs to another club than the one you work in now."),
    500: ("Something broke", "This was not your fault. It has been written down; please try again in a moment."),
    503: ("Too much at once", "Nothing was lost. The platform cannot answer right now; try again in a few seconds."),
}  # fmt: skip


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    return _page(request, 403) or errors.handler403(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404."""
    return _page(request, 404) or errors.handler404(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """Django's 500; 503 where the database is what does not answer, as over the API."""
    problem = errors.broken_by(sys.exception())
    if problem.status not in WORDS:
        problem = errors.INTERNAL
    page = _page(request, problem.status) or errors.handler500(request)
    for name, value in problem.headers.items():
        page.headers[name] = value
    return page


def _page(request: HttpRequest, status: int) -> HttpResponse | None:
    """The page in its frame for who is logged in, else a plain one; None below the paths of programs."""
    if request.path_info.startswith(PROGRAMS):
        return None
    title, words = WORDS[status]
    context: dict[str, Any] = {
        "title": title,
        "words": words,
        "code": status,
        "request_id": getattr(request, "request_id", "") or current_request_id(),
    }
    # The frame asks the database for half of what it shows.
    is_away = status == HTTPStatus.SERVICE_UNAVAILABLE
    html = ("" if is_away else _framed(request, context)) or render_to_string("plain_error.html", context)
    return HttpResponse(html, status=status)


def _framed(request: HttpRequest, context: dict[str, Any]) -> str:
    """Empty where nobody is logged in, or where the frame itself is what is broken."""
    try:
        user = getattr(request, "user", None)
        if not request.path_info.startswith(BACK_OFFICE) or user is None or not user.is_authenticated:
            return ""
        return render_to_string("crm/error.html", {**site.each_context(request), **context}, request)
    except Exception:  # whatever broke the page may break its frame; the plain page needs nothing
        logger.exception("error page without its frame")
        return ""
