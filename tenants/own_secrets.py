"""Secrets that an installation makes for itself where no setting names them: files under `CRM_KEY_DIR`.

Each purpose has a secret of its own, so that one can be exchanged and the others stay.
"""

import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings

SECRET_BYTES = 48


def secret_path(name: str) -> Path:
    """Where the secret of this name is kept."""
    return Path(settings.CRM_KEY_DIR) / name


def own_secret(name: str) -> str:
    """The secret of this name; the first call of all makes it."""
    return _read_or_make(str(secret_path(name)))


def write_once(path: Path, content: bytes) -> None:
    """Write a file that appears whole and is never replaced; mode 0600 comes from mkstemp."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


@lru_cache(maxsize=8)
def _read_or_make(path_text: str) -> str:
    path = Path(path_text)
    if not path.exists():
        write_once(path, secrets.token_urlsafe(SECRET_BYTES).encode())
    return path.read_text().strip()
