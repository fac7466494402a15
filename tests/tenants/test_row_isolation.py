"""The second wall: with the Python one removed, PostgreSQL still keeps tenants apart."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core.checks import Error
from django.db import ProgrammingError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from tenants.checks import check_row_isolation, check_tenant_models
from tenants.models import IdempotencyRecord, Tenant
from tenants.postgresql.base import as_owner
from tenants.scope import all_tenants, current_scope, tenant_scope
from tests import factories
from tests.cast import Club
from tests.tenants.records import TABLE, keys_by_sql, record, unsaved_record


def sql(statement: str, *params: UUID | int) -> int:
    """Run one statement as the program would; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('crm.tenant_id', true), '')")
        return str(cursor.fetchone()[0])


def test_without_a_scope_the_database_shows_nothing(fairview: Club) -> None:
    record(fairview.tenant)

    assert keys_by_sql() == []
    assert list(IdempotencyRecord._base_manager.all()) == []


def test_with_the_python_wall_removed_another_tenants_rows_stay_invisible(
    fairview: Club, kingsmere: Club
) -> None:
    ours, theirs = record(fairview.tenant), record(kingsmere.tenant)

    with tenant_scope(fairview.tenant):
        assert keys_by_sql() == [ours.key]
        assert list(IdempotencyRecord._base_manager.all()) == [ours]
        assert IdempotencyRecord._base_manager.filter(pk=theirs.pk).first() is None


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET path = '/stolen' WHERE id = %s",
        f"DELETE FROM {TABLE} WHERE id = %s",
        f"SELECT * FROM {TABLE} WHERE id = %s FOR UPDATE",
    ],
)
def test_with_the_python_wall_removed_another_tenants_rows_cannot_be_touched(
    fairview: Club, kingsmere: Club, statement: str
) -> None:
    theirs = record(kingsmere.tenant)

    with tenant_scope(fairview.tenant):
        touched = sql(statement, theirs.pk)

    assert touched == 0
    with tenant_scope(kingsmere.tenant):
        assert IdempotencyRecord.objects.get(pk=theirs.pk).path == "/api/v1/things"


def test_with_the_python_wall_removed_no_row_can_be_written_for_another_tenant(
    fairview: Club, kingsmere: Club
) -> None:
    ours = record(fairview.tenant)

    with tenant_scope(fairview.tenant):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            IdempotencyRecord._base_manager.bulk_create([unsaved_record(kingsmere.tenant)])
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sql(f"UPDATE {TABLE} SET tenant_id = %s WHERE id = %s", kingsmere.tenant.pk, ours.pk)

    with all_tenants():
        assert list(IdempotencyRecord.objects.all()) == [ours]
        assert IdempotencyRecord.objects.get().tenant_id == fairview.tenant.pk


def test_without_a_scope_no_row_can_be_written_at_all(fairview: Club) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        IdempotencyRecord._base_manager.bulk_create([unsaved_record(fairview.tenant)])


def test_the_program_never_works_as_the_owner_of_the_tables(fairview: Club) -> None:
    assert current_role() == "crm_app"
    with tenant_scope(fairview.tenant):
        assert current_role() == "crm_app"
    with all_tenants():
        assert current_role() == "crm_all"
    assert current_role() == "crm_app"


def test_a_rolled_back_savepoint_leaves_the_scope_right(fairview: Club, kingsmere: Club) -> None:
    ours, theirs = record(fairview.tenant), record(kingsmere.tenant)

    with transaction.atomic(), tenant_scope(fairview.tenant):
        assert keys_by_sql() == [ours.key]
        with transaction.atomic(), tenant_scope(kingsmere.tenant):
            assert keys_by_sql() == [theirs.key]
            transaction.set_rollback(True)
        assert keys_by_sql() == [ours.key]


def test_a_kept_savepoint_leaves_the_scope_right(fairview: Club, kingsmere: Club) -> None:
    ours, theirs = record(fairview.tenant), record(kingsmere.tenant)

    with tenant_scope(fairview.tenant), transaction.atomic():
        with tenant_scope(kingsmere.tenant), transaction.atomic():
            assert keys_by_sql() == [theirs.key]
        assert keys_by_sql() == [ours.key]
    assert keys_by_sql() == []


def test_a_failed_statement_leaves_the_scope_right(fairview: Club, kingsmere: Club) -> None:
    theirs = record(kingsmere.tenant)

    with tenant_scope(kingsmere.tenant):
        with pytest.raises(ProgrammingError), transaction.atomic(), tenant_scope(fairview.tenant):
            sql("SELECT nonsense")
        assert keys_by_sql() == [theirs.key]


def test_a_server_side_loop_stays_in_the_scope_it_began_in(fairview: Club, kingsmere: Club) -> None:
    for _ in range(5):
        record(fairview.tenant)
    record(kingsmere.tenant)

    with tenant_scope(fairview.tenant):
        tenants = {row.tenant_id for row in IdempotencyRecord._base_manager.iterator(chunk_size=2)}

    assert tenants == {fairview.tenant.pk}


@pytest.fixture
def two_clubs(transactional_db: None) -> tuple[UUID, UUID]:
    """Two committed tenants with one committed row each."""
    first, second = factories.tenant("first"), factories.tenant("second")
    record(first, key="of first")
    record(second, key="of second")
    return first.pk, second.pk


def test_outside_a_transaction_each_statement_carries_its_own_scope(two_clubs: tuple[UUID, UUID]) -> None:
    first, second = two_clubs

    with tenant_scope(first):
        assert keys_by_sql() == ["of first"]
    assert keys_by_sql() == []
    with tenant_scope(second):
        assert keys_by_sql() == ["of second"]
    with all_tenants():
        assert keys_by_sql() == ["of first", "of second"]
    assert keys_by_sql() == []


def test_a_transaction_that_spans_scopes_follows_them(two_clubs: tuple[UUID, UUID]) -> None:
    first, second = two_clubs

    with transaction.atomic():
        with tenant_scope(first):
            assert keys_by_sql() == ["of first"]
        assert keys_by_sql() == []
        with tenant_scope(second):
            assert keys_by_sql() == ["of second"]
    assert (keys_by_sql(), setting(), current_role()) == ([], "", "crm_app")


def test_an_error_outside_a_transaction_leaves_nothing_behind(two_clubs: tuple[UUID, UUID]) -> None:
    with pytest.raises(ProgrammingError), tenant_scope(two_clubs[0]):
        sql("SELECT nonsense")

    assert (keys_by_sql(), setting(), current_role()) == ([], "", "crm_app")


def test_an_owners_block_leaves_nothing_behind(two_clubs: tuple[UUID, UUID]) -> None:
    with as_owner():
        assert keys_by_sql() == ["of first", "of second"]

    assert (keys_by_sql(), current_role()) == ([], "crm_app")


def leaky(request: object, slug: str) -> HttpResponse:
    """A view that does everything wrong: it dies in the middle of a scope and a transaction."""
    with tenant_scope(Tenant.objects.get(slug=slug)), transaction.atomic():
        keys = ",".join(keys_by_sql())
        if slug == "second":
            raise KeyError(keys)
        return HttpResponse(keys)


def open_view(request: object) -> HttpResponse:
    """What the next request on the same connection sees."""
    return HttpResponse(f"{current_scope()}|{','.join(keys_by_sql())}|{setting()}|{current_role()}")


urlpatterns = [path("leaky/<slug:slug>", leaky), path("open", open_view)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("slug", ["first", "second"])
def test_a_pooled_connection_carries_nothing_over_to_the_next_request(
    two_clubs: tuple[UUID, UUID], slug: str
) -> None:
    client = Client(raise_request_exception=False)
    connection.ensure_connection()
    before = connection.connection

    client.get(f"/leaky/{slug}")
    answer = client.get("/open")

    assert answer.content.decode() == "None|||crm_app"
    assert connection.connection is before


@pytest.fixture
def unprotected_table(db: None) -> Callable[[str], None]:
    """Makes a table as a careless migration would; it goes with the test's transaction."""

    def make(statements: str) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(statements)

    return make


def test_every_table_of_tenant_data_has_its_policy(db: None) -> None:
    assert check_row_isolation(None, databases=["default"]) == []
    assert check_tenant_models(None) == []


def test_the_check_fails_when_a_tenant_table_has_no_policy(unprotected_table: Callable[[str], None]) -> None:
    unprotected_table("CREATE TABLE careless (id int, tenant_id uuid)")

    errors = check_row_isolation(None, databases=["default"])

    assert errors == [
        Error(
            "Table careless holds tenant data but has no row level security policy.",
            hint="Add tenants.row_isolation.IsolateTenantRows for the model of careless to its migration.",
            id="crm.E010",
        )
    ]


@pytest.mark.parametrize(
    "half_measure",
    [
        "ALTER TABLE careless ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY careless_tenant_rls ON careless USING (true)",
    ],
)
def test_half_a_wall_is_no_wall(unprotected_table: Callable[[str], None], half_measure: str) -> None:
    unprotected_table(f"CREATE TABLE careless (id int, tenant_id uuid); {half_measure}")

    assert [error.id for error in check_row_isolation(None, databases=["default"])] == ["crm.E010"]


def test_without_a_database_the_check_stays_silent(db: None) -> None:
    assert check_row_isolation(None, databases=None) == []
