"""Pages of the back office that are no list or form of a table: each app declares its own with `@page`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from tenants.admin.base import as_staff, request_may
from tenants.middleware import StaffRequest
from tenants.models import Tenant, User
from tenants.roles import Right

View = Callable[..., HttpResponseBase]


class Page(NamedTuple):
    """A declared page."""

    route: str
    view: View
    name: str


_pages: list[Page] = []
_front: list[Callable[[StaffRequest], HttpResponse]] = []


def needs(right: Right) -> Callable[[View], View]:
    """Decorator of a view: 403 without the right in the club one works in."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request_may(request, right):
                raise PermissionDenied("Your role in this club does not allow this.")
            return view(as_staff(request), *args, **kwargs)

        return guarded

    return guard


def page(route: str, *, name: str, right: Right) -> Callable[[View], View]:
    """Decorator: serve the view at /admin/`route` to whoever is logged in and has the right."""

    def declare(view: View) -> View:
        guarded = needs(right)(view)
        _pages.append(Page(route, guarded, name))
        return guarded

    return declare


def front_page(view: Callable[[StaffRequest], HttpResponse]) -> Callable[[StaffRequest], HttpResponse]:
    """Decorator: this view is what stands at /admin/."""
    _front.append(view)
    return view


def front_view() -> Callable[[StaffRequest], HttpResponse] | None:
    """What stands at /admin/, None where no app declared it."""
    return _front[-1] if _front else None


def page_urls(wrap: Callable[[View], View]) -> list[URLPattern]:
    """The routes of all declared pages; `wrap` adds the check that somebody is logged in."""
    return [path(declared.route, wrap(declared.view), name=declared.name) for declared in _pages]


def show(
    request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A whole page in the frame of the back office."""
    everything = {**site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, everything, status=status)


def club_of(request: StaffRequest) -> Tenant:
    """The club one works in; raises PermissionDenied for somebody without any."""
    if request.tenant is None:
        raise PermissionDenied("You do not belong to any club yet.")
    return request.tenant


def user_of(request: StaffRequest) -> User:
    """Who is logged in."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - for the type checker: the page's guard let nobody else in
    return user


def uuid_or_none(text: str) -> UUID | None:
    """The UUID that the text spells, else None."""
    try:
        return UUID(text)
    except ValueError:
        return None
