"""Nothing waits for ever, and whoever holds everything up is named."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from crm_platform.supervisor.programs import limits, web, worker
from tenants.postgresql.sessions import long_transactions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def another_session() -> Iterator[psycopg.Connection]:
    """A session of the owner with an open transaction."""
    settings = connection.settings_dict
    owner = settings["OWNER"]["USER"]
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"] or None, dbname=settings["NAME"], user=owner
    ) as session:
        session.execute("SELECT pg_current_xact_id(), set_config('application_name', 'forgotten', false)")
        yield session


def test_a_transaction_that_is_open_for_long_is_named_with_pid_database_and_age(
    another_session: psycopg.Connection,
) -> None:
    found = long_transactions(seconds=0)

    [held] = [one for one in found if one.pid == another_session.info.backend_pid]
    assert (held.database, held.state) == (connection.settings_dict["NAME"], "idle in transaction")
    assert f"pid {held.pid} in database {held.database}, open for " in held.words
    assert long_transactions(seconds=3600) == []


def test_readiness_tells_long_transactions_and_stays_ready() -> None:
    answer = Client().get("/readyz").json()

    assert answer["probes"]["transactions"]["long"] == []


def test_a_session_ends_what_runs_or_idles_too_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        idle = cursor.fetchone()[0]
        cursor.execute("SHOW client_connection_check_interval")
        check = cursor.fetchone()[0]
        cursor.execute("SET statement_timeout = 50")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("RESET statement_timeout")
    assert (idle, check) == ("5min", "5s")


def test_each_program_has_limits_of_its_own() -> None:
    assert web("127.0.0.1", 8000).environment == limits(30, 60)
    assert worker().environment == limits(900, 300)
