"""Endpoints of a club: made, changed, disabled, deleted; their secrets."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events import outbound
from events.debounce import enqueue_on_commit
from events.models import DisabledReason, EndpointStatus, WebhookEndpoint
from events.webhooks.addresses import check_url
from events.webhooks.errors import EndpointNotFound, TooManyEndpoints
from events.webhooks.planning import DELIVER
from events.webhooks.retrying import OLD_SECRET_SIGNS
from events.webhooks.sending import Target
from events.webhooks.signing import check_secret, new_secret
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.encryption import DecryptionError, decrypt, encrypt
from tenants.errors import InvalidError
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.sandboxes import is_sandbox
from tenants.scope import current_tenant_id

MOST_ENDPOINTS: Final = 20
MOST_TYPES: Final = 50
LONGEST_DESCRIPTION: Final = 200
EVERYTHING: Final = "*"
PATTERN: Final = re.compile(r"crm(\.[a-z_]+)*\.(\*|[a-z_]+)")
SUBJECT: Final = "webhook_endpoint"


def endpoints() -> QuerySet[WebhookEndpoint]:
    """The endpoints of the open scope, by age."""
    rows: QuerySet[WebhookEndpoint] = WebhookEndpoint.objects.exclude(disabled_reason=DisabledReason.DELETED)
    return rows.order_by("created_at", "id")


def get_endpoint(endpoint_id: UUID, *, is_locked: bool = False) -> WebhookEndpoint:
    """One endpoint of the open scope; raises EndpointNotFound. `is_locked` needs a transaction."""
    rows = endpoints().select_for_update(no_key=True) if is_locked else endpoints()
    found = rows.filter(pk=endpoint_id).first()
    if found is None:
        raise EndpointNotFound
    return found


def create_endpoint(
    *, url: str, event_types: Sequence[str], description: str = "", secret: str | None = None
) -> WebhookEndpoint:
    """Make an endpoint; without a `secret` one is drawn. The host is looked up before anything is locked.

    Raises AddressRefused, InvalidError, TooManyEndpoints. Locks the tenant's number of endpoints.
    """
    url, types = check_url(url), check_types(event_types)
    plain = new_secret() if secret is None else check_secret(secret)
    with transaction.atomic():
        lock_tenant(AdvisoryLock.WEBHOOKS)
        if endpoints().count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints(MOST_ENDPOINTS)
        endpoint: WebhookEndpoint = WebhookEndpoint.objects.create(
            tenant_id=current_tenant_id(),
            url=url,
            description=check_description(description),
            event_types=types,
            sealed_secret=encrypt(plain),
            created_by_name=current_actor().name[:250],
            created_at=timezone.now(),
        )
        _log("webhook.created", endpoint, {"host": endpoint.host, "eventTypes": types})
    return endpoint


def update_endpoint(endpoint_id: UUID, **changes: Any) -> WebhookEndpoint:
    """Change url, description, event_types or is_enabled; what is left out stays.

    Enabling begins anew: what waits is sent at once. Raises EndpointNotFound, AddressRefused, InvalidError.
    """
    if "url" in changes:
        changes["url"] = check_url(changes["url"])
    if "event_types" in changes:
        changes["event_types"] = check_types(changes["event_types"])
    if "description" in changes:
        changes["description"] = check_description(changes["description"])
    is_enabled = changes.pop("is_enabled", None)
    with transaction.atomic():
        endpoint = get_endpoint(endpoint_id, is_locked=True)
        changed = [name for name, value in changes.items() if getattr(endpoint, name) != value]
        for name in changed:
            setattr(endpoint, name, changes[name])
        if changed:
            endpoint.save(update_fields=changed)
            _log("webhook.changed", endpoint, {"fields": sorted(changed)})
        if is_enabled is not None and is_enabled != endpoint.is_enabled:
            _enable(endpoint) if is_enabled else disable(endpoint, DisabledReason.STAFF)
    return endpoint


def delete_endpoint(endpoint_id: UUID) -> None:
    """Forget an endpoint and its secrets; its deliveries follow in the background. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = get_endpoint(endpoint_id, is_locked=True)
        endpoint.sealed_secret = endpoint.sealed_old_secret = ""
        endpoint.save(update_fields=["sealed_secret", "sealed_old_secret"])
        disable(endpoint, DisabledReason.DELETED)


def disable(endpoint: WebhookEndpoint, reason: DisabledReason) -> None:
    """Send nothing more; what waits stays. Stands in the action log. Needs the row's lock."""
    endpoint.status = EndpointStatus.DISABLED
    endpoint.disabled_reason = reason
    endpoint.disabled_at = timezone.now()
    endpoint.save(update_fields=["status", "disabled_reason", "disabled_at"])
    deleted = reason is DisabledReason.DELETED
    _log("webhook.deleted" if deleted else "webhook.disabled", endpoint, {"reason": reason.value})


def _enable(endpoint: WebhookEndpoint) -> None:
    endpoint.status = EndpointStatus.ENABLED
    endpoint.disabled_reason = DisabledReason.NONE
    endpoint.disabled_at = endpoint.failing_since = endpoint.backoff_until = None
    endpoint.consecutive_failures = 0
    endpoint.save(
        update_fields=[
            *(
                "status",
                "disabled_reason",
                "disabled_at",
                "failing_since",
                "backoff_until",
                "consecutive_failures",
            )
        ]
    )
    _log("webhook.enabled", endpoint, {})
    enqueue_on_commit(DELIVER, str(endpoint.pk))


def rotate_secret(endpoint_id: UUID, *, secret: str | None = None) -> WebhookEndpoint:
    """Give the endpoint a new secret; the one before signs as well for OLD_SECRET_SIGNS.

    Raises EndpointNotFound, InvalidError.
    """
    plain = new_secret() if secret is None else check_secret(secret)
    with transaction.atomic():
        endpoint = get_endpoint(endpoint_id, is_locked=True)
        endpoint.sealed_old_secret = endpoint.sealed_secret if _is_readable(endpoint) else ""
        endpoint.sealed_secret = encrypt(plain)
        endpoint.old_secret_until = timezone.now() + OLD_SECRET_SIGNS
        endpoint.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
        _log("webhook.secret_rotated", endpoint, {})
    return endpoint


def secret_of(endpoint: WebhookEndpoint) -> str:
    """The secret in plain, for whoever has just made it. Raises DecryptionError."""
    return decrypt(endpoint.sealed_secret)


def show_secret(endpoint: WebhookEndpoint) -> str:
    """The secret in plain, for an admin who asks for it; that they did stands in the action log."""
    _log("webhook.secret_shown", endpoint, {})
    return secret_of(endpoint)


def _is_readable(endpoint: WebhookEndpoint) -> bool:
    try:
        decrypt(endpoint.sealed_secret)
    except DecryptionError:
        return False
    return True


def target_of(endpoint: WebhookEndpoint) -> Target:
    """Where to send and what signs: the secret, and the one before as long as it counts. Raises DecryptionError."""
    sealed = [endpoint.sealed_secret]
    is_changing = endpoint.old_secret_until is not None and endpoint.old_secret_until > timezone.now()
    if is_changing and endpoint.sealed_old_secret:
        sealed.append(endpoint.sealed_old_secret)
    return Target(endpoint.url, [decrypt(each) for each in sealed], is_of_sandbox=is_sandbox())


def check_types(event_types: Sequence[str]) -> list[str]:
    """Event types, patterns such as `crm.profile.*`, or `*`, each once; raises InvalidError."""
    types = list(dict.fromkeys(one.strip() for one in event_types))
    if not types or len(types) > MOST_TYPES:
        raise InvalidError(f"Choose 1 to {MOST_TYPES} event types, or {EVERYTHING}.", field="eventTypes")
    for one in types:
        if one != EVERYTHING and not PATTERN.fullmatch(one):
            message = f"{one!r} is no event type; write one such as crm.profile.updated, crm.profile.* or *."
            raise InvalidError(message, field="eventTypes")
        known = outbound.types().values()
        if not one.endswith("*") and one not in known:
            message = f"There is no event type {one!r}; there are {', '.join(sorted(known))}."
            raise InvalidError(message, field="eventTypes")
    return types


def check_description(description: str) -> str:
    """Trimmed; raises InvalidError for one that is too long."""
    description = description.strip()
    if len(description) > LONGEST_DESCRIPTION or "\x00" in description:
        raise InvalidError(f"At most {LONGEST_DESCRIPTION} characters.", field="description")
    return description


def _log(action: str, endpoint: WebhookEndpoint, details: dict[str, Any]) -> None:
    log_action(action, subject_kind=SUBJECT, subject_id=endpoint.pk, details=details)


def disabled_by_itself(within: timedelta = timedelta(days=30)) -> QuerySet[WebhookEndpoint]:
    """Endpoints that were disabled without anybody asking, and not long ago: staff must hear of them."""
    reasons = [DisabledReason.FAILING, DisabledReason.GONE]
    return endpoints().filter(disabled_reason__in=reasons, disabled_at__gt=timezone.now() - within)
