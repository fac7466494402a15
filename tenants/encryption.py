"""Secrets that must be read again (signing keys, tokens of other systems), encrypted at rest.

Keys come from `CRM_ENCRYPTION_KEYS`: the first one writes, all of them read, so that a key is changed by putting a
new one in front. Without the setting a key file under `CRM_KEY_DIR` is made on first use.
"""

import base64
import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tenants.errors import ConflictError
from tenants.own_secrets import write_once

NONCE_BYTES: Final = 12
AES_BYTES: Final = 32


class DecryptionError(ConflictError):
    """The text was encrypted with a key that is not among ours any more, or was tampered with."""

    def __init__(self) -> None:
        super().__init__(
            "This secret was encrypted with a key that is not in CRM_ENCRYPTION_KEYS any more; exchange it.",
            code="SECRET_UNREADABLE",
        )


def encrypt(plain: str) -> str:
    """The text encrypted with the first key; different each time."""
    return _keys().encrypt(plain.encode()).decode()


def decrypt(encrypted: str) -> str:
    """The plain text; raises DecryptionError."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise DecryptionError from None


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


def encrypt_for(context: str, plain: str) -> str:
    """The text encrypted with the first key by AES-256-GCM, readable only for the same context.

    `context`: what the secret belongs to, as in tenant, row and field; a copy in another place cannot be read.
    """
    nonce = os.urandom(NONCE_BYTES)
    cipher = AESGCM(_aes_keys()[0]).encrypt(nonce, plain.encode(), context.encode())
    return base64.urlsafe_b64encode(nonce + cipher).decode()


def decrypt_for(context: str, encrypted: str) -> str:
    """The plain text, if it was encrypted for this context; raises DecryptionError."""
    try:
        content = base64.urlsafe_b64decode(encrypted)
    except ValueError:
        raise DecryptionError from None
    for key in _aes_keys():
        try:
            return (
                AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], context.encode()).decode()
            )
        except (InvalidTag, ValueError):
            continue
    raise DecryptionError


def _aes_keys() -> list[bytes]:
    given = tuple(settings.CRM_ENCRYPTION_KEYS)
    return [_derived(key) for key in given or (_own_key(str(key_path())),)]


@lru_cache(maxsize=8)
def _derived(key: str) -> bytes:
    """A key of its own for GCM, so that no key serves two ciphers."""
    derivation = HKDF(algorithm=SHA256(), length=AES_BYTES, salt=None, info=b"crm sealed for a context")
    return derivation.derive(base64.urlsafe_b64decode(key))
