"""Bearer tokens of the identity provider: JWT, RS256 and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from tenants.development_keys import KEY_ID, development_key
from tenants.errors import UnauthenticatedError
from tenants.jwks import key_source

ALGORITHM = "RS256"
LEEWAY_SECONDS = 10
MAX_TOKEN_LENGTH = 16_000
MAX_SUBJECT_LENGTH = 200
REQUIRED_CLAIMS = ("exp", "iss", "aud", "sub")

# First match wins: PyJWT's exceptions derive from each other.
REFUSALS: tuple[tuple[type[Exception], str, str], ...] = (
    (jwt.ExpiredSignatureError, "TOKEN_EXPIRED", "The bearer token has expired; ask for a new one."),
    (jwt.ImmatureSignatureError, "INVALID_TOKEN", "The bearer token is not valid yet."),
    (jwt.InvalidAudienceError, "INVALID_TOKEN", "The bearer token is meant for another audience."),
    (jwt.InvalidIssuerError, "INVALID_TOKEN", "The bearer token comes from another issuer."),
    (
        jwt.MissingRequiredClaimError,
        "INVALID_TOKEN",
        "The bearer token lacks one of the claims exp, iss, aud, sub.",
    ),
    (jwt.InvalidSignatureError, "INVALID_TOKEN", "The signature of the bearer token is wrong."),
    (jwt.PyJWTError, "INVALID_TOKEN", "The bearer token cannot be read."),
)


class TokenRefusedError(UnauthenticatedError):
    """The token is not accepted; the message says why."""

    code = "INVALID_TOKEN"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. `tenants` as written: UUIDs, slugs or aliases."""

    subject: str
    name: str
    tenants: tuple[str, ...]
    scopes: frozenset[str]
    sources: frozenset[str] | None  # None: the issuer does not bind the token to services
    expires_at: float  # seconds since 1970


def verify_token(token: str) -> Claims:
    """Check signature, times, audience and issuer, and return the claims.

    Raises TokenRefusedError, and KeysUnavailableError when the provider's keys cannot be had.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenRefusedError("The bearer token is too long.")
    try:
        header = jwt.get_unverified_header(token)
        # Refused before any key is looked at: the token must not choose how it is checked.
        if header.get("alg") != ALGORITHM:
            raise TokenRefusedError(f"The bearer token must be signed with {ALGORITHM}.")
        key = key_source().find(_kid(header))
        if key is None:
            raise TokenRefusedError("The bearer token is signed with a key that its issuer does not publish.")
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=settings.CRM_JWT_AUDIENCE,
            issuer=settings.CRM_JWT_ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": list(REQUIRED_CLAIMS)},
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _refusal(error) from error
    return _read_claims(claims)


def _kid(header: dict[str, Any]) -> str | None:
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def _refusal(error: Exception) -> TokenRefusedError:
    for kind, code, message in REFUSALS:
        if isinstance(error, kind):
            return TokenRefusedError(message, code=code)
    return TokenRefusedError("The bearer token cannot be read.")


def _read_claims(claims: dict[str, Any]) -> Claims:
    subject = claims["sub"]
    if not _is_usable(subject):
        raise TokenRefusedError("The claim `sub` of the bearer token cannot be used.")
    name = claims.get("name")
    return Claims(
        subject=subject,
        name=name if isinstance(name, str) and name.isprintable() else subject,
        tenants=_strings(claims.get("tenants"), "tenants"),
        scopes=frozenset(_strings(claims.get("scope"), "scope")),
        sources=frozenset(_strings(claims["sources"], "sources")) if "sources" in claims else None,
        expires_at=float(claims["exp"]),
    )


def _is_usable(subject: object) -> bool:
    return isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT_LENGTH and subject.isprintable()


def _strings(value: object, claim: str) -> tuple[str, ...]:
    """A claim that may be a list of strings or one string with spaces."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise TokenRefusedError(f"The claim `{claim}` of the bearer token must be a list of strings.")


def issue_development_token(
    *,
    subject: str,
    tenants: Iterable[str],
    scopes: Iterable[str],
    lifetime: timedelta,
    name: str = "",
    sources: Iterable[str] | None = None,
) -> str:
    """A token signed with this installation's own key, as the identity provider would make it."""
    now = datetime.now(UTC)
    claims = {
        "sub": subject,
        "aud": settings.CRM_JWT_AUDIENCE,
        "iss": settings.CRM_JWT_ISSUER,
        "iat": now,
        "exp": now + lifetime,
        "tenants": list(tenants),
        "scope": " ".join(scopes),
    }
    if name:
        claims["name"] = name
    if sources is not None:
        claims["sources"] = list(sources)
    return jwt.encode(claims, development_key(), algorithm=ALGORITHM, headers={"kid": KEY_ID})
