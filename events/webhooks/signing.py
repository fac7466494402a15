"""Secrets and signatures after the Standard Webhooks specification (symmetric, `v1`)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from tenants.errors import InvalidError

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
# What the specification allows.
FEWEST_BYTES: Final = 24
MOST_BYTES: Final = 64
# How base64 of so many bytes looks; for whoever writes one.
SECRET_FORM: Final = "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$"  # noqa: S105


def new_secret() -> str:
    """A random secret: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> str:
    """A secret that the receiver brings along, in its plain form; raises InvalidError."""
    try:
        size = len(_key(secret))
    except (binascii.Error, ValueError):
        size = 0
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= size <= MOST_BYTES:
        message = f"Write {PREFIX} and the base64 of {FEWEST_BYTES} to {MOST_BYTES} random bytes."
        raise InvalidError(message, field="secret")
    return secret


def signature(keys: Sequence[str], *, event_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, separated by blanks."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    digests = (hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
