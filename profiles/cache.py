"""Profile reads in Redis that are never stale after a commit.

The value of a key is one of: `=` and the run of the Redis server and the finished JSON; `?…`, a reader's mark that
it is about to fill the key; `!…`, a writer's mark that a transaction about this profile is under way. A writer marks
its keys after it has updated (and thereby locked) the rows and *before* the commit: from then on nobody serves or
fills them, until the mark is taken away after the commit (or, should the writer die in between, expires). A reader
fills a key only while its own mark still stands. What a restarted server remembers carries another run: commits
during its absence could not mark anything, so it is not believed.

With Redis away every read goes to the database.
"""

import logging
import os
from collections.abc import Callable, Iterable
from itertools import count
from typing import Final
from uuid import UUID

from django.db import transaction

from tenants.redis_client import RedisError, redis_client, server_run_id
from tenants.redis_connection import call, packed, send
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)

TTL_SECONDS = 60
# Longer than any transaction that changes a profile may take.
WRITER_MARK_SECONDS = 120
READER_MARK_SECONDS = 10
# Of so many looks the share that found something is known; below this share one read in 32 looks.
LOOKS_REMEMBERED: Final = 200
LEAST_SHARE: Final = 0.9
ONE_LOOK_IN: Final = 32
# `SET … NX GET` would do the same, but servers before Redis 7 do not take these two together.
LOOK = b"""
local found = redis.call('GET', KEYS[1])
if not found then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
return found
"""
FILL = b"""
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return false
"""
MARK = """
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'EX', ARGV[2]) end
return #KEYS
"""
UNMARK = """
for _, key in ipairs(KEYS) do
    if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
return #KEYS
"""


class Worth:
    """Whether asking Redis pays: the share of late looks that found something, of this process.

    A look that finds something costs 25 µs less than the statement that it saves, since that is prepared (ADR 113); one
    that finds nothing costs two trips more, some 190 µs. Unless nearly all find something they are left out, but for
    one look in some, which notices when that changes and goes on filling.
    """

    def __init__(self) -> None:
        self._turns = count()
        self.forget()

    def forget(self) -> None:
        """Begin anew: every read looks."""
        self._share = 1.0

    def is_asked(self) -> bool:
        """Whether this read looks."""
        return self._share >= LEAST_SHARE or next(self._turns) % ONE_LOOK_IN == 0

    def note(self, *, was_found: bool) -> None:
        """What came of a look."""
        self._share += (was_found - self._share) / LOOKS_REMEMBERED


worth: Final = Worth()


def _key(tenant_id: UUID, profile_id: UUID) -> str:
    return f"crm:profile:{tenant_id.hex}:{profile_id.hex}"


def read_through(profile_id: UUID, load: Callable[[], bytes | None]) -> bytes | None:
    """The profile's JSON, from Redis or from `load` (None: there is no such profile, which is not cached).

    What `load` gives is never stale, so that leaving Redis out (`Worth`) is always right.
    """
    if not worth.is_asked():
        return load()
    key = _key(current_tenant_id(), profile_id).encode()
    mark = b"?" + os.urandom(8).hex().encode()
    try:
        # One round trip: what is there, or else my mark.
        stored = call(packed(b"EVAL", LOOK, 1, key, mark, READER_MARK_SECONDS))
    except RedisError as error:
        logger.warning("profile cache not read: %s", error)
        return load()
    prefix = b"=" + server_run_id()
    is_filled = isinstance(stored, bytes) and stored.startswith(prefix)
    worth.note(was_found=is_filled)
    if is_filled:
        return bytes(stored[len(prefix) :])
    loaded = load()
    if stored is None and loaded is not None:
        try:
            send(packed(b"EVAL", FILL, 1, key, mark, prefix + loaded, TTL_SECONDS))
        except RedisError as error:
            logger.warning("profile cache not filled: %s", error)
    return loaded


def forget(profile_ids: Iterable[UUID]) -> None:
    """Take profiles out of the cache, from now until after the open transaction has ended.

    Call it after the rows were updated, within the transaction. Where Redis cannot be reached although it runs, a
    reader may see the state of before the commit for at most TTL_SECONDS.
    """
    tenant_id = current_tenant_id()
    keys = [_key(tenant_id, profile_id) for profile_id in profile_ids]
    if not keys:
        return
    mark = b"!" + os.urandom(8).hex().encode()
    try:
        redis_client().eval(MARK, len(keys), *keys, mark, WRITER_MARK_SECONDS)
    except RedisError as error:
        logger.warning("profile cache not marked: %s", error)
        transaction.on_commit(lambda: _delete(keys), robust=True)
        return
    transaction.on_commit(lambda: _unmark(keys, mark), robust=True)


def _unmark(keys: list[str], mark: bytes) -> None:
    """After the commit; a later writer's mark stays."""
    try:
        redis_client().eval(UNMARK, len(keys), *keys, mark)
    except RedisError as error:
        logger.warning("profile cache marks left to expire: %s", error)


def _delete(keys: list[str]) -> None:
    """Second attempt, after the commit, for keys that could not be marked before it."""
    try:
        redis_client().delete(*keys)
    except RedisError as error:
        logger.warning("profile cache not cleared: %s", error)
