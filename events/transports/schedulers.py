"""BullMQ's job schedulers: whoever takes an iteration puts down the next one, as BullMQ's own worker does."""

import logging
from typing import Any, Final, NamedTuple

import orjson
from bullmq import Worker
from bullmq.job import Job, optsFromJSON
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from events.transports.queued_jobs import QueuedJob

logger = logging.getLogger(__name__)

# The way to Redis is at fault, not the scheduler: later the same will do.
PASSING: Final = (RedisConnectionError, RedisTimeoutError, OSError)


class Iteration(NamedTuple):
    """The run of a scheduler that was taken."""

    scheduler: str
    job_id: str
    name: str
    options: dict[str, Any]


class Schedulers:
    """Puts down next iterations; what could not be done while Redis was away is done at the next call.

    Doing it twice changes nothing: the script looks whether the taken job is the scheduler's running one. So a job
    whose consumer died before this comes again and makes it good.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._waiting: list[Iteration] = []

    async def follow(self, jobs: list[QueuedJob]) -> None:
        """Put down what follows these jobs, as far as schedulers made them."""
        self._waiting += [_iteration(job) for job in jobs if job.scheduler]
        while self._waiting:
            try:
                await self._put_down(self._waiting[0])
            except PASSING as error:
                logger.warning("the next run of a job scheduler has to wait for Redis: %s", error)
                return
            except Exception:  # an odd scheduler of somebody's must not stop the queue
                logger.exception("a job scheduler ends", extra={"scheduler": self._waiting[0].scheduler})
            self._waiting.pop(0)

    async def _put_down(self, taken: Iteration) -> None:
        # The script takes the data from the scheduler's own record.
        job = Job(self._worker, taken.name, {}, taken.options)
        job.id, job.repeatJobKey = taken.job_id, taken.scheduler
        await self._worker._scheduleNextIteration(job)


def _iteration(job: QueuedJob) -> Iteration:
    # A copy, because the port changes what it gets.
    options = optsFromJSON(orjson.loads(orjson.dumps(job.options)))
    return Iteration(job.scheduler, job.id, job.name, options)
