"""Statements that do not show the planner which club they are about."""

from uuid import UUID

import pytest
from django.db import connection, transaction

from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.postgresql.plans import any_club, for_any_club
from tenants.postgresql.statement_pipeline import pipelined_statements
from tenants.scope import tenant_scope
from tests.cast import Club

EXPLAIN = "EXPLAIN SELECT FROM profiles_customerprofile WHERE tenant_id = %s AND id = %s"


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ("WHERE tenant_id = %s AND id = %s", "WHERE tenant_id = (SELECT %s::uuid) AND id = %s"),
        ("ON p.tenant_id = %(tenant)s", "ON p.tenant_id = (SELECT %(tenant)s::uuid)"),
        ('"t"."tenant_id" = %s', '"t"."tenant_id" = (SELECT %s::uuid)'),
        ("o.tenant_id = p.tenant_id", "o.tenant_id = p.tenant_id"),
        ("tenant_id = (SELECT %s::uuid)", "tenant_id = (SELECT %s::uuid)"),
        ("tenant_id = ANY(%s)", "tenant_id = ANY(%s)"),
    ],
)
def test_the_value_of_the_tenant_goes_into_a_sub_select(statement: str, sent: str) -> None:
    assert for_any_club(statement) == sent


def test_other_columns_may_be_as_new_as_the_club() -> None:
    statement = "WHERE tenant_id = %s AND import_id = %s AND line = %s"

    assert for_any_club(statement, "import_id") == (
        "WHERE tenant_id = (SELECT %s::uuid) AND import_id = (SELECT %s::uuid) AND line = %s"
    )


def plan_of(tenant: Tenant) -> str:
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN, [tenant.pk, UUID(int=7)])
        return "\n".join(line for (line,) in cursor.fetchall())


def test_in_the_block_no_plan_shows_the_club(fairview: Club) -> None:
    tenant = fairview.tenant
    with tenant_scope(tenant):
        with any_club():
            hidden = plan_of(tenant)
            assert (
                f"tenant_id = '{tenant.pk}'" not in CustomerProfile.objects.filter(id=UUID(int=7)).explain()
            )
        shown = plan_of(tenant)

    assert f"tenant_id = '{tenant.pk}'" in shown
    assert f"tenant_id = '{tenant.pk}'" not in hidden


def test_a_statement_that_is_left_to_a_thread_is_planned_as_where_it_was_said(fairview: Club) -> None:
    tenant = fairview.tenant
    with tenant_scope(tenant), transaction.atomic(), pipelined_statements(), connection.cursor() as cursor:
        with any_club():
            cursor.execute(EXPLAIN, [tenant.pk, UUID(int=7)])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert f"tenant_id = '{tenant.pk}'" not in plan
