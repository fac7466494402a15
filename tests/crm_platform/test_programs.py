"""The programs that `up` and the containers run, and the single-program command."""

import sys
from typing import Any

import pytest
from django.conf import settings

from crm_platform.celery import app
from crm_platform.supervisor import programs
from tests.crm_platform.processes import manage, python


@pytest.mark.parametrize(("cores", "web", "worker"), [(1, "1", "3"), (4, "4", "5"), (64, "8", "9")])
def test_processes_follow_the_cores_within_bounds(
    cores: int, web: str, worker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "cores", lambda: cores)

    assert option(programs.web("127.0.0.1", 8000).command, "--workers") == web
    assert option(programs.worker().command, "--concurrency") == worker


def test_a_worker_starts_without_the_back_office_and_the_routes() -> None:
    """They are more than half of what the product imports, and no task needs them."""
    words = (
        "import sys; from crm_platform.celery import app, import_handlers; "
        "app.loader.import_default_modules(); import_handlers(); "
        "print(*(name for name in sys.modules if name == 'crm_platform.urls' or name.endswith('.admin')))"
    )

    done = python("-c", words, DJANGO_SETTINGS_MODULE="crm_platform.settings")

    assert done.returncode == 0, done.stdout
    assert set(done.stdout.split()) <= {"django.contrib.admin"}


def test_workers_of_events_are_more_than_may_be_at_backfill() -> None:
    live = int(option(programs.worker().command, "--concurrency"))

    assert live > settings.CRM_BACKFILL_WORKERS


def test_a_message_is_not_handed_out_again_while_its_task_may_still_run() -> None:
    limits = [task.time_limit or settings.CELERY_TASK_TIME_LIMIT for task in app.tasks.values()]

    visibility: Any = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert visibility > max(limits)


def test_some_worker_reads_every_queue_that_tasks_are_routed_to() -> None:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}

    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} <= set(programs.QUEUES)
    assert option(programs.worker().command, "--queues") == "events"
    assert option(programs.live_worker().command, "--queues") == "consumers,sends"
    assert option(programs.slow_worker().command, "--queues") == settings.CELERY_TASK_DEFAULT_QUEUE
    assert option(programs.webhooks_worker().command, "--queues") == programs.WEBHOOKS_QUEUE


def test_every_program_runs_under_this_interpreter() -> None:
    made = [
        programs.web("127.0.0.1", 8000),
        programs.worker(),
        programs.live_worker(),
        programs.slow_worker(),
        programs.webhooks_worker(),
        programs.beat(),
        programs.manage("x", "migrate"),
    ]

    assert all(program.command[0] == sys.executable for program in made)


def test_serve_knows_its_programs_only() -> None:
    done = manage("serve", "everything")

    assert done.returncode == 2
    assert "invalid choice: 'everything' (choose from" in done.stdout


def test_serve_becomes_the_program_and_obeys_its_settings() -> None:
    done = manage("serve", "web", PORT="seventy")

    assert done.returncode == 1
    assert done.stdout.startswith("crm.E001: PORT must be a whole number, not 'seventy'.")


def option(command: tuple[str, ...], name: str) -> str:
    return command[command.index(name) + 1]
