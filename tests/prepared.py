"""Rows that the tests of a file share: made and committed once, each test rolled back, all deleted in the end.

For tables of many small cases about one club. A case sees the club as it was made, whatever another case did to it. No
transaction stays open between the cases: it would hide the log from the readers of every database of the server.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from tenants.expiring_cache import clear_all_caches
from tests import flushing


@contextmanager
def shared_rows(django_db_blocker: Any) -> Iterator[None]:
    """In a fixture of a file that needs `django_db_setup`: the block makes the rows, tests with `db` see them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        # As in tests that never commit: nobody is told.
        connection.run_on_commit.clear()


def delete_shared_rows(django_db_blocker: Any) -> None:
    """The end of such a fixture."""
    with django_db_blocker.unblock():
        flushing.empty()
    clear_all_caches()


@contextmanager
def taken_back() -> Iterator[None]:
    """A block of a test whose changes are rolled back at its end, in the database and in this process."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    clear_all_caches()


class LastingSettings:
    """Settings changed by assignment until `restore`; pytest-django's own end with a test."""

    def __init__(self) -> None:
        object.__setattr__(self, "_overrides", ExitStack())

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__["_overrides"].enter_context(override_settings(**{name: value}))

    def restore(self) -> None:
        """Give all their values back."""
        self.__dict__["_overrides"].close()
