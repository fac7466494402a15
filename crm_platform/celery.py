"""The Celery application; tasks live in each app's `tasks.py`."""

import logging
import os
from collections.abc import Iterator
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_prerun, worker_init
from django.db import close_old_connections, connections

from tenants.declarations import every, resolve
from tenants.extension import MergeBy
from tenants.gc_pause import keep_started

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_platform.settings")
# The code is checked before it is taken (`manage.py check`), and what it runs on below. Celery would check all of it at
# each start, and import every page for that.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

logger = logging.getLogger(__name__)


class _Application(Celery):
    @property
    def Beat(self) -> Any:  # noqa: N802 - Celery's name
        return self.subclass_with_self("crm_platform.beat:PatientBeat")


app = _Application("crm_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _try_connections(**_: Any) -> None:
    """Have a connection tried before a task uses it again: the server may have been restarted meanwhile."""
    for one in connections.settings.values():
        one["CONN_HEALTH_CHECKS"] = True


@task_prerun.connect
def _renew_connections(sender: Any, **_: Any) -> None:
    """A connection lasts for many tasks: a new one costs more than most of them, its first statements above all."""
    if not sender.request.is_eager:
        close_old_connections()


@worker_init.connect
def import_handlers(**_: Any) -> None:
    """What tasks call by the names in the apps' declarations, so that the processes of the pool share it."""
    for path in handler_paths():
        resolve(path)


def handler_paths() -> Iterator[str]:
    """The functions that read the log and tell others of it, and that follow a merge."""
    for consumer in every("consumers"):
        yield from filter(None, (consumer.handle, consumer.send, consumer.wants, consumer.siblings))
    yield from (event.render for event in every("outbound"))
    yield from (table.merge.call for table in every("tables") if isinstance(table.merge, MergeBy))


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
