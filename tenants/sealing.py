"""Secrets that must be read again (signing keys, tokens of other systems), encrypted at rest.

Keys come from `CRM_ENCRYPTION_KEYS`: the first one writes, all of them read, so that a key is changed by putting a
new one in front. Without the setting a key file under `CRM_KEY_DIR` is made on first use.
"""

from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from tenants.errors import ConflictError
from tenants.own_secrets import write_once


class SealBroken(ConflictError):
    """The text was sealed with a key that is not among ours any more, or was tampered with."""

    def __init__(self) -> None:
        super().__init__(
            "This secret was encrypted with a key that is not in CRM_ENCRYPTION_KEYS any more; exchange it.",
            code="SECRET_UNREADABLE",
        )


def seal(plain: str) -> str:
    """The text encrypted with the first key; different each time."""
    return _keys().encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed; raises SealBroken."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def key_path() -> Path:
    """Where the key is kept where the setting names none."""
    return Path(settings.CRM_KEY_DIR) / "encryption-key"


def _keys() -> MultiFernet:
    given = tuple(settings.CRM_ENCRYPTION_KEYS)
    return _fernet(given or (_own_key(str(key_path())),))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=4)
def _own_key(path_text: str) -> str:
    path = Path(path_text)
    if not path.exists():
        write_once(path, Fernet.generate_key())
    return path.read_text().strip()
