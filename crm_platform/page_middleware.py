"""Django's middleware for pages, which requests of programs pass by.

Sessions, forgery tokens, messages and frames are about browsers. A request below the API proves itself by a header and
answers with JSON, and these layers together would cost it as much as its own work.
"""

import time
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

PROGRAM_PATHS = ("/api/v1/", "/graphql")
LAST_USED: Final = "crm_last_used"
USED_EVERY_SECONDS: Final = 300


class _PagesOnly:
    """Put before a middleware class: its work is left out for programs."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with or without the layer."""
        if request.path_info.startswith(PROGRAM_PATHS):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class PageFiles(_PagesOnly, WhiteNoiseMiddleware):  # type: ignore[misc]
    """Static files."""


class PageSessions(_PagesOnly, SessionMiddleware):
    """Who is logged in, until nobody has used the session for SESSION_COOKIE_AGE."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Move the end of a session that a person uses; a page that refreshes itself on a screen does not count."""
        session = request.session
        if session.accessed and SESSION_KEY in session and "HX-Request" not in request.headers:
            now = int(time.time())
            if now - session.get(LAST_USED, 0) >= USED_EVERY_SECONDS:
                session[LAST_USED] = now
        return super().process_response(request, response)


class PageForms(_PagesOnly, CsrfViewMiddleware):
    """Forgery tokens."""


class PageUsers(_PagesOnly, AuthenticationMiddleware):
    """`request.user`."""


class PageMessages(_PagesOnly, MessageMiddleware):
    """What a page says after an act."""


class PageFrames(_PagesOnly, XFrameOptionsMiddleware):
    """No page may be shown inside another's."""
