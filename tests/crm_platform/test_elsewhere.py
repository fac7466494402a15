"""Addresses that people mean lead on; what there is not stays not found."""

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/", "/admin/"),
        ("/admin", "/admin/"),
        ("/api", "/api/docs/"),
        ("/api/v1/", "/api/docs/"),
        ("/api/docs", "/api/docs/"),
        ("/api/schema?format=json", "/api/schema/?format=json"),
        ("/graphql/", "/graphql"),
        ("/api/v1/customers/?take=1", "/api/v1/customers?take=1"),
        ("/api/v1/customers/x/notes/", "/api/v1/customers/x/notes"),
    ],
)
def test_one_slash_more_or_less_is_no_matter(db: None, path: str, leads: str) -> None:
    answer = Client().post(path, {}, "application/json")

    assert (answer.status_code, answer.headers["Location"]) == (308, leads)


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing/", "/api/v1//"])
def test_what_there_is_not_is_not_found(db: None, path: str) -> None:
    assert Client().get(path).status_code == 404
