"""Rows that the tests of a file share: made once, each test in a savepoint of its own, all taken back in the end.

For tables of many small cases about one club. A case sees the club as it was made, whatever another case did to it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import transaction
from django.test import override_settings

from tenants.expiring_cache import clear_all_caches


@contextmanager
def shared_rows(django_db_blocker: Any) -> Iterator[None]:
    """The open transaction of a fixture of a file; tests with `db` run in savepoints of it.

    The fixture needs `django_db_setup`. Not for tests that commit.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        # As of Django's own test cases: blocks that must be the outermost count from here.
        outer._from_testcase = True  # type: ignore[attr-defined]
        outer.__enter__()
    try:
        yield
    finally:
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


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
