"""Jobs in Redis that still hold an erased person: what was told to others, and what came in, waits or was received.

What is to be found is kept, encrypted, with the receipt until it is done, so that an erasure is finished however long
Redis was away: by `finish_all`, every minute.
"""

import json
import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from events import outbound
from events.identity_hints import IdentityKey
from profiles.models import ErasureReceipt
from profiles.privacy.matcher import Matcher
from profiles.privacy.person_patterns import Traits
from profiles.privacy.tokens import seed_of
from tenants.encryption import decrypt, encrypt
from tenants.one_by_one import one_by_one
from tenants.redis_client import RedisError, redis_client
from tenants.scope import all_tenants, tenant_scope

logger = logging.getLogger(__name__)
CHUNK: Final = 500
LISTS: Final = ("wait", "paused")
SETS: Final = ("completed", "failed", "delayed", "prioritized")
FIELDS: Final = ("data", "finishedOn", "returnvalue", "failedReason", "stacktrace", "name", "opts")
NOTHING_LEFT: Final = ""


def remember(receipt: ErasureReceipt, profile_ids: Collection[UUID], traits: Traits) -> None:
    """Keep what must be found in the queues with the receipt, until `finish` has found it."""
    document = {
        "ids": [str(one) for one in profile_ids],
        "keys": [list(key) for key in sorted(traits.keys)],
        "names": [list(name) for name in sorted(traits.names)],
        "shown": sorted(traits.display_names),
        "others": sorted(traits.others_words),
    }
    ErasureReceipt.objects.filter(pk=receipt.pk).update(queue_search=encrypt(json.dumps(document)))


def _remembered(receipt: ErasureReceipt) -> Matcher:
    document = json.loads(decrypt(receipt.queue_search))
    traits = Traits(
        frozenset(IdentityKey(*key) for key in document["keys"]),
        frozenset((first, last) for first, last in document["names"]),
        frozenset(document["shown"]),
        frozenset(document.get("others", ())),
    )
    return Matcher(traits, map(UUID, document["ids"]), seed_of(receipt.tenant_id))


def finish(receipt_id: int) -> bool:
    """Take the person out of the queues' jobs; False while Redis is away. Needs the scope, after the commit.

    Jobs that nobody has read yet are removed from the way out: the news of the erasure follows them. On the way in
    waiting ones stay, because suppression answers them within moments; what is delayed or done goes.
    """
    receipt = ErasureReceipt.objects.filter(pk=receipt_id).exclude(queue_search=NOTHING_LEFT).first()
    if receipt is None:
        return True
    try:
        forget_jobs(_remembered(receipt))
    except RedisError as error:
        logger.warning(
            "the queues are not searched yet for an erased person, receipt %s: %s", receipt_id, error
        )
        return False
    ErasureReceipt.objects.filter(pk=receipt_id).update(queue_search=NOTHING_LEFT)
    return True


def finish_all() -> int:
    """Finish the erasures of every club whose queues could not be searched; returns how many still wait."""
    with all_tenants():
        rows = ErasureReceipt.objects.exclude(queue_search=NOTHING_LEFT).order_by("pk")
        receipts: list[tuple[UUID, int]] = list(rows.values_list("tenant_id", "pk"))
    waiting = len(receipts)

    def finish_one(receipt: tuple[UUID, int]) -> None:
        nonlocal waiting
        tenant_id, receipt_id = receipt
        with tenant_scope(tenant_id):
            waiting -= finish(receipt_id)

    one_by_one(receipts, finish_one, what="finishing an erasure")
    return waiting


def forget_jobs(person: Matcher) -> int:
    """Remove what fits from the queues, in and out, and from Redis' file on disk; returns how many were touched."""
    touched = 0
    told = [(name, True) for name in outbound.queues().values()]
    for name, is_ours in (*told, (settings.CRM_EVENTS_QUEUE, False)):
        if name:
            prefix = f"{settings.CRM_BULLMQ_PREFIX}:{name}:"
            touched += _forget(prefix, person, removes_waiting=is_ours)
            touched += _forget_stream(f"{prefix}events", person)
    if touched:
        # The append-only file keeps what was written until it is written anew; hosted servers see to that themselves.
        with suppress(RedisError):
            redis_client().bgrewriteaof()
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
        reading.hmget(key, *FIELDS)
        reading.zscore(f"{prefix}delayed", _text(key).removeprefix(prefix))
    answers = reading.execute()
    writing = client.pipeline(transaction=True)
    touched = 0
    for key, fields, due in zip(keys, answers[::2], answers[1::2], strict=True):
        job_id = _text(key).removeprefix(prefix)
        if fields[0] is None or not person.is_named([job_id, *map(_text, fields)], by_id=True):
            continue
        if removes_waiting or fields[1] is not None or due is not None:
            touched += 1
            _remove(writing, prefix, job_id, key)
    if touched:
        writing.execute()
    return touched


def _forget_stream(stream: str, person: Matcher) -> int:
    """BullMQ tells each step of a job in a stream, with its id, its answer, its reason for failing."""
    client: Any = redis_client()
    gone = [
        entry_id
        for entry_id, fields in client.xrange(stream)
        if person.is_named([_text(part) for pair in fields.items() for part in pair], by_id=True)
    ]
    for start in range(0, len(gone), CHUNK):
        client.xdel(stream, *gone[start : start + CHUNK])
    return len(gone)


def _remove(pipeline: Any, prefix: str, job_id: str, key: Any) -> None:
    """As BullMQ's own removal does, for a job without parent and children."""
    for name in LISTS:
        pipeline.lrem(f"{prefix}{name}", 0, job_id)
    for name in SETS:
        pipeline.zrem(f"{prefix}{name}", job_id)
    pipeline.delete(key, f"{_text(key)}:logs")


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
