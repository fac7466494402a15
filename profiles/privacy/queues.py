"""Jobs in Redis that still hold an erased person: what was told to others, and what came in and was received."""

import logging
from typing import Any, Final

from django.conf import settings

from profiles.privacy.matcher import Matcher
from tenants.redis_client import RedisError, redis_client

logger = logging.getLogger(__name__)
CHUNK: Final = 500
LISTS: Final = ("wait", "paused")
SETS: Final = ("completed", "failed", "delayed", "prioritized")


def forget_jobs(person: Matcher) -> int:
    """Take the person out of the queues' jobs; returns how many jobs were touched.

    Jobs that nobody has read yet are removed from the way out: the news of the erasure follows them. On the way in they
    stay, because suppression answers them; what is done loses its content. After the commit.
    """
    touched = 0
    try:
        for name, is_ours in ((settings.CRM_OUTBOUND_QUEUE, True), (settings.CRM_EVENTS_QUEUE, False)):
            touched += _forget(f"{settings.CRM_BULLMQ_PREFIX}:{name}:", person, removes_waiting=is_ours)
    except RedisError as error:
        logger.warning("erased person may still be in jobs of a queue: %s", error)
    return touched


def _forget(prefix: str, person: Matcher, *, removes_waiting: bool) -> int:
    client = redis_client()
    touched = 0
    keys: list[Any] = []
    for key in client.scan_iter(match=f"{prefix}*", count=CHUNK, _type="hash"):
        keys.append(key)
        if len(keys) == CHUNK:
            touched += _forget_some(client, prefix, keys, person, removes_waiting=removes_waiting)
            keys = []
    return touched + _forget_some(client, prefix, keys, person, removes_waiting=removes_waiting)


def _forget_some(client: Any, prefix: str, keys: list[Any], person: Matcher, *, removes_waiting: bool) -> int:
    reading = client.pipeline(transaction=False)
    for key in keys:
        reading.hmget(key, "data", "finishedOn", "returnvalue", "failedReason", "stacktrace")
    writing = client.pipeline(transaction=True)
    touched = 0
    for key, fields in zip(keys, reading.execute(), strict=True):
        words = [_text(field) for field in fields]
        if fields[0] is None or not person.is_named(words, by_id=True):
            continue
        is_done = fields[1] is not None
        if is_done or removes_waiting:
            touched += 1
            _remove(writing, prefix, _text(key).removeprefix(prefix), key)
    if touched:
        writing.execute()
    return touched


def _remove(pipeline: Any, prefix: str, job_id: str, key: Any) -> None:
    """As BullMQ's own removal does, for a job without parent and children."""
    for name in LISTS:
        pipeline.lrem(f"{prefix}{name}", 0, job_id)
    for name in SETS:
        pipeline.zrem(f"{prefix}{name}", job_id)
    pipeline.delete(key, f"{_text(key)}:logs")


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
