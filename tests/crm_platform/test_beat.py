"""A stop of beat, whatever it is about."""

import signal
import time
from collections.abc import Callable, Iterator
from subprocess import PIPE, Popen

import psycopg
import pytest

from crm_platform.embedded.leftovers import wait_until
from tests.crm_platform.processes import start
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.slow

WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def serve(process_environment: dict[str, str]) -> Iterator[Callable[[], Popen[str]]]:
    """Starts a beat on the tests' database, which is gone after the test."""
    started: list[Popen[str]] = []

    def one_more() -> Popen[str]:
        started.append(start("manage.py", "serve", "beat", stdout=PIPE, **process_environment))
        return started[-1]

    yield one_more
    for one in started:
        one.kill()
        one.wait()


def test_a_stop_while_the_schedule_is_read_cuts_no_statement(
    process_environment: dict[str, str], serve: Callable[[], Popen[str]]
) -> None:
    address = process_environment["CRM_DATABASE_URL"]
    with psycopg.connect(address) as holder, psycopg.connect(address, autocommit=True) as looker:
        holder.execute("LOCK TABLE crm.django_celery_beat_periodictask IN ACCESS EXCLUSIVE MODE")
        beat = serve()
        assert wait_until(lambda: looker.execute(WAITS).fetchone() == (True,), seconds=PATIENCE_SECONDS)
        beat.send_signal(signal.SIGTERM)
        # Only so that the signal is there before the table is: whenever it comes, the end is the same.
        time.sleep(0.2)
        holder.rollback()
        said, _ = beat.communicate(timeout=PATIENCE_SECONDS)

    assert beat.returncode == 0, said
    assert "Traceback" not in said, said


def test_a_running_beat_stops_in_silence(
    process_environment: dict[str, str], serve: Callable[[], Popen[str]]
) -> None:
    address = process_environment["CRM_DATABASE_URL"]
    beat = serve()
    stored = "SELECT count(*) > 0 FROM crm.django_celery_beat_periodictask"
    with psycopg.connect(address, autocommit=True) as looker:
        assert wait_until(lambda: looker.execute(stored).fetchone() == (True,), seconds=PATIENCE_SECONDS)
    beat.send_signal(signal.SIGTERM)
    said, _ = beat.communicate(timeout=PATIENCE_SECONDS)

    assert (beat.returncode, said) == (0, "")
