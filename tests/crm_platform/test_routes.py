"""Routes by their first word lead where Django's way of trying one after the other leads."""

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver, get_resolver, path
from django.urls.resolvers import RoutePattern

from crm_platform.routes import RoutesByWord


def view(request: HttpRequest) -> HttpResponse:
    """Answers nobody."""
    raise NotImplementedError


def by_word() -> RoutesByWord:
    (found,) = [each for each in get_resolver().url_patterns if isinstance(each, RoutesByWord)]
    return found


def test_every_path_leads_where_it_would_lead_one_after_the_other() -> None:
    ours = by_word()
    one_by_one = URLResolver(RoutePattern("api/v1/"), ours.url_patterns)

    for route in ours.url_patterns:
        for words in ("x", "resolve", "batch"):
            asked = "api/v1/" + re.sub(r"<\w+:\w+>", words, str(route.pattern))
            got, wanted = ours.resolve(asked), one_by_one.resolve(asked)
            assert (got.func, got.kwargs, got.url_name) == (wanted.func, wanted.kwargs, wanted.url_name)


@pytest.mark.parametrize(
    "asked", ["api/v1/", "api/v1/nothing", "api/v1/customers/a/b/c", "api/v2/customers", "api/v1customers"]
)
def test_what_leads_nowhere_is_told_as_ever(asked: str) -> None:
    with pytest.raises(Resolver404):
        by_word().resolve(asked)


def test_the_whole_route_is_told() -> None:
    assert get_resolver().resolve("/api/v1/customers/7").route == "api/v1/customers/<str:customerId>"


def test_a_route_that_begins_with_no_word_is_refused() -> None:
    routes = RoutesByWord("api/v1/", [path("<str:any>/x", view)])

    with pytest.raises(ValueError, match="does not begin with a word"):
        routes.resolve("api/v1/a/x")
