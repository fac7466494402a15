"""Which user runs the servers: PostgreSQL refuses to be root, and Redis should not, so root hands them on."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """An unprivileged account."""

    uid: int
    gid: int

    def may_enter(self, directory: Path) -> bool:
        """Whether this user can reach the folder through all of its parents."""
        return self._succeeds(["test", "-x", str(directory)])

    def may_run(self, program: Path) -> bool:
        """Whether this user can execute the program."""
        return self._succeeds([str(program), "--version"])

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        os.chown(path, self.uid, self.gid)

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(
                command,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0


def server_user(data_dir: Path) -> ServerUser | None:
    """The account for a server over this data folder, or None when this process itself may run it.

    An existing folder keeps its owner.
    """
    if os.geteuid() != 0:
        return None
    if data_dir.is_dir() and (status := data_dir.stat()).st_uid != 0:
        return ServerUser(status.st_uid, status.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid)
    return None
