"""The bare way to read a queue: the official port's worker with a function that does nothing.

A process of its own. Arguments: queue, how many jobs to wait for, how many of them at once. It prints the seconds from
the first job to the last.
"""

import asyncio
import sys
import time
from typing import Any

import uvloop
from bullmq import Worker

from crm_platform import env


async def work(name: str, jobs: int, concurrency: int) -> float:
    """Complete so many jobs; returns the seconds that took from the first one's arrival."""
    began = 0.0
    left = jobs
    done = asyncio.Event()

    async def nothing(job: Any, token: str) -> None:
        nonlocal began, left
        began = began or time.perf_counter()
        left -= 1
        if left == 0:
            done.set()

    worker = Worker(name, nothing, {"connection": env.redis_url(), "concurrency": concurrency})
    await done.wait()
    seconds = time.perf_counter() - began
    await worker.close(force=True)
    return seconds


if __name__ == "__main__":
    print(uvloop.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))), flush=True)
