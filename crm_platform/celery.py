"""The Celery application; tasks live in each app's `tasks.py`."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

from tenants.gc_pause import keep_started

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_platform.settings")

logger = logging.getLogger(__name__)
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


@beat_init.connect
def forget_lost_tasks(**_: Any) -> None:
    """Take tasks out of the stored schedule that no program knows any more: beat would send them for ever."""
    from django_celery_beat.models import PeriodicTask  # noqa: PLC0415 - needs Django to be set up

    app.loader.import_default_modules()
    for lost in PeriodicTask.objects.exclude(task__in=list(app.tasks)):
        logger.warning("%s is no longer scheduled: there is no task %s", lost.name, lost.task)
        lost.delete()
