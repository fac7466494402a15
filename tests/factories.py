"""Plain functions that make one row each, with sensible defaults; a test names only what it is about."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from tenants.api_keys import issue_key
from tenants.directory import create_tenant
from tenants.models import Membership, Role, Scope, Tenant, User
from tenants.sources import SOURCES
from tenants.tokens import issue_development_token

PASSWORD = "correct horse battery staple"
ALL_SCOPES = tuple(scope.value for scope in Scope)

_number = count(1)


# Whether new clubs get what apps bring for each; the tests of those apps want it, the others only wait for it.
are_furnished = False


def tenant(slug: str | None = None, **values: Any) -> Tenant:
    """A club in South Africa, unless told otherwise; `aliases` and the like as in `create_tenant`."""
    slug = slug or f"club-{next(_number)}"
    defaults: dict[str, Any] = {
        "name": slug.replace("-", " ").title(),
        "time_zone": "Africa/Johannesburg",
        "tier_order": ["Platinum", "Gold", "Silver"],
        "is_furnished": are_furnished,
    }
    return create_tenant(slug=slug, **(defaults | values))


@cache
def _password_hash() -> str:
    return make_password(PASSWORD)


def user(username: str | None = None, **values: Any) -> User:
    """A member of staff who may log in to the back office with PASSWORD."""
    person = unsaved_user(username, **values)
    person.save()
    return person


def unsaved_user(username: str | None = None, **values: Any) -> User:
    """The same without a row."""
    username = username or f"person-{next(_number)}"
    defaults: dict[str, Any] = {
        "email": f"{username}@example.org",
        "first_name": username.replace("-", " ").title(),
        "is_staff": True,
        "auth_user_id": f"auth-{username}",
    }
    return User(username=username, password=_password_hash(), **(defaults | values))


def membership(member: User, of: Tenant, role: Role = Role.STAFF) -> Membership:
    """A role of a user in a tenant."""
    return Membership.objects.create(user=member, tenant=of, role=role)


def api_key(*tenants: Tenant, scopes: Iterable[str] = ALL_SCOPES, **values: Any) -> str:
    """A service's key for the tenants, as plain text: the header `X-API-Key`."""
    values.setdefault("sources", SOURCES)
    return issue_key(name=f"service {next(_number)}", tenants=tenants, scopes=scopes, **values).plain


def token(
    *tenants: Tenant | str,
    scopes: Iterable[str] = ALL_SCOPES,
    subject: str | None = None,
    lifetime: timedelta = timedelta(hours=1),
    sources: Iterable[str] | None = None,
) -> str:
    """A bearer token for the tenants (rows or names), signed with the development key."""
    return issue_development_token(
        subject=subject or f"auth-{next(_number)}",
        tenants=[each if isinstance(each, str) else str(each.pk) for each in tenants],
        scopes=scopes,
        lifetime=lifetime,
        sources=sources,
    )


def bearer(*tenants: Tenant | str, **values: Any) -> dict[str, str]:
    """Headers of a caller with a token for the tenants, for the test client's `headers`."""
    return {"Authorization": f"Bearer {token(*tenants, **values)}"}


def expired_at(now: datetime) -> datetime:
    """A moment at which something that was valid is no longer."""
    return now - timedelta(minutes=1)
