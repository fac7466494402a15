"""Middleware for pages, which requests of programs pass by, and for programs.

Sessions, forgery tokens, messages and frames are about browsers. A request below the API proves itself by a header and
answers with JSON, and these layers together would cost it as much as its own work.
"""

import time
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PROGRAM_PATHS = ("/api/v1/", "/graphql")
# The documentation of the API brings scripts inside its page.
POLICED_PATHS: Final = ("/admin", "/account")
LEAST_BYTES: Final = 1024
LAST_USED: Final = "crm_last_used"
USED_EVERY_SECONDS: Final = 300


class PassPages:
    """Requests of programs go straight to the views; those of browsers through the layers that follow in the settings.

    A layer that does not say what it leads to is not passed by.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = self._views = get_response
        # Django wraps each layer into one that turns exceptions into answers.
        while (layer := getattr(self._views, "__wrapped__", None)) and hasattr(layer, "get_response"):
            self._views = layer.get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with or without the layers."""
        is_for_programs = request.path_info.startswith(PROGRAM_PATHS)
        return self._views(request) if is_for_programs else self.get_response(request)


class ProgramCompression(GZipMiddleware):
    """Answers to programs are compressed for who asks for it: lists of customers shrink to a tenth.

    Pages are left as they are: they hold forgery tokens beside what a visitor wrote. Of what programs get, the library
    hides the length by random bytes all the same.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress, below the paths of programs."""
        is_for_programs = request.path_info.startswith((*PROGRAM_PATHS, "/api/schema"))
        is_small = isinstance(response, HttpResponse) and len(response.content) < LEAST_BYTES
        if not is_for_programs or is_small:
            return response
        return super().process_response(request, response)


class PageSessions(SessionMiddleware):
    """Who is logged in, until nobody has used the session for SESSION_COOKIE_AGE."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Move the end of a session that a person uses; a page that refreshes itself on a screen does not count."""
        session = request.session
        if session.accessed and SESSION_KEY in session and not _is_by_itself(request):
            now = int(time.time())
            if now - session.get(LAST_USED, 0) >= USED_EVERY_SECONDS:
                session[LAST_USED] = now
        return super().process_response(request, response)


class PagePolicy:
    """What pages may load: scripts of ours only, none inside the page, nothing from elsewhere.

    `unsafe-eval` because the theme's Alpine makes functions of its attributes (ADR 33); styles may stand inside the
    page because the theme writes its colours there.
    """

    POLICY: Final = "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer with the policy, unless the view has one of its own."""
        response = self.get_response(request)
        if request.path_info.startswith(POLICED_PATHS):
            response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response


def _is_by_itself(request: HttpRequest) -> bool:
    """Whether a script may have asked without anybody there."""
    by_script = "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"
    return request.method == "GET" and by_script


def note_use(request: HttpRequest, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`: a session is in use from its first moment on."""
    request.session[LAST_USED] = int(time.time())
