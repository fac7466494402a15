"""The queue consumer: jobs become rows, and only then are they completed.

Three stages hand batches on: fetching (Redis), storing (PostgreSQL, in a thread of its own), completing
(Redis). All jobs in hand stay locked until they are completed or the process dies; then BullMQ gives them to
the next consumer and the inbox recognises those that had been stored. Either server may be away: the stages
wait, and nothing is completed.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from django.db import connection
from django.utils import timezone

from events.transports.bullmq import AWAY_ERRORS, EventsQueue, Taken
from events.transports.heartbeat import EXPIRES_SECONDS, HEARTBEAT_KEY, Heartbeat, this_process
from events.transports.peers import Peer
from events.transports.queue_intake import DATABASE_ERRORS, TakenIn, take_in
from events.transports.queued_jobs import QueuedJob

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

REDIS_RETRY_SECONDS: Final = 0.25
FIRST_DATABASE_RETRY_SECONDS: Final = 0.1
LONGEST_DATABASE_RETRY_SECONDS: Final = 2.0
# Jobs of senders that do not tell BullMQ's marker are found within this time.
LONGEST_WAIT_SECONDS: Final = 1.0
HELD_BACK_SECONDS: Final = 0.1
BEAT_SECONDS: Final = 2.0
REPORT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how long BullMQ waits for a consumer that says nothing more.

    A batch pays for its round trips from some hundred jobs on; gathering lets single events share a
    transaction and delays them by less than anybody notices. Short locks cost little: a job that comes twice
    is one row.
    """

    batch_jobs: int = 500
    batch_bytes: int = 8 * 1024 * 1024
    gather_seconds: float = 0.02
    lock_seconds: float = 6.0

    @property
    def renew_seconds(self) -> float:
        """Two renewals may fail before a lock is lost."""
        return self.lock_seconds / 3

    @property
    def stalled_seconds(self) -> float:
        """Between looking for jobs without a lock; found twice, they are given back."""
        return self.lock_seconds / 2


@dataclass(slots=True)
class Tally:
    """What became of the jobs since the start."""

    jobs: int = 0
    accepted: int = 0
    duplicates: int = 0
    dead_letters: int = 0

    def __str__(self) -> str:
        kinds = f"{self.accepted} accepted, {self.duplicates} duplicates, {self.dead_letters} dead letters"
        return f"{self.jobs} jobs ({kinds})"


class QueueConsumer:
    """Reads one queue until it is told to stop."""

    def __init__(self, queue: EventsQueue, name: str, pace: Pace) -> None:
        self.tally = Tally()
        self._queue = queue
        self._name = name
        self._pace = pace
        self._redis = Peer("Redis")
        self._database = Peer("PostgreSQL")
        self._stopping = asyncio.Event()
        self._in_hand: set[bytes] = set()
        self._waiting = 0
        self._reported = (time.monotonic(), 0)
        # An empty batch says that no more will come.
        self._fetched: asyncio.Queue[list[QueuedJob]] = asyncio.Queue(maxsize=1)
        self._stored: asyncio.Queue[tuple[list[QueuedJob], TakenIn] | None] = asyncio.Queue(maxsize=1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")

    def stop(self) -> None:
        """Take no more jobs, finish those in hand, return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until `stop`; jobs whose server is away at that moment are left for the next consumer."""
        logger.info("reading the queue %s", self._name)
        try:
            async with asyncio.TaskGroup() as group:
                chores = [
                    group.create_task(self._every(self._pace.renew_seconds, self._renew)),
                    group.create_task(self._every(self._pace.stalled_seconds, self._recover)),
                    group.create_task(self._every(BEAT_SECONDS, self._beat)),
                    group.create_task(self._every(REPORT_SECONDS, self._report)),
                ]
                group.create_task(self._fetch())
                group.create_task(self._store())
                await group.create_task(self._complete())
                for chore in chores:
                    chore.cancel()
        finally:
            await asyncio.get_running_loop().run_in_executor(self._thread, _close_connection)
            self._thread.shutdown()
            await self._queue.close()
        await self._report()
        logger.info("stopped reading the queue %s", self._name)

    async def _fetch(self) -> None:
        while not self._stopping.is_set():
            taken = await self._patiently(self._take)
            if taken is None:
                break
            self._waiting = max(taken.waiting - len(taken.jobs), 0)
            if taken.jobs:
                self._in_hand.update(job.key for job in taken.jobs)
                await self._fetched.put(taken.jobs)
            if self._waiting == 0 or taken.is_held_back:
                await self._patiently(partial(self._rest, taken))
        await self._fetched.put([])

    async def _take(self) -> Taken:
        return await self._queue.take(limit=self._pace.batch_jobs, max_bytes=self._pace.batch_bytes)

    async def _rest(self, taken: Taken) -> None:
        """Wait until there is something to do, and a moment more, so that others may join the first job."""
        if taken.is_held_back:
            await asyncio.sleep(HELD_BACK_SECONDS)
            return
        seconds = min(taken.pause_seconds or LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
        await self._unless_stopped(self._queue.wait_for_job(seconds))
        await self._unless_stopped(asyncio.sleep(self._pace.gather_seconds))

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for something, but not when the consumer shall stop."""
        waiter, stop = asyncio.ensure_future(waiting), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({waiter, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if waiter.cancel():
            await asyncio.wait({waiter})
        else:
            waiter.result()

    async def _store(self) -> None:
        while jobs := await self._fetched.get():
            taken_in = await self._take_in(jobs)
            if taken_in is None:
                self._in_hand.difference_update(job.key for job in jobs)
            else:
                await self._stored.put((jobs, taken_in))
        await self._stored.put(None)

    async def _take_in(self, jobs: list[QueuedJob]) -> TakenIn | None:
        """Store a batch, however long the database is away; None when it is, and the consumer shall stop."""
        loop = asyncio.get_running_loop()
        delay = FIRST_DATABASE_RETRY_SECONDS
        while True:
            try:
                taken_in = await loop.run_in_executor(self._thread, self._store_batch, jobs)
            except DATABASE_ERRORS as error:
                self._database.lost(error)
                if self._stopping.is_set():
                    return None
                await self._unless_stopped(asyncio.sleep(delay))
                delay = min(2 * delay, LONGEST_DATABASE_RETRY_SECONDS)
            else:
                self._database.found()
                return taken_in

    def _store_batch(self, jobs: list[QueuedJob]) -> TakenIn:
        try:
            return take_in(jobs, queue=self._name, now=timezone.now())
        except DATABASE_ERRORS:
            # Whatever state the connection is in: the next attempt opens a new one.
            connection.close()
            raise

    async def _complete(self) -> None:
        while stored := await self._stored.get():
            jobs, taken_in = stored
            await self._patiently(partial(self._queue.complete, jobs, dead_letters=taken_in.dead_letters))
            self._in_hand.difference_update(job.key for job in jobs)
            self.tally.jobs += len(jobs)
            self.tally.accepted += taken_in.accepted
            self.tally.duplicates += taken_in.duplicates
            self.tally.dead_letters += len(taken_in.dead_letters)

    async def _patiently(self, act: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """Do something with Redis, however long it is away; None when it is, and the consumer shall stop."""
        while True:
            try:
                answer = await act()
            except AWAY_ERRORS as error:
                self._redis.lost(error)
                if self._stopping.is_set():
                    return None
                await asyncio.sleep(REDIS_RETRY_SECONDS)
            else:
                self._redis.found()
                return answer

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Do something again and again; when Redis is away a turn is left out, as the next comes soon."""
        while True:
            try:
                await act()
            except AWAY_ERRORS as error:
                self._redis.lost(error)
            else:
                self._redis.found()
            await asyncio.sleep(seconds)

    async def _renew(self) -> None:
        await self._queue.renew(list(self._in_hand))

    async def _recover(self) -> None:
        recovered = await self._queue.recover()
        if recovered:
            logger.warning("%s jobs had lost their consumer and wait again", recovered)

    async def _beat(self) -> None:
        beat = Heartbeat(
            at=timezone.now(),
            **this_process(),
            queue=self._name,
            jobs=self.tally.jobs,
            accepted=self.tally.accepted,
            duplicates=self.tally.duplicates,
            dead_letters=self.tally.dead_letters,
            in_hand=len(self._in_hand),
            waiting=self._waiting,
            is_database_away=self._database.is_away,
        )
        await self._queue.beat(HEARTBEAT_KEY, beat.text(), seconds=EXPIRES_SECONDS)

    async def _report(self) -> None:
        """One line on what was done since the last one, unless that was nothing."""
        since, jobs = self._reported
        now = time.monotonic()
        if self.tally.jobs == jobs:
            return
        self._reported = (now, self.tally.jobs)
        rate = (self.tally.jobs - jobs) / (now - since)
        logger.info("queue %s: %s, %s waiting, %.0f jobs/s", self._name, self.tally, self._waiting, rate)


def _close_connection() -> None:
    # The connection of the thread that calls this.
    connection.close()
