"""The BullMQ queue of incoming events, worked in batches.

BullMQ's own worker awaits each job by itself, about 2,400 jobs a second a process. Here the official port's
Lua scripts and key layout are used as they are (locks, stalled checks, counts and events stay right for
dashboards and other workers), but some hundred calls travel in one pipeline: measured 9,000 jobs a second for
taking and completing.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import msgpack  # type: ignore[import-untyped]
import redis.asyncio as asyncio_redis
from bullmq import Worker
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError

from events.transports.mending import Mending
from events.transports.queued_jobs import QueuedJob, is_object, now_ms, read_job, wanted_kept
from events.transports.schedulers import Schedulers

__all__ = ["AWAY_ERRORS", "EventsQueue", "Taken", "connect"]

logger = logging.getLogger(__name__)

# What Redis or the way to it may answer while it is away or starting; the caller waits and tries again.
AWAY_ERRORS: Final = (RedisError, OSError, TimeoutError)
# Longer than any blocking wait, short enough that a frozen server is noticed.
SOCKET_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 2.0
# BullMQ fails a job that lost its worker more often than this; a lost event is worse than a repeated one.
MAX_STALLED_COUNT: Final = 1_000_000_000
# Completed jobs are kept for dashboards, as many as fit a page.
KEPT_COMPLETED: Final = 100
ACTIVATE_KEYS: Final = (
    *("wait", "active", "prioritized", "events", "stalled", "limiter", "delayed", "paused", "meta", "pc"),
    "marker",
)
FINISH_KEYS: Final = (*ACTIVATE_KEYS[:-1], "completed")
# As a job's options write what becomes of its parent: fail it, let it go on, ignore or drop the dependency.
ON_FAILURE: Final = ("fpof", "cpof", "idof", "rdof")
EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})
# What the sender's `waitUntilFinished` gets, as JSON.
ACCEPTED_VERDICT: Final = '"accepted"'
DEAD_VERDICT: Final = '"dead letter"'
# Of dead letters that end as failed jobs, where their sender says nothing (`removeOnFail`).
KEPT_FAILED: Final = 1_000
# How many of the next jobs fit into a budget of bytes (one always does), and how many wait in all.
PEEK: Final = """
local ids = redis.call('LRANGE', KEYS[1], -ARGV[1], -1)
local total, count = 0, 0
local function fits(id)
    local size = redis.pcall('HSTRLEN', ARGV[3] .. id, 'data')
    -- What is no hash is no job; taking it fails, and then it is put aside.
    total = total + (type(size) == 'number' and size or 0)
    if count > 0 and total > tonumber(ARGV[2]) then return false end
    count = count + 1
    return true
end
local waiting = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
for i = #ids, 1, -1 do
    if not fits(ids[i]) then return {count, waiting} end
end
if count < tonumber(ARGV[1]) then
    for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, ARGV[1] - count - 1)) do
        if not fits(id) then break end
    end
end
return {count, waiting}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Jobs that are this consumer's now, and what the queue says about more.

    `waiting` counts the jobs before these were taken. `pause_seconds` is how long a rate limit, or the time of
    the next delayed job, lets the queue rest; 0: nothing is known.
    """

    jobs: list[QueuedJob]
    waiting: int
    pause_seconds: float

    @property
    def is_held_back(self) -> bool:
        """Jobs wait but are not handed out: the queue is paused or limited."""
        return self.waiting > 0 and not self.jobs


def connect(url: str, *, decode: bool) -> "asyncio_redis.Redis":
    """A client that says at once when Redis is away; trying again is the caller's business."""
    return asyncio_redis.from_url(
        url,
        decode_responses=decode,
        # An odd job id of somebody's must not stop the reader of all jobs.
        encoding_errors="replace",
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


class EventsQueue:
    """One consumer's view of the queue. Every call raises one of AWAY_ERRORS while Redis is away."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        prefix: str,
        lock_seconds: float,
        stalled_seconds: float,
        fails_dead: bool = False,
    ) -> None:
        """`fails_dead`: the jobs of dead letters end as failed, with the reason, instead of leaving the queue."""
        self._client = connect(url, decode=False)
        # The port reads answers as text; only the batches, whose data may be anything, come as bytes.
        self._text_client = connect(url, decode=True)
        self._lock_ms = int(lock_seconds * 1000)
        self._stalled_ms = int(stalled_seconds * 1000)
        options = {"connection": self._text_client, "prefix": prefix, "lockDuration": self._lock_ms}
        self._worker = Worker(name, None, options)
        self._schedulers = Schedulers(self._worker)
        scripts = self._worker.scripts
        self._base: bytes = scripts.keys[""].encode()
        self._marker: str = scripts.keys["marker"]
        self._activate_keys: list[str] = scripts.getKeys(ACTIVATE_KEYS)
        self._finish_keys: list[str] = scripts.getKeys(FINISH_KEYS)
        self._fail_keys: list[str] = scripts.getKeys((*FINISH_KEYS[:-1], "failed"))
        self._metrics: str = scripts.toKey("metrics:completed")
        self._failed_metrics: str = scripts.toKey("metrics:failed")
        self._fails_dead = fails_dead
        self._activate = self._client.register_script(scripts.commands["moveToActive"].script)
        self._finish = self._client.register_script(scripts.commands["moveToFinished"].script)
        self._peek = self._client.register_script(PEEK)
        self._token: str = self._worker.id
        self._mending = Mending(
            self._client,
            base=self._base,
            active=self._activate_keys[1],
            wait=self._activate_keys[0],
            token=self._token,
            lock_ms=self._lock_ms,
        )
        self._activate_options = _packed(token=self._token, lockDuration=self._lock_ms, limiter=None)
        self._keep_options = self._finish_options({"count": KEPT_COMPLETED})
        self._remove_options = self._finish_options({"count": 0})

    async def take(self, *, limit: int, max_bytes: int) -> Taken:
        """Take up to `limit` jobs with data of at most `max_bytes` together, or a single larger one.

        Does not wait for jobs that are not there.
        """
        keys = [self._activate_keys[0], self._activate_keys[2]]
        count, waiting = await self._peek(keys=keys, args=[limit, max_bytes, self._base])
        # One call even when nothing waits: it brings delayed jobs in that are due.
        answers = await self._run(self._activate, [self._activation()] * max(count, 1))
        jobs = [read_job(answer) for answer in answers if isinstance(answer, list) and answer[0]]
        failures = [answer for answer in answers if isinstance(answer, RedisError)]
        if failures and not await self._mending.active_jobs() and not jobs:
            raise failures[0]
        await self._schedulers.follow(jobs)
        return Taken(jobs, waiting, 0.0 if jobs or failures else _pause(answers[-1]))

    async def complete(self, jobs: Iterable[QueuedJob], *, dead_letters: Mapping[bytes, str]) -> int:
        """Tell BullMQ that jobs are done; returns how many had been given to somebody else meanwhile.

        Dead letters (reasons by key) are completed as well, because trying again cannot help and staff see them
        here, not in Redis; they are removed at once, so that their sender can add a corrected job under the same
        id. With `fails_dead` they fail instead, once and for all, and show the reason as `failedReason`.
        """
        jobs = list(jobs)
        calls = [
            self._failure(job, dead_letters[job.key])
            if self._fails_dead and job.key in dead_letters
            else self._completion(job, is_dead=job.key in dead_letters)
            for job in jobs
        ]
        answers = await self._run(self._finish, calls)
        failed = [place for place, answer in enumerate(answers) if isinstance(answer, RedisError)]
        if failed:
            again = await self._complete_again(
                [jobs[place].key for place in failed], [calls[p] for p in failed]
            )
            for place, answer in zip(failed, again, strict=True):
                answers[place] = answer
        return sum(1 for answer in answers if isinstance(answer, int) and answer < 0)

    async def renew(self, keys: Sequence[bytes]) -> None:
        """Keep jobs for another lock time."""
        if keys:
            ids = [key.decode(errors="backslashreplace") for key in keys]
            await self._worker.backend.extendLocks(ids, [self._token] * len(ids), self._lock_ms)

    async def recover(self) -> int:
        """Give jobs back whose consumer is gone; returns how many. Two checks apart make sure of it."""
        # Before: the script would take an odd job from the active ones, fail, and leave it and those behind it lost.
        await self._mending.active_jobs()
        return len(await self._worker.backend.moveStalledJobsToWait(MAX_STALLED_COUNT, self._stalled_ms))

    async def _complete_again(self, keys: Sequence[bytes], calls: Sequence[Sequence[Any]]) -> list[Any]:
        """End jobs whose end failed half-way, once they are set right; they are stored, so none may come again."""
        await self._drop_unreadable_parents(keys)
        await self._mending.jobs(keys)
        await self._mending.hold(keys)
        answers = await self._run(self._finish, calls)
        failures = {
            key: answer for key, answer in zip(keys, answers, strict=True) if isinstance(answer, RedisError)
        }
        if failures:
            logger.error("%s jobs cannot be ended: %s", len(failures), next(iter(failures.values())))
            await self._mending.forget(list(failures))
        return answers

    async def _drop_unreadable_parents(self, keys: Sequence[bytes]) -> None:
        """Drop what names a job's parent in a flow where it is no JSON: the job would come again for ever."""
        for key in keys:
            parent: Any = await self._client.hget(self._base + key, "parent")
            if parent is not None and not is_object(parent):
                logger.warning("what names the parent of a job cannot be read and is dropped")
                await self._client.hdel(self._base + key, "parent")

    async def wait_for_job(self, seconds: float) -> None:
        """Return when a job may be there, at the latest after so many seconds."""
        await self._text_client.bzpopmin(self._marker, seconds)

    async def beat(self, key: str, value: str, *, seconds: int) -> None:
        """Leave a sign of life that expires."""
        await self._text_client.set(key, value, ex=seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._text_client.aclose()

    async def _run(self, script: Any, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """Many calls of one script in one round trip; an answer may be the error of its call."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.scripts.add(script)
            for call in calls:
                pipe.execute_command("EVALSHA", script.sha, *call)
            answers: list[Any] = await pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, RedisConnectionError | NoScriptError):
                raise answer
        return answers

    def _activation(self) -> tuple[Any, ...]:
        keys = self._activate_keys
        return len(keys), *keys, self._base, now_ms(), self._activate_options

    def _completion(self, job: QueuedJob, *, is_dead: bool) -> tuple[Any, ...]:
        """Arguments as `Scripts.moveToFinishedArgs` of the port makes them, without fetching the next job."""
        if is_dead:
            verdict, options = DEAD_VERDICT, self._remove_options
        elif "removeOnComplete" in job.options:
            kept = wanted_kept(job.options, "removeOnComplete", otherwise=KEPT_COMPLETED)
            verdict, options = ACCEPTED_VERDICT, self._finish_options(kept)
        else:
            verdict, options = ACCEPTED_VERDICT, self._keep_options
        keys = (*self._finish_keys, self._base + job.key, self._metrics, self._marker)
        return (
            len(keys),
            *keys,
            job.key,
            now_ms(),
            "returnvalue",
            verdict,
            "completed",
            "",
            self._base,
            options,
        )

    def _failure(self, job: QueuedJob, reason: str) -> tuple[Any, ...]:
        """As `_completion`, for a job that failed for good; what a flow wants of its parent then holds."""
        kept = wanted_kept(job.options, "removeOnFail", otherwise=KEPT_FAILED)
        keys = (*self._fail_keys, self._base + job.key, self._failed_metrics, self._marker)
        return (
            len(keys),
            *keys,
            job.key,
            now_ms(),
            "failedReason",
            reason,
            "failed",
            "",
            self._base,
            self._finish_options(kept, job.options),
        )

    def _finish_options(self, kept: dict[str, int], options: Mapping[str, Any] = EMPTY) -> bytes:
        return _packed(
            token=self._token,
            keepJobs=kept,
            limiter=None,
            lockDuration=self._lock_ms,
            attempts=1,
            attemptsMade=0,
            maxMetricsSize="",
            **{short: bool(options.get(short)) for short in ON_FAILURE},
        )


def _packed(**options: Any) -> bytes:
    packed: bytes = msgpack.packb(options, use_bin_type=True)
    return packed


def _pause(answer: Any) -> float:
    """Seconds until it makes sense to ask again, from an answer without a job; 0 when nothing is known."""
    limited_ms, next_ms = int(answer[2]), int(answer[3])
    return max(limited_ms, next_ms - now_ms() if next_ms else 0, 0) / 1000
