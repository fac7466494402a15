"""Who is calling: one answer for REST and GraphQL, from a bearer token or an API key."""

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.http import HttpRequest

from tenants.api_keys import find_key, touch_last_used
from tenants.directory import find_tenant
from tenants.errors import ForbiddenError, UnauthenticatedError
from tenants.expiring_cache import ExpiringCache
from tenants.models import Scope, User
from tenants.tokens import LEEWAY_SECONDS, Claims, TokenRefusedError, verify_token

# Checking a signature and looking the user up takes about a millisecond; a deactivated user, a removed key
# of the provider or a new tenant alias is noticed after this time at the latest.
CALLER_SECONDS = 30.0

_by_token: ExpiringCache[bytes, "Caller"] = ExpiringCache(max_entries=10_000)


class CallerKind(StrEnum):
    """How the caller proved who they are."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven caller and what they may do.

    `subject` is stable and unique over both kinds: rate limits and idempotency keys hang on it.
    """

    kind: CallerKind
    subject: str
    name: str
    tenant_ids: frozenset[UUID]
    scopes: frozenset[str]
    rate_limit_per_minute: int | None = None
    user: User | None = None
    # The services for which the caller may publish events; None: any.
    sources: frozenset[str] | None = None

    def check_scope(self, scope: Scope) -> None:
        """Raise ForbiddenError (MISSING_SCOPE) unless the caller holds the scope."""
        if scope not in self.scopes:
            raise ForbiddenError(
                f"This needs the scope {scope.value}.", code="MISSING_SCOPE", extra={"scope": scope.value}
            )


def caller_of(request: HttpRequest) -> Caller | None:
    """The caller of a request, None when it carries no credentials.

    Raises UnauthenticatedError for credentials that are not accepted, KeysUnavailableError when tokens
    cannot be checked. A bearer token wins over a key. Needs no tenant scope.
    """
    authorization = request.META.get("HTTP_AUTHORIZATION")
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return _caller_of_token(token.strip())
    plain_key = request.META.get("HTTP_X_API_KEY")
    if plain_key:
        return _caller_of_key(plain_key.strip())
    if authorization:
        raise UnauthenticatedError("Use `Authorization: Bearer` with a token, or `X-API-Key`.")
    return None


def _caller_of_token(token: str) -> Caller:
    digest = hashlib.sha256(token.encode()).digest()
    caller = _by_token.get(digest)
    if caller is None:
        claims = verify_token(token)
        caller = _caller_of_claims(claims)
        remaining = claims.expires_at + LEEWAY_SECONDS - time.time()
        _by_token.put(digest, caller, seconds=min(remaining, CALLER_SECONDS))
    return caller


def _caller_of_claims(claims: Claims) -> Caller:
    user = User.objects.filter(auth_user_id=claims.subject).first()
    if user is not None and not user.is_active:
        raise TokenRefusedError("This user has been deactivated.")
    tenants = (find_tenant(name) for name in claims.tenants)
    return Caller(
        kind=CallerKind.TOKEN,
        subject=f"user:{claims.subject}",
        name=(user.get_full_name() if user else "") or claims.name,
        tenant_ids=frozenset(tenant.pk for tenant in tenants if tenant is not None),
        scopes=claims.scopes,
        user=user,
        sources=claims.sources,
    )


def _caller_of_key(plain: str) -> Caller:
    key = find_key(plain)
    if key is None:
        raise UnauthenticatedError("The API key is unknown, expired or revoked.", code="INVALID_API_KEY")
    touch_last_used(key.id)
    return Caller(
        kind=CallerKind.API_KEY,
        subject=f"key:{key.id}",
        name=key.name,
        tenant_ids=key.tenant_ids,
        scopes=key.scopes,
        rate_limit_per_minute=key.rate_limit_per_minute,
        sources=key.sources,
    )


def require_caller(request: HttpRequest) -> Caller:
    """The caller of a request; raises UnauthenticatedError where there is none, else like `caller_of`."""
    caller = caller_of(request)
    if caller is None:
        raise UnauthenticatedError("Say who you are: `Authorization: Bearer` with a token, or `X-API-Key`.")
    return caller
