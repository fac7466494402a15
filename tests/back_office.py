"""Shorthand for the tests of the back office: people at their desks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.models import User

INDEX = "/admin/"
CUSTOMERS = "/admin/profiles/customerprofile/"
SEARCH = "/admin/customers/search/"
INBOX = "/admin/operations/inbox/"
DEAD_LETTERS = "/admin/operations/dead-letters/"
BULK = "/admin/operations/dead-letters/act/"
JOBS = "/admin/operations/dead-letters/jobs/"
CONSUMERS = "/admin/operations/consumers/"
PARKED = "/admin/operations/parked/"


def desk(user: User) -> Client:
    """A browser in which the user is logged in."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def page_of(customer_id: Any) -> str:
    """Where a customer's page is."""
    return f"{CUSTOMERS}{customer_id}/change/"


def text_of(response: Any) -> str:
    """The HTML of an answer."""
    content: bytes = response.content
    return content.decode()


@contextmanager
def counted_queries() -> Iterator[list[int]]:
    """A list that holds the number of queries after the block."""
    found: list[int] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found.append(len(captured))
