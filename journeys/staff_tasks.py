"""Tasks for staff: making, giving, putting off, closing with an outcome, and what they saved."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from events import log
from events.log import LogEntry
from journeys.errors import TaskNotFound
from journeys.models import Outcome, Task, TaskSource, TaskStatus
from profiles.editing import record_activity
from profiles.reading import get_customer
from tenants.actors import current_actor
from tenants.directory import tenant_by_id
from tenants.errors import ConflictError, InvalidError
from tenants.models import User
from tenants.scope import current_tenant_id

LONGEST_TITLE: Final = 200
LONGEST_REASON: Final = 1000
FURTHEST: Final = timedelta(days=400)
SAVED: Final = (Outcome.PROMISED.value, Outcome.CALLED.value)


@dataclass(frozen=True, slots=True)
class TaskFields:
    """What a caller may say of a task; None: not said."""

    title: str | None = None
    reason: str | None = None
    owner: str | None = None
    due_on: date | None = None


def today() -> date:
    """The day of the open scope's club."""
    return timezone.now().astimezone(tenant_by_id(current_tenant_id()).zone).date()


def make_task(
    profile_id: UUID, fields: TaskFields, *, source: str = TaskSource.PERSON, key: str = ""
) -> Task:
    """A new task; raises CustomerNotFound, InvalidError. Of one `key` only the first is made."""
    profile = get_customer(profile_id)
    if key and (found := Task.objects.filter(source_key=key).first()):
        earlier: Task = found
        return earlier
    task: Task = Task.objects.create(
        tenant_id=profile.tenant_id,
        profile_id=profile.pk,
        origin_profile_id=profile.pk,
        title=_text(fields.title or "", "title", LONGEST_TITLE, is_needed=True),
        reason=_text(fields.reason or "", "reason", LONGEST_REASON),
        owner=_owner(fields.owner),
        due_on=_due(fields.due_on),
        source=source,
        source_key=key,
        value_cents=max(profile.lifetime_value_cents, 0),
        created_by_name=current_actor().name,
    )
    return task


def get_task(task_id: UUID) -> Task:
    """The task; raises TaskNotFound."""
    task: Task | None = Task.objects.select_related("owner").filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound
    return task


def change_task(task_id: UUID, fields: TaskFields) -> Task:
    """Other words, owner or day for an open task; raises TaskNotFound, ConflictError, InvalidError."""
    task = _open(task_id)
    if fields.title is not None:
        task.title = _text(fields.title, "title", LONGEST_TITLE, is_needed=True)
    if fields.reason is not None:
        task.reason = _text(fields.reason, "reason", LONGEST_REASON)
    if fields.owner is not None:
        task.owner = _owner(fields.owner)
    if fields.due_on is not None:
        task.due_on, task.snoozed_until = _due(fields.due_on), None
    return _saved(task)


def snooze_task(task_id: UUID, until: date) -> Task:
    """Put an open task off until a day; raises TaskNotFound, ConflictError, InvalidError."""
    task = _open(task_id)
    if until <= today():
        raise InvalidError("Choose a day after today.", field="until")
    task.snoozed_until = _due(until)
    return _saved(task)


def close_task(task_id: UUID, outcome: str, note: str = "") -> Task:
    """Say what came of it; it stands in the timeline, where conditions can ask for it. Raises as above."""
    if outcome not in Outcome.values:
        raise InvalidError(f"Choose one of {', '.join(Outcome.values)}.", field="outcome")
    with transaction.atomic():
        task = _open(task_id)
        task.status, task.outcome = TaskStatus.CLOSED.value, outcome
        task.note = _text(note, "note", LONGEST_REASON)
        task.closed_at, task.closed_by_name = timezone.now(), current_actor().name
        _saved(task)
        record_activity(
            task.profile_id,
            activity_type="TASK_CLOSED",
            category="NOTE",
            title=f"{Outcome(outcome).label}: {task.title}"[:200],
            metadata={"taskId": str(task.pk), "outcome": outcome, "source": task.source},
            occurred_at=task.closed_at,
        )
        log.append([LogEntry("task.closed", task.profile_id, {"taskId": str(task.pk), "outcome": outcome})])
    return task


def reopen_task(task_id: UUID) -> Task:
    """Take a closing back: there is still something to do. The timeline keeps both. Raises for one that is open."""
    with transaction.atomic():
        task = get_task(task_id)
        if task.status != TaskStatus.CLOSED:
            raise ConflictError("This task is open.", code="TASK_OPEN")
        outcome = task.outcome
        task.status, task.outcome, task.closed_at = TaskStatus.OPEN.value, "", None
        task.note = task.closed_by_name = ""
        _saved(task)
        record_activity(
            task.profile_id,
            activity_type="TASK_REOPENED",
            category="NOTE",
            title=f"Taken back, {Outcome(outcome).label.lower()}: {task.title}"[:200],
            metadata={"taskId": str(task.pk), "outcome": outcome, "source": task.source},
            occurred_at=timezone.now(),
        )
        log.append([LogEntry("task.reopened", task.profile_id, {"taskId": str(task.pk)})])
    return task


def _saved(task: Task) -> Task:
    """The database says when it was changed."""
    task.save()
    task.refresh_from_db(fields=["updated_at"])
    return task


def _open(task_id: UUID) -> Task:
    task = get_task(task_id)
    if task.status != TaskStatus.OPEN:
        raise ConflictError("This task is closed already.", code="TASK_CLOSED")
    return task


def _text(value: str, field: str, longest: int, *, is_needed: bool = False) -> str:
    value = value.strip()
    if len(value) > longest or "\x00" in value or (is_needed and not value):
        raise InvalidError(f"Write a text of 1 to {longest} characters.", field=field)
    return value


def _owner(username: str | None) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username, memberships__tenant_id=current_tenant_id()).first()
    if found is None:
        raise InvalidError("Nobody of this club has this user name.", field="owner")
    return found


def _due(day: date | None) -> date:
    now = today()
    if day is None:
        return now
    if not now - timedelta(days=1) <= day <= now + FURTHEST:
        raise InvalidError("Choose a day from today on.", field="dueOn")
    return day


def open_tasks(*, owner: User | None = None, until: date | None = None) -> QuerySet[Task]:
    """Open ones in the order in which they are due; `owner`: theirs and nobody's. What was put off comes later."""
    rows: QuerySet[Task] = Task.objects.filter(status=TaskStatus.OPEN).select_related("owner")
    rows = rows.annotate(shows_on=Coalesce("snoozed_until", "due_on")).order_by("shows_on", "created_at")
    if owner is not None:
        rows = rows.filter(Q(owner=owner) | Q(owner__isnull=True))
    return rows if until is None else rows.filter(shows_on__lte=until)


def saved_this_quarter() -> tuple[int, int]:
    """(people kept, what they are worth in cents) by the outcomes of this quarter."""
    day = today()
    start = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    rows = Task.objects.filter(status=TaskStatus.CLOSED, closed_at__date__gte=start, outcome__in=SAVED)
    total = rows.aggregate(cents=Sum("value_cents"))
    return rows.values("profile_id").distinct().count(), total["cents"] or 0


def task_json(task: Task) -> dict[str, Any]:
    """As in the API."""
    return {
        "id": task.pk,
        "tenantId": task.tenant_id,
        "customerId": task.profile_id,
        "title": task.title,
        "reason": task.reason,
        "owner": task.owner.username if task.owner else None,
        "dueOn": task.due_on,
        "snoozedUntil": task.snoozed_until,
        "status": task.status,
        "outcome": task.outcome or None,
        "note": task.note,
        "source": task.source,
        "createdAt": task.created_at,
        "updatedAt": task.updated_at,
        "createdBy": task.created_by_name,
        "closedAt": task.closed_at,
        "closedBy": task.closed_by_name or None,
    }


def is_overdue(task: Task, day: date) -> bool:
    """Whether its day has passed."""
    return (task.snoozed_until or task.due_on) < day
