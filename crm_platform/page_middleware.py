"""Django's middleware for pages, which requests of programs pass by.

Sessions, forgery tokens, messages and frames are about browsers. A request below the API proves itself by a header and
answers with JSON, and these layers together would cost it as much as its own work.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

PROGRAM_PATHS = ("/api/v1/", "/graphql")


class _PagesOnly:
    """Put before a middleware class: its work is left out for programs."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with or without the layer."""
        if request.path_info.startswith(PROGRAM_PATHS):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class PageFiles(_PagesOnly, WhiteNoiseMiddleware):  # type: ignore[misc]
    """Static files."""


class PageSessions(_PagesOnly, SessionMiddleware):
    """Who is logged in."""


class PageForms(_PagesOnly, CsrfViewMiddleware):
    """Forgery tokens."""


class PageUsers(_PagesOnly, AuthenticationMiddleware):
    """`request.user`."""


class PageMessages(_PagesOnly, MessageMiddleware):
    """What a page says after an act."""


class PageFrames(_PagesOnly, XFrameOptionsMiddleware):
    """No page may be shown inside another's."""
