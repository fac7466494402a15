"""The embedded Redis: loopback only, keeps what was written, survives kills, says when its port is taken."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from crm_platform.embedded import EmbeddedRedis, ServerError
from crm_platform.embedded.leftovers import wait_until
from crm_platform.embedded.redis import free_port, kept_password, program_path
from crm_platform.embedded.server_user import server_user
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis", port=free_port()) as running:
        yield running


def client(server: EmbeddedRedis) -> "redis.Redis":
    return redis.Redis.from_url(server.url)


def test_it_listens_on_loopback_only_and_never_drops_keys(server: EmbeddedRedis) -> None:
    with client(server) as connection:
        settings = connection.config_get("*")

    assert settings["bind"] == "127.0.0.1 -::1"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["appendonly"] == "yes"


def test_what_was_written_is_there_after_a_stop(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "redis", port=free_port()) as first, client(first) as connection:
        connection.set("kept", "after stop")

    with EmbeddedRedis(tmp_path / "redis", port=free_port()) as second, client(second) as connection:
        assert connection.get("kept") == b"after stop"


def test_what_reached_the_file_is_there_after_sigkill(server: EmbeddedRedis) -> None:
    with client(server) as connection:
        connection.config_set("appendfsync", "always")
        connection.set("kept", "after kill")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    assert wait_until(lambda: not server.is_alive(), seconds=PATIENCE_SECONDS)

    server.start()

    with client(server) as connection:
        assert connection.get("kept") == b"after kill"


def test_a_throw_away_server_writes_nothing(tmp_path: Path) -> None:
    with (
        EmbeddedRedis(tmp_path / "redis", port=free_port(), durable=False) as server,
        client(server) as connection,
    ):
        connection.set("gone", "after stop")

    assert list((tmp_path / "redis").iterdir()) == []


def test_with_a_password_nobody_gets_in_without(tmp_path: Path) -> None:
    password = kept_password(tmp_path / "keys" / "redis-password")

    with EmbeddedRedis(tmp_path / "redis", port=free_port(), password=password) as server:
        with client(server) as connection:
            assert connection.ping()
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert server.process is not None
        command = Path(f"/proc/{server.process.pid}/cmdline").read_text()
        assert password not in command

    kept = [tmp_path / "keys" / "redis-password", tmp_path / "redis" / "redis.conf"]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600, 0o600]
    assert kept_password(kept[0]) == password


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to somebody else")
def test_root_hands_it_to_somebody_unprivileged() -> None:
    # Below /tmp itself: pytest's own folder is closed to others.
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o711)
        with EmbeddedRedis(folder / "redis", port=free_port()) as server, client(server) as connection:
            assert server.process is not None
            owner = Path(f"/proc/{server.process.pid}").stat().st_uid
            can_run = server_user(folder / "none")
            assert connection.set("kept", "x")
        if can_run is not None and can_run.may_run(program_path()):
            assert owner == can_run.uid != 0


def test_a_taken_port_is_said_with_the_variable_that_changes_it(tmp_path: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]

        with pytest.raises(ServerError, match=rf"Port {port} for Redis is taken.*REDIS_PORT={port + 1}"):
            EmbeddedRedis(tmp_path / "redis", port=port).start()


def test_a_left_over_server_of_the_same_folder_gives_its_port_back(server: EmbeddedRedis) -> None:
    with EmbeddedRedis(server.data_dir, port=server.port) as successor, client(successor) as connection:
        assert connection.ping()
        assert not server.is_alive()
