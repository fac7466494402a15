"""Every named constraint of journeys, violated; a published version, changed."""

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.scope import tenant_scope
from tests.cast import Club
from tests.constraints import Violation, cases, check_refused, constraints_of
from tests.journeys.violations import VIOLATIONS, version

# The primary keys say more (children refer to these); the outcome's constraint says more than the status'.
REACHABLE = {
    "journeys_journey_tenant_uq", "journeys_version_tenant_uq", "journeys_moveplan_tenant_uq",
    "journeys_task_status_ck",
}  # fmt: skip


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    check_refused(name, violate, fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    assert constraints_of("journeys") - REACHABLE == set(VIOLATIONS)


def test_a_published_version_never_changes(fairview: Club) -> None:
    made = version(fairview)
    with (
        tenant_scope(fairview.tenant),
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
    ):
        type(made).objects.filter(pk=made.pk).update(note="Other words")


def test_an_erasure_changes_what_a_version_says_and_not_which_it_is(fairview: Club) -> None:
    made = version(fairview)
    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL crm.erasing = 'on'")
        type(made).objects.filter(pk=made.pk).update(note="Without a name")
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            type(made).objects.filter(pk=made.pk).update(number=made.number + 1)
        made.refresh_from_db()
    assert made.note == "Without a name"
