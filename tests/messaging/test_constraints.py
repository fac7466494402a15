"""Every named constraint of messaging, violated."""

import pytest
from django.db import connection

from tests.cast import Club
from tests.constraints import Violation, cases, check_refused, constraints_of
from tests.messaging.violations import VIOLATIONS


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    check_refused(name, violate, fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    assert constraints_of("messaging") == set(VIOLATIONS)


def test_the_ledger_is_vacuumed_before_dead_entries_make_looking_dear(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'messaging_delivery'::regclass")
        (options,) = cursor.fetchone()

    assert "autovacuum_vacuum_scale_factor=0.05" in options
