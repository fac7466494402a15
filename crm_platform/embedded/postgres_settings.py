"""Settings of the embedded PostgreSQL: sized to the machine, made for bulk ingest next to short reads."""

import os
import shutil
from pathlib import Path

MEGABYTE = 1024 * 1024
SHARED_BUFFERS_SHARE = 0.25
SHARED_BUFFERS_LIMIT_MB = 1024
THROW_AWAY_SHARED_BUFFERS_MB = 256
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
SMALL_SHARED_MEMORY_MB = 512


def memory_mb() -> int:
    """The machine's memory, or the container's limit where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit) // MEGABYTE) if limit.isdigit() else total


def initdb(*, durable: bool) -> list[str]:
    """Arguments that fix encoding and collation for the life of the cluster."""
    arguments = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return arguments if durable else [*arguments, "--no-sync", "--no-data-checksums"]


def for_server(*, durable: bool) -> dict[str, str]:
    """Run-time settings; one that is not durable may lose everything at a crash: for tests only."""
    memory = memory_mb()
    buffers = min(int(memory * SHARED_BUFFERS_SHARE), SHARED_BUFFERS_LIMIT_MB)
    if not durable:
        buffers = min(buffers, THROW_AWAY_SHARED_BUFFERS_MB)
    settings = {
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, max(64, memory // 16))}MB",
        "max_connections": "150",
        "random_page_cost": "1.1",
        # Compiling a plan costs more than the short queries of this product take.
        "jit": "off",
        # Few, large checkpoints: each one makes the next write of every page a full-page image.
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] ",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
    }
    return settings if durable else {**settings, **_THROW_AWAY}


_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def _dynamic_shared_memory() -> str:
    """Files instead of /dev/shm where a container gives that too little for parallel queries."""
    if not SHARED_MEMORY.is_dir():
        return "mmap"
    return "mmap" if shutil.disk_usage(SHARED_MEMORY).total < SMALL_SHARED_MEMORY_MB * MEGABYTE else "posix"
