"""Telling a worker that there is work, at once and cheaply.

A wake-up may get lost (Redis away, worker killed): the work is a row, and the sweep of `events.tasks` finds it within
seconds. Wake-ups for the same work within a moment are one: the first sets a mark that the worker takes away before
it looks for work.
"""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tenants.redis_client import RedisError, redis_client

logger = logging.getLogger(__name__)
MARK_SECONDS = 5
PROCESS_INBOX = "profiles.process_inbox"
READ_LOG = "events.read_log"
RUN_CONSUMER = "events.run_consumer"


def _mark(task: str, argument: str) -> str:
    return f"crm:wake:{task}:{argument}"


def claim_debounce(task: str, argument: str) -> bool:
    """Whether nobody else has sent the task a moment ago; whoever gets True must send it. False without Redis."""
    try:
        return bool(redis_client().set(_mark(task, argument), 1, nx=True, ex=MARK_SECONDS))
    except RedisError as error:
        logger.warning("wake-up of %s not sent, the sweep will find the work: %s", task, error)
        return False


def enqueue_debounced(task: str, argument: str) -> None:
    """Send the task now unless one is on its way; never raises when Redis is away."""
    try:
        if claim_debounce(task, argument):
            current_app.send_task(task, [argument], retry=False)
    except (RedisError, OperationalError) as error:
        logger.warning("wake-up of %s not sent, the sweep will find the work: %s", task, error)


def enqueue_on_commit(task: str, argument: str) -> None:
    """Send the task when the open transaction has been committed."""
    transaction.on_commit(lambda: enqueue_debounced(task, argument), robust=True)


def clear_debounce(task: str, argument: str) -> None:
    """Called by the task before it looks for work, so that whatever comes from now on wakes it again."""
    try:
        redis_client().delete(_mark(task, argument))
    except RedisError:
        logger.debug("mark of %s not taken away; it expires in %s s", task, MARK_SECONDS)
