"""Every periodic task begins where no club is open: it opens the scopes it needs itself."""

import pytest

from crm_platform.celery import app
from tenants.extension import Periodic, every
from tests.cast import Club

SCHEDULE: list[Periodic] = every("schedule")


@pytest.mark.parametrize("task", sorted({one.task for one in SCHEDULE}))
def test_a_periodic_task_needs_no_open_scope(fairview: Club, kingsmere: Club, task: str) -> None:
    app.loader.import_default_modules()

    assert app.tasks[task].apply().successful()
