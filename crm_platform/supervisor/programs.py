"""The programs of the platform, sized to the machine."""

import os
import sys

from crm_platform import env
from crm_platform.supervisor.child import Program

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
QUEUES = ("events", "consumers", "maintenance")
WEBHOOKS_QUEUE = "webhooks"
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
    return Program(
        "web", (sys.executable, "-m", "granian", *words, *flags, "crm_platform.web.door:application")
    )


def worker() -> Program:
    """The Celery worker for all queues. Gossip and its like only cost messages where workers do not talk."""
    processes = max(2, min(cores(), MAX_WORKER_PROCESSES))
    return _celery(
        "worker",
        "worker",
        *("--queues", ",".join(QUEUES)),
        *("--concurrency", str(processes)),
        *("--hostname", "crm@%h"),
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
    return Program(name, (*interpreter, "celery", "--quiet", "-A", "crm_platform", *arguments))
