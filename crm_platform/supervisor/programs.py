"""The programs of the platform, sized to the machine."""

import os
import sys
from collections.abc import Sequence

from crm_platform import env
from crm_platform.supervisor.child import Program
from tenants.extension import Queue

MAX_WEB_PROCESSES = 8
MAX_WORKER_PROCESSES = 8
# Connections a web process holds; they cost little, since no thread waits for one (`crm_platform.web`). More than
# these wait in the kernel's backlog.
WEB_CONNECTIONS = 8192
WEB_BACKLOG = 4096
# From a connection, or the end of an answer, to the end of the next request's head; an idle one is closed then.
WEB_HEAD_MILLISECONDS = 20_000
# How Celery's warning begins; in a container or on a trial machine everything may be root.
ROOT_WARNING = "You're running the worker with superuser privileges"
# Events wait for nothing, what follows from them waits for little; slow work may take an hour, and never stands in
# their way. Each has processes of its own, since one that reads a club's log for seconds is not free for an event.
EVENT_QUEUES = (Queue.EVENTS.value,)
LIVE_QUEUES = (Queue.CONSUMERS.value, Queue.SENDS.value)
SLOW_QUEUES = (Queue.MAINTENANCE.value,)
# Nobody looks any more at an answer that took longer; a rebuild works in chunks.
WEB_STATEMENT_SECONDS, WEB_IDLE_SECONDS = 30, 60
WORKER_STATEMENT_SECONDS, WORKER_IDLE_SECONDS = 900, 300
WEBHOOKS_QUEUE = Queue.WEBHOOKS.value
QUEUES = (*EVENT_QUEUES, *LIVE_QUEUES, *SLOW_QUEUES, WEBHOOKS_QUEUE)
MAX_SLOW_PROCESSES = 4
# Endpoints that are sent to at once; each thread keeps a database connection.
WEBHOOK_THREADS = 12


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def web_host() -> str:
    """The address that the web server binds (`CRM_HOST`); this machine only, unless told otherwise."""
    return env.text("CRM_HOST", "127.0.0.1")


def web_port() -> int:
    """The port of the web server (`PORT`, 8000)."""
    return env.port("PORT", 8000)


def manage(name: str, *arguments: str) -> Program:
    """A management command as a program of its own."""
    return Program(name, (sys.executable, "manage.py", *arguments))


def web(host: str, port: int) -> Program:
    """The web server."""
    options = {
        "--interface": "rsgi",
        # Whoever may speak HTTP/2 as well is waited for without a limit until the first byte.
        "--http": "1",
        "--http1-header-read-timeout": str(WEB_HEAD_MILLISECONDS),
        "--loop": "uvloop",
        "--host": host,
        "--port": str(port),
        "--workers": str(min(cores(), MAX_WEB_PROCESSES)),
        "--backlog": str(WEB_BACKLOG),
        "--backpressure": str(WEB_CONNECTIONS),
        "--respawn-interval": "1",
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    flags = ("--no-ws", "--respawn-failed-workers")
    words = tuple(word for option in options.items() for word in option)
    command = (sys.executable, "-m", "granian", *words, *flags, "crm_platform.web.serving:application")
    return Program("web", command, limits(WEB_STATEMENT_SECONDS, WEB_IDLE_SECONDS))


def worker() -> Program:
    """The Celery worker for events: one process more than may be at events from files (CRM_BACKFILL_WORKERS)."""
    return _worker("worker", "crm", EVENT_QUEUES, max(2, min(cores(), MAX_WORKER_PROCESSES)) + 1)


def live_worker() -> Program:
    """The Celery worker for what follows from events: the consumers of the log, and sends."""
    return _worker("live", "live", LIVE_QUEUES, max(2, min(cores(), MAX_WORKER_PROCESSES)))


def slow_worker() -> Program:
    """The Celery worker for imports, rebuilds and the nightly work."""
    return _worker("slow", "slow", SLOW_QUEUES, max(1, min(cores(), MAX_SLOW_PROCESSES)))


def _worker(name: str, host: str, queues: Sequence[str], processes: int) -> Program:
    """Gossip and its like only cost messages where workers do not talk."""
    return _celery(
        name,
        "worker",
        *("--queues", ",".join(queues)),
        *("--concurrency", str(processes)),
        *("--hostname", f"{host}@%h"),
        *("--loglevel", "warning"),
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    )


def webhooks_worker() -> Program:
    """The worker that brings webhooks out: threads, because it only waits for other people's servers."""
    return _celery(
        "webhooks",
        "worker",
        *("--queues", WEBHOOKS_QUEUE),
        *("--pool", "threads"),
        *("--concurrency", str(WEBHOOK_THREADS)),
        *("--hostname", "webhooks@%h"),
        *("--loglevel", "warning"),
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    )


def beat() -> Program:
    """The clock of the periodic tasks; without a pid file, which would outlive a kill."""
    return _celery("beat", "beat", "--pidfile=", "--loglevel", "warning")


def _celery(name: str, *arguments: str) -> Program:
    interpreter = (sys.executable, "-W", f"ignore:{ROOT_WARNING}", "-m")
    command = (*interpreter, "celery", "--quiet", "-A", "crm_platform", *arguments)
    return Program(name, command, limits(WORKER_STATEMENT_SECONDS, WORKER_IDLE_SECONDS))


def limits(statement_seconds: int, idle_seconds: int) -> dict[str, str]:
    """How long a program's statement may run, and its transaction may idle, before PostgreSQL ends it."""
    return {
        "CRM_STATEMENT_SECONDS": str(statement_seconds),
        "CRM_IDLE_TRANSACTION_SECONDS": str(idle_seconds),
    }
