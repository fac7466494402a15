"""Every named constraint of journeys, violated; a published version, changed."""

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.scope import tenant_scope
from tests.cast import Club
from tests.journeys.violations import VIOLATIONS, Violation, version

# The primary keys say more (children refer to these); the outcome's constraint says more than the status'.
REACHABLE = {
    "journeys_journey_tenant_uq", "journeys_version_tenant_uq", "journeys_moveplan_tenant_uq",
    "journeys_task_status_ck",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "violate"), [(name, violate) for name, each in VIOLATIONS.items() for violate in each]
)
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        violate(fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'journeys_%'"
            " AND conname ~ '^journeys_.*_(uq|ck|fk)$' UNION SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indisunique AND indrelid::regclass::text LIKE 'journeys_%'"
            " AND indexrelid::regclass::text ~ '_uq$'"
        )
        names = {name for (name,) in cursor.fetchall()}

    # Django's own foreign keys have hashed names.
    assert names - REACHABLE == set(VIOLATIONS)


def test_a_published_version_never_changes(fairview: Club) -> None:
    made = version(fairview)
    with (
        tenant_scope(fairview.tenant),
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
    ):
        type(made).objects.filter(pk=made.pk).update(note="Other words")
