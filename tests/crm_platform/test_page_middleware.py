"""Layers that are about browsers stand around pages, and around nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string

from crm_platform.page_middleware import PassPages

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Open:
    """A layer as Django and its libraries write them: it says what it leads to."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note that the request came by."""
        response = self.get_response(request)
        response.headers["Passed"] = f"{type(self).__name__} {response.headers.get('Passed', '')}".strip()
        return response


class Closed(Open):
    """A layer that keeps to itself what it leads to."""

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        self._inner = get_response
        del self.get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note that the request came by."""
        response = self._inner(request)
        response.headers["Passed"] = f"Closed {response.headers.get('Passed', '')}".strip()
        return response


def passed(path: str, *layers: type[Open]) -> str | None:
    """Which layers a request comes by."""
    handler: Any = convert_exception_to_response(lambda request: HttpResponse())
    for layer in reversed(layers):
        handler = convert_exception_to_response(layer(handler))
    found: str | None = PassPages(handler)(RequestFactory().get(path)).headers.get("Passed")
    return found


@pytest.mark.parametrize("path", ["/api/v1/customers", "/graphql"])
def test_requests_of_programs_pass_the_layers_by(path: str) -> None:
    assert passed(path, Open, Open) is None


@pytest.mark.parametrize("path", ["/admin/", "/account/", "/api/docs/", "/api/v1"])
def test_requests_of_browsers_come_by_all_layers(path: str) -> None:
    assert passed(path, Open, Closed, Open) == "Open Closed Open"


def test_a_layer_that_hides_what_it_leads_to_is_not_passed_by() -> None:
    assert passed("/api/v1/customers", Open, Closed, Open) == "Closed Open"


@pytest.mark.django_db
def test_pages_are_guarded_and_answers_to_programs_carry_no_marks_of_them() -> None:
    page, answer = Client().get("/admin/login/"), Client().get("/api/v1/customers")

    guards = ("X-Frame-Options", "Content-Security-Policy", "Set-Cookie")
    found = {*page.headers, *(["Set-Cookie"] if page.cookies else [])}
    assert found.issuperset(guards)
    assert (answer.status_code, found.intersection(guards) - {*answer.headers}) == (401, {*guards})
    assert not answer.cookies


def test_every_layer_for_pages_says_what_it_leads_to() -> None:
    """Or programs would come by it and those behind it."""
    first = settings.MIDDLEWARE.index("crm_platform.page_middleware.PassPages") + 1

    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse()

    layers = [import_string(path)(view) for path in settings.MIDDLEWARE[first:]]
    assert [layer.get_response for layer in layers] == [view] * len(layers)
