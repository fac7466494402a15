"""A data folder that the unprivileged server user can reach, even for a clone under /root."""

import tempfile
from pathlib import Path

from crm_platform.embedded.process import ServerError
from crm_platform.embedded.server_user import ServerUser

ELSEWHERE = (Path("/var/lib"), Path("/srv"))


def reachable_folder(folder: Path, user: ServerUser | None) -> Path:
    """`folder` itself, or the same path turned into a link to a new folder where `user` may enter.

    PostgreSQL cannot be root and must walk through every parent of its data; the home of root is closed to
    others. The link keeps the data visible where it is expected, and a removed link means a fresh start.
    Raises ServerError when no place is found.
    """
    if user is None:
        return folder
    if user.may_enter(folder.resolve().parent):
        return folder
    if folder.exists():
        raise ServerError(
            f"PostgreSQL refuses to run as root, and the user it runs as instead cannot reach {folder}. "
            "Move the data where every parent folder may be entered, and set CRM_DATA_DIR to it."
        )
    home = _new_home(user)
    folder.unlink(missing_ok=True)
    folder.symlink_to(home / folder.name)
    return folder


def _new_home(user: ServerUser) -> Path:
    for parent in ELSEWHERE:
        if parent.is_dir() and user.may_enter(parent):
            home = Path(tempfile.mkdtemp(prefix="crm-platform-", dir=parent))
            home.chmod(0o755)
            return home
    raise ServerError(
        "PostgreSQL refuses to run as root, and no folder was found that the user it runs as instead may "
        "enter. Run this as an ordinary user, or set CRM_DATABASE_URL."
    )
