"""What each app's test of its constraints shares: the database refuses by name, and no name is left out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest
from django.db import IntegrityError, connection, transaction

from tests.cast import Club

Violation = Callable[[Club], object]

# Django's own checks of positive numbers and its foreign keys have hashed names.
NAMED: Final = """
SELECT conname FROM pg_constraint
WHERE conrelid::regclass::text LIKE %(tables)s AND conname ~ ('^' || %(app)s || '_.*_(uq|ck|fk)$')
UNION SELECT indexname FROM pg_indexes WHERE tablename LIKE %(tables)s AND indexname ~ '_uq$'
"""


def cases(violations: Mapping[str, Sequence[Violation]]) -> list[tuple[str, Violation]]:
    """Each constraint with each way to violate it, for `pytest.mark.parametrize`."""
    return [(name, violate) for name, ways in violations.items() for violate in ways]


def check_refused(name: str, violate: Violation, club: Club) -> None:
    """The database refuses the violation, and names this constraint and no other that begins alike."""
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        violate(club)


def constraints_of(app: str) -> set[str]:
    """The names of all constraints and unique indexes on the app's tables."""
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"app": app, "tables": rf"{app}\_%"})
        return {name for (name,) in cursor.fetchall()}
