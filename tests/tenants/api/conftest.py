"""What the tests of the API ground share: its routes, and shorthand for callers."""

from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.cast import Club
from tests.tenants.records import record


@pytest.fixture(autouse=True)
def _routes(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.tenants.api.routes"


@pytest.fixture
def api(fairview: Club) -> Client:
    """A caller with all scopes in Fairview only."""
    return Client(headers=factories.bearer(fairview.tenant), raise_request_exception=False)


def thing(club: Club, name: str) -> None:
    """A stored thing of the club."""
    record(club.tenant, key=name, path="thing")
