"""The identity provider's public keys: loaded from a URL or file, cached, refreshed when they change.

A provider that cannot be reached keeps its last known keys working; only when no key was ever loaded do
callers get a plain "not now" instead of a wrong "not you".
"""

import json
import logging
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

from tenants.development_keys import jwks_path
from tenants.errors import UnavailableError

logger = logging.getLogger(__name__)

MAX_AGE_SECONDS = 300.0
# An unknown `kid` may be a new key, or somebody making `kid`s up: ask the provider, but not each time.
MIN_REFRESH_SECONDS = 10.0
CONNECT_SECONDS, READ_SECONDS = 2.0, 3.0
MAX_JWKS_BYTES = 1_000_000
CHUNK_BYTES = 65_536
MIN_RSA_BITS = 2048

Keys = dict[str, RSAPublicKey]


class KeysUnavailableError(UnavailableError):
    """The provider's keys cannot be had, so no token can be checked."""

    code = "TOKEN_KEYS_UNAVAILABLE"


@dataclass
class KeySource:
    """The keys behind one address (URL or file path)."""

    address: str
    is_optional: bool = False  # a missing file means that there are no keys yet
    _keys: Keys | None = None
    _loaded_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def find(self, kid: str | None) -> RSAPublicKey | None:
        """The key with this id, or the only key where the token names none; None when there is none.

        Raises KeysUnavailableError when no keys could ever be loaded.
        """
        if monotonic() - self._loaded_at > MAX_AGE_SECONDS:
            self._refresh()
        key = self._pick(kid)
        if key is None:
            self._refresh()
            key = self._pick(kid)
        return key

    def _pick(self, kid: str | None) -> RSAPublicKey | None:
        if self._keys is None:
            raise KeysUnavailableError(
                "Tokens cannot be checked right now: the identity provider's keys are not to be had."
            )
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _refresh(self) -> None:
        # One thread asks the provider; the others go on with the keys there are, or wait where there are
        # none.
        if not self._lock.acquire(blocking=self._keys is None):
            return
        try:
            # A file is cheap to read and is what a developer changes; a provider is asked at its own pace.
            if not self._is_url or monotonic() - self._tried_at >= MIN_REFRESH_SECONDS:
                self._load()
        finally:
            self._lock.release()

    def _load(self) -> None:
        self._tried_at = monotonic()
        try:
            self._keys = read_keys(self._fetch())
            self._loaded_at = monotonic()
        except (OSError, ValueError, requests.RequestException) as error:
            if self.is_optional and isinstance(error, FileNotFoundError):
                self._keys = {}
            else:
                logger.error("token keys not loaded: %s", error)

    @property
    def _is_url(self) -> bool:
        return self.address.startswith(("http://", "https://"))

    def _fetch(self) -> bytes:
        if not self._is_url:
            return Path(self.address).read_bytes()
        body = b""
        with requests.get(self.address, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_content(CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_JWKS_BYTES:
                    raise ValueError("the key set is larger than a million bytes")
        return body


def read_keys(raw: bytes) -> Keys:
    """The RSA signature keys of a JWKS document, others passed over; raises ValueError when it is none."""
    document = json.loads(raw)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the document has no list `keys`")
    keys: Keys = {}
    for entry in entries:
        if not isinstance(entry, dict) or not _is_for_signatures(entry):
            continue
        try:
            key = jwt.PyJWK(entry, algorithm="RS256").key
        except jwt.PyJWTError as error:
            logger.warning("a key of the key set was passed over: %s", error)
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
            keys[str(entry.get("kid", ""))] = key
    return keys


def _is_for_signatures(entry: dict[str, Any]) -> bool:
    return (
        entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and "d" not in entry  # a private key has no business in a published set
    )


@lru_cache(maxsize=8)
def _source(address: str, is_optional: bool) -> KeySource:
    return KeySource(address, is_optional)


def key_source() -> KeySource:
    """The keys of `CRM_JWT_JWKS`, or the development keys of this installation where that is not set."""
    if settings.CRM_JWT_JWKS:
        return _source(settings.CRM_JWT_JWKS, is_optional=False)
    return _source(str(jwks_path()), is_optional=True)
