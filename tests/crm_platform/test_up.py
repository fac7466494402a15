"""`manage.py up` with real programs: all come up, come back after kills, and go away as a whole."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from crm_platform.embedded.leftovers import processes_marked, servers_in, wait_until
from crm_platform.embedded.redis import free_port
from crm_platform.supervisor.child import MARK
from tests.crm_platform.processes import forget_data, manage, start
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up")]

SERVERS = ("postgres", "redis")
PROGRAMS = ("web", "worker", "slow", "webhooks", "beat", "consumer")


class Platform:
    """One data folder with its ports, and the `up` that runs on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.settings = {
            "CRM_DATABASE_URL": "",
            "REDIS_URL": "",
            "CRM_DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "REDIS_PORT": str(free_port()),
        }
        self.output = data_dir / "output.log"
        self.process: subprocess.Popen[str] | None = None

    def up(self) -> None:
        """Start and wait for the block of addresses."""
        with self.output.open("w") as output:
            self.process = start("manage.py", "up", "--no-demo", stdout=output, **self.settings)
        assert wait_until(lambda: "Ctrl-C stops everything" in self.said(), seconds=PATIENCE_SECONDS), (
            self.said()
        )

    def said(self) -> str:
        """All output so far."""
        return self.output.read_text()

    def pid(self, program: str) -> int:
        """The process id of a program; 0 while there is none."""
        try:
            return int((self.data_dir / "run" / f"{program}.pid").read_text())
        except (OSError, ValueError):
            return 0

    def server_pid(self, server: str) -> int:
        """The process id of a server: of all that work in its folder the oldest."""
        name = {"postgres": "postgres", "redis": "redis-server"}[server]
        return min(servers_in(self.data_dir / server, name), default=0)

    def pids(self) -> dict[str, int]:
        """Of every program and server."""
        return {name: self.pid(name) for name in PROGRAMS} | {name: self.server_pid(name) for name in SERVERS}

    def remains(self) -> list[int]:
        """Every process that belongs to this folder, however deep."""
        servers = [self.server_pid(name) for name in SERVERS]
        return [*processes_marked(MARK, str(self.data_dir)), *filter(None, servers)]

    def stop(self, number: signal.Signals) -> int:
        """Send the signal and wait for the end; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def is_running(self) -> bool:
        """Whether `up` was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@pytest.fixture(scope="module")
def shared_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One platform for all tests of the module: a start takes seconds."""
    platform = Platform(tmp_path_factory.mktemp("up"))
    yield platform
    platform.stop(signal.SIGTERM)
    forget_data(platform.data_dir)


@pytest.fixture
def platform(shared_platform: Platform) -> Platform:
    """The platform, up and ready, whatever the test before did to it."""
    if not shared_platform.is_running():
        shared_platform.up()
    # One that is slow to answer is up no less: a second one in the same place would be refused.
    assert wait_until(shared_platform.is_ready, seconds=PATIENCE_SECONDS), shared_platform.said()
    return shared_platform


def test_a_second_platform_in_the_same_place_is_refused_in_words(platform: Platform, tmp_path: Path) -> None:
    same_folder = manage("up", "--no-demo", **platform.settings)
    same_port = manage("up", "--no-demo", **{**platform.settings, "CRM_DATA_DIR": str(tmp_path / "other")})

    assert same_folder.returncode == same_port.returncode == 1
    assert f"already runs on {platform.data_dir}" in same_folder.stdout
    assert "CRM_DATA_DIR, PORT and REDIS_PORT" in same_folder.stdout
    assert f"Port {platform.port} for the web server is taken" in same_port.stdout
    assert f"PORT={platform.port + 1}" in same_port.stdout
    assert "Traceback" not in same_folder.stdout + same_port.stdout
    assert platform.is_running()
    assert wait_until(platform.is_ready, seconds=PATIENCE_SECONDS), platform.said()


def test_what_is_killed_comes_back_and_is_said(platform: Platform) -> None:
    before = platform.pids()
    assert all(before.values())

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    assert wait_until(lambda: all_renewed(before, platform.pids()), seconds=PATIENCE_SECONDS), platform.said()
    assert wait_until(platform.is_ready, seconds=PATIENCE_SECONDS), platform.said()
    for name in PROGRAMS:
        assert re.search(
            rf"^up +\| {name} died \(killed by SIGKILL\); started again in", platform.said(), re.M
        )
    for name in ("PostgreSQL", "Redis"):
        assert f"{name} died and is started again" in platform.said()


def test_a_killed_supervisor_takes_everything_along(platform: Platform) -> None:
    platform.stop(signal.SIGKILL)

    assert wait_until(lambda: platform.remains() == [], seconds=PATIENCE_SECONDS), platform.remains()


def test_a_stop_leaves_no_process_behind(platform: Platform) -> None:
    assert platform.stop(signal.SIGTERM) == 0

    assert platform.remains() == []
    assert platform.said().rstrip().endswith("stopped")
    assert "Traceback" not in platform.said()


def test_a_server_of_somebody_else_that_is_away_is_said_before_anything_starts(tmp_path: Path) -> None:
    away = Platform(tmp_path)

    done = manage(
        "up", "--no-demo", **{**away.settings, "CRM_DATABASE_URL": "postgresql://crm@127.0.0.1:1/scl"}
    )

    assert done.returncode == 1
    assert "crm.E002: The database of CRM_DATABASE_URL cannot be used" in done.stdout
    assert "Traceback" not in done.stdout
    assert away.remains() == []


def all_renewed(before: dict[str, int], after: dict[str, int]) -> bool:
    return all(after[name] not in {0, pid} for name, pid in before.items())
