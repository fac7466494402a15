"""The Celery application; tasks live in each app's `tasks.py`."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

from tenants.gc_pause import keep_started

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_platform.settings")

app = Celery("crm_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _check_servers(**_: Any) -> None:
    """Refuse to start over a database that cannot be used, in one line."""
    from crm_platform.checks import exit_unless_startable  # noqa: PLC0415 - needs Django to be set up

    exit_unless_startable()
    # With the tasks, before the processes of the pool are forked.
    keep_started()
