"""A worker's connection to the database lasts for many tasks, and a broken one is none."""

import signal
from subprocess import PIPE

import psycopg
import pytest

from crm_platform.celery import app
from crm_platform.embedded.leftovers import wait_until
from events.debounce import PROCESS_INBOX
from events.models import InboxEvent, InboxStatus
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.crm_platform.processes import start
from tests.patience import PATIENCE_SECONDS
from tests.profiles.stories import payment, publish

pytestmark = pytest.mark.slow

SESSIONS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'crm'
"""


def test_a_connection_outlives_its_task_and_a_broken_one_is_opened_anew(
    fairview: Club, process_environment: dict[str, str], redis_server: object
) -> None:
    address = process_environment["CRM_DATABASE_URL"]
    broker = app.connection_for_write(process_environment["REDIS_URL"])

    def is_applied(number: int) -> bool:
        with tenant_scope(fairview.tenant):
            return InboxEvent.objects.filter(status=InboxStatus.SUCCESS).count() == number

    def apply(number: int) -> None:
        publish(fairview.tenant, payment(number, 100))
        app.send_task(PROCESS_INBOX, [str(fairview.tenant.pk)], queue="events", connection=broker)
        assert wait_until(lambda: is_applied(number), seconds=PATIENCE_SECONDS)

    with psycopg.connect(address, autocommit=True) as looker:
        ours = {pid for (pid,) in looker.execute(SESSIONS)}

        def sessions() -> set[int]:
            return {pid for (pid,) in looker.execute(SESSIONS)} - ours

        worker = start("manage.py", "serve", "worker", stdout=PIPE, **process_environment)
        try:
            apply(1)
            first = sessions()
            apply(2)
            assert first
            assert first <= sessions()

            for pid in sessions():
                looker.execute("SELECT pg_terminate_backend(%s)", [pid])
            apply(3)
            assert sessions()
            assert not sessions() & first
        finally:
            worker.send_signal(signal.SIGTERM)
            said, _ = worker.communicate(timeout=PATIENCE_SECONDS)
            broker.release()
    assert "Traceback" not in said, said
