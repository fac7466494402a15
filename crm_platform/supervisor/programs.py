"""The programs of the platform, sized to the machine."""

import os
import sys

from crm_platform.supervisor.child import Program

MAX_WEB_PROCESSES = 8
MAX_WORKER_PROCESSES = 8
# Requests mostly wait for PostgreSQL; more threads than this only queue for the interpreter's lock.
WEB_THREADS = 4
# Connections a web process holds; browsers keep idle ones open. More than these wait in the kernel's backlog.
WEB_CONNECTIONS = 256
WEB_BACKLOG = 1024
# As long as a thread lives it keeps its database connection.
WEB_THREAD_IDLE_SECONDS = 600
QUEUES = ("events", "consumers", "maintenance")


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def manage(name: str, *arguments: str) -> Program:
    """A management command as a program of its own."""
    return Program(name, (sys.executable, "manage.py", *arguments))


def web(host: str, port: int) -> Program:
    """The web server."""
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": str(min(cores(), MAX_WEB_PROCESSES)),
        "--blocking-threads": str(WEB_THREADS),
        "--blocking-threads-idle-timeout": str(WEB_THREAD_IDLE_SECONDS),
        "--backlog": str(WEB_BACKLOG),
        "--backpressure": str(WEB_CONNECTIONS),
        "--respawn-interval": "1",
        "--workers-kill-timeout": "10",
        "--log-level": "warning",
    }
    flags = ("--no-ws", "--respawn-failed-workers")
    words = tuple(word for option in options.items() for word in option)
    return Program("web", (sys.executable, "-m", "granian", *words, *flags, "crm_platform.wsgi:application"))


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


def beat() -> Program:
    """The clock of the periodic tasks; without a pid file, which would outlive a kill."""
    return _celery("beat", "beat", "--pidfile=", "--loglevel", "warning")


def _celery(name: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, "-m", "celery", "-A", "crm_platform", *arguments))
