"""Consumers die at any moment: every event is in the inbox, and each once."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from crm_platform.env import PROJECT_DIR
from tests.events.envelopes import event
from tests.events.queueing import Job, counts, inbox_ids, publish
from tests.patience import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.usefixtures("fairview")]
# Loads the program once and then forks a real consumer for each line that it reads: ten starts in a second.
NURSERY = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from events.management.commands import consume_events
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        call_command("consume_events", lock_seconds=0.4, batch=100)
        os._exit(0)
    print(child, flush=True)
"""


class Nursery:
    """Makes consumers; see NURSERY."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def consumer(self) -> int:
        """The process id of a new consumer."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._answer())

    def wait(self) -> None:
        """Return when it can make consumers."""
        assert self._answer() == "ready"

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def nursery(environment: dict[str, str]) -> Iterator[Nursery]:
    """A nursery, gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        env=environment,
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Nursery(process)
    finally:
        process.kill()
        process.communicate()


def is_empty(client: "redis.Redis") -> bool:
    found = counts(client)
    return found["wait"] + found["active"] == 0


def test_killing_consumers_loses_nothing_and_stores_nothing_twice(
    process_environment: dict[str, str], redis_server: "redis.Redis"
) -> None:
    total = 6000
    chance = random.Random(20260301)
    with nursery(process_environment) as made:
        publish(*(Job("event", event(id=f"e-{n}")) for n in range(total)))
        made.wait()

        for _ in range(7):
            consumer = made.consumer()
            # Some die with a batch in every stage, some before they have done anything.
            enough = counts(redis_server)["wait"] - chance.randrange(0, 1000)
            wait_until(lambda enough=enough: counts(redis_server)["wait"] <= enough)  # type: ignore[misc]
            os.kill(consumer, signal.SIGKILL)
        last = made.consumer()
        wait_until(lambda: is_empty(redis_server))
        os.kill(last, signal.SIGTERM)

    assert sorted(inbox_ids()) == sorted(f"e-{n}" for n in range(total))
    assert {**counts(redis_server), "completed": 0} == {"wait": 0, "active": 0, "failed": 0, "completed": 0}


def test_a_consumer_ends_cleanly_when_told_to(
    process_environment: dict[str, str], redis_server: "redis.Redis"
) -> None:
    publish(*(Job("event", event(id=f"e-{n}")) for n in range(300)))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "consume_events", "--batch", "50"],
        env=process_environment,
        cwd=PROJECT_DIR,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: is_empty(redis_server))

    process.terminate()
    _, said = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0
    assert "300 jobs (300 accepted, 0 duplicates, 0 dead letters), 0 waiting" in said
    assert said.rstrip().endswith("stopped reading the queue crm-events")
    assert counts(redis_server)["completed"] == 100
