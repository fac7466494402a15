"""Every named constraint of messaging, violated."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.cast import Club
from tests.messaging.violations import VIOLATIONS, Violation

NAMED = """
SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'messaging_%' AND conname ~ '_(uq|ck|fk)$'
UNION SELECT indexrelid::regclass::text FROM pg_index
WHERE indisunique AND indrelid::regclass::text LIKE 'messaging_%' AND indexrelid::regclass::text ~ '_uq$'
"""


@pytest.mark.parametrize(
    ("name", "violate"), [(name, violate) for name, each in VIOLATIONS.items() for violate in each]
)
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        violate(fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMED)
        names = {name for (name,) in cursor.fetchall()}

    assert names == set(VIOLATIONS)
