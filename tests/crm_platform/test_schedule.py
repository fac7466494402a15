"""Every periodic task begins where no club is open: it opens the scopes it needs itself."""

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from crm_platform.celery import app, forget_lost_tasks
from tenants.declarations import every
from tenants.extension import Periodic
from tests.cast import Club

SCHEDULE: list[Periodic] = every("schedule")


@pytest.mark.parametrize("task", sorted({one.task for one in SCHEDULE}))
def test_a_periodic_task_needs_no_open_scope(fairview: Club, kingsmere: Club, task: str) -> None:
    app.loader.import_default_modules()

    assert app.tasks[task].apply().successful()


@pytest.mark.django_db
def test_beat_forgets_what_no_program_does_any_more() -> None:
    every_minute = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.MINUTES)
    for name, task in (("renamed", "journeys.no_such_task"), ("kept", SCHEDULE[0].task)):
        PeriodicTask.objects.create(name=name, task=task, interval=every_minute)

    forget_lost_tasks()

    assert list(PeriodicTask.objects.filter(name__in=["renamed", "kept"]).values_list("name", flat=True)) == [
        "kept"
    ]
