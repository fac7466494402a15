"""Writing the action log: each act in the transaction of its effects."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from tenants.actors import current_actor
from tenants.models import LoggedAction
from tenants.redis_client import RedisError, redis_client
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 250
HOUR_SECONDS: Final = 3_600
SEEN = """
INSERT INTO tenants_loggedaction
    (tenant_id, hour, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details)
VALUES (%s, date_trunc('hour', now()), %s, %s, %s, %s, %s, %s, '{}')
ON CONFLICT (tenant_id, actor_id, action, subject_id, hour) WHERE hour IS NOT NULL DO NOTHING
"""


def log_action(
    action: str, *, subject_kind: str, subject_id: object = "", details: Mapping[str, Any] | None = None
) -> None:
    """Note what the current actor does in the open scope's club; belongs into the transaction of the act.

    `action`: what, as in `customer.merged`; `details`: ids, counts and names of fields, never personal data.
    """
    log_actions(action, subject_kind=subject_kind, subjects=[(subject_id, details or {})])


def log_actions(
    action: str, *, subject_kind: str, subjects: Iterable[tuple[object, Mapping[str, Any]]]
) -> None:
    """The same act on many things, each with its details, in one statement."""
    actor, tenant_id, now = current_actor(), current_tenant_id(), timezone.now()
    LoggedAction.objects.bulk_create(
        LoggedAction(
            tenant_id=tenant_id,
            at=now,
            actor_kind=actor.kind.value,
            actor_id=actor.id[:LONGEST_NAME],
            actor_name=actor.name[:LONGEST_NAME],
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            details=dict(details),
        )
        for subject_id, details in subjects
    )


def log_seen(action: str, *, subject_kind: str, subject_id: object) -> None:
    """Note that a person looked at something, once an hour; what programs read is not noted one by one."""
    actor = current_actor()
    if not actor.is_person or _is_noted(f"{current_tenant_id()}:{actor.id}:{action}:{subject_id}"):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            SEEN,
            [
                current_tenant_id(),
                actor.kind.value,
                actor.id[:LONGEST_NAME],
                actor.name[:LONGEST_NAME],
                action,
                subject_kind,
                str(subject_id),
            ],
        )


def _is_noted(mark: str) -> bool:
    """Whether Redis remembers it from this hour; without Redis the table's own constraint keeps it to one row."""
    key = f"crm:seen:{timezone.now():%Y%m%d%H}:{mark}"
    try:
        return not redis_client().set(key, 1, nx=True, ex=HOUR_SECONDS)
    except RedisError:
        return False
