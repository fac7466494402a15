"""The demo's clubs, logins and key, as rows of the platform."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from crm_platform.simulator.addresses import PLACEHOLDER_EMAILS, PLACEHOLDER_PHONES
from crm_platform.simulator.clubs import Club
from tenants.api_keys import find_key, issue_key
from tenants.directory import create_tenant
from tenants.models import Membership, Role, Scope, Tenant, User
from tenants.sources import SOURCES

LOGINS_FILE: Final = "demo-logins.json"
KEYS_FILE: Final = "demo-api-keys.json"
SETTING: Final = "simulation"
PLATFORM_USER: Final = "platform"
PASSWORD_BYTES: Final = 9
STAFF: Final = (
    (Role.ADMIN, "admin", "Club manager"),
    (Role.MARKETING_MANAGER, "marketing", "Marketing manager"),
    (Role.STAFF, "reception", "Reception"),
    (Role.VIEWER, "viewer", "Committee member"),
)


class NotOurs(RuntimeError):
    """A club of that name exists that the simulator did not make; invented people must not get into it."""


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who may log in to the back office; `tenant` is a slug, None: every club."""

    label: str
    username: str
    role: str
    tenant: str | None
    tenants: str

    def as_document(self, password: str) -> dict[str, Any]:
        """As it stands in the file of logins."""
        return {
            "label": self.label,
            "username": self.username,
            "password": password,
            "role": self.role,
            "tenant": self.tenant,
            "tenants": self.tenants,
        }


def ensure_tenant(club: Club, plan: Mapping[str, Any]) -> Tenant:
    """The club's tenant, made where it is missing; `plan` is kept in its settings to tell the world by.

    Raises NotOurs for a tenant without such a setting.
    """
    existing = Tenant.objects.filter(names__name=club.slug).first()
    if existing is not None:
        plan_of(existing)
        return existing
    return create_tenant(
        name=club.name,
        slug=club.slug,
        aliases=club.aliases,
        time_zone=club.time_zone,
        default_country=club.country,
        currency=club.currency,
        locale=club.locale,
        tier_order=[tier.name for tier in club.all_tiers],
        settings={
            "placeholders": [*PLACEHOLDER_EMAILS, *PLACEHOLDER_PHONES, club.office_email, club.office_phone],
            SETTING: dict(plan),
        },
    )


def plan_of(tenant: Tenant) -> dict[str, Any]:
    """The parameters of the world that the tenant was made for; raises NotOurs when there are none."""
    plan = tenant.settings.get(SETTING)
    if not isinstance(plan, dict):
        raise NotOurs(f"The club {tenant.slug} exists and is no demo: use another database for the demo.")
    return plan


def ensure_logins(clubs: Iterable[Club], data_dir: Path) -> list[dict[str, Any]]:
    """A user for each role of each club and one for the whole platform; writes and returns the logins.

    The password is made once and kept in the file; without the file all get a new one.
    """
    logins = [login for club in clubs for login in _logins_of(club)]
    logins.append(Login("Platform", PLATFORM_USER, "Superuser", None, "all clubs"))
    path = data_dir / LOGINS_FILE
    password = _kept_password(path) or secrets.token_urlsafe(PASSWORD_BYTES)
    with transaction.atomic():
        for login in logins:
            _ensure_user(login, password)
    documents = [login.as_document(password) for login in logins]
    _write_private(path, {"logins": documents})
    return documents


def _logins_of(club: Club) -> list[Login]:
    return [
        Login(f"{label}, {club.short_name}", f"{club.slug}-{suffix}", role.value, club.slug, club.name)
        for role, suffix, label in STAFF
    ]


def _kept_password(path: Path) -> str | None:
    try:
        password = json.loads(path.read_text())["logins"][0]["password"]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None
    return str(password)


def _ensure_user(login: Login, password: str) -> None:
    is_platform = login.tenant is None
    user, _ = User.objects.get_or_create(
        username=login.username,
        defaults={
            "first_name": login.label,
            "email": f"{login.username}@demo.example",
            "is_staff": True,
            "is_superuser": is_platform,
        },
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    if login.tenant is not None:
        tenant = Tenant.objects.get(slug=login.tenant)
        Membership.objects.get_or_create(user=user, tenant=tenant, defaults={"role": login.role})


def ensure_key(tenants: Iterable[Tenant], data_dir: Path) -> str:
    """A key that may publish events and read for the demo's clubs; a new one where the file's is not valid."""
    rows = list(tenants)
    path = data_dir / KEYS_FILE
    kept = _kept_key(path)
    active = find_key(kept) if kept else None
    if kept and active and active.tenant_ids >= {tenant.pk for tenant in rows}:
        return kept
    scopes = [Scope.EVENTS.value, Scope.READ.value]
    key = issue_key(name="Demo services", tenants=rows, scopes=scopes, sources=SOURCES).plain
    document = {
        "label": "Demo services",
        "key": key,
        "tenants": [tenant.slug for tenant in rows],
        "scopes": scopes,
    }
    _write_private(path, {"keys": [document]})
    return key


def _kept_key(path: Path) -> str | None:
    try:
        key = json.loads(path.read_text())["keys"][0]["key"]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None
    return str(key)


def _write_private(path: Path, document: Any) -> None:
    """A file with secrets, for its owner's eyes only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(document, indent=2) + "\n")
    part.replace(path)
