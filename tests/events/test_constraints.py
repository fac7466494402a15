"""Every named constraint of the event floor, violated."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from events.models import DeadLetter, InboxEvent, ParkedEntry
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club

Violation = Callable[[Club], object]


def inbox_event(club: Club, **values: Any) -> InboxEvent:
    defaults: dict[str, Any] = {
        "source": "scl", "event_id": "e", "type": "scl.member.created", "occurred_at": timezone.now(),
        "door": "HTTP", "priority": 2, "envelope": {},
    }  # fmt: skip
    with tenant_scope(club.tenant):
        row: InboxEvent = InboxEvent.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def dead_letter(club: Club, **values: Any) -> DeadLetter:
    defaults: dict[str, Any] = {
        "queue": "crm-events", "job_id": "1", "job_name": "n", "code": "INVALID_JSON", "message": "m", "body": "b",
    }  # fmt: skip
    with all_tenants():
        row: DeadLetter = DeadLetter.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def parked_entry(club: Club, **values: Any) -> ParkedEntry:
    defaults: dict[str, Any] = {
        "consumer": "c", "log_id": 1, "kind": "profile.created", "data": {}, "at": timezone.now(), "error": "x",
    }  # fmt: skip
    with tenant_scope(club.tenant):
        row: ParkedEntry = ParkedEntry.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def twice(make: Callable[[Club], object]) -> Violation:
    def violate(club: Club) -> object:
        make(club)
        return make(club)

    return violate


def an_event(**values: Any) -> Violation:
    return lambda club: inbox_event(club, **values)


VIOLATIONS: dict[str, list[Violation]] = {
    "events_inbox_event_uq": [twice(inbox_event)],
    "events_inbox_status_ck": [an_event(status="LOST"), an_event(status="")],
    "events_inbox_priority_ck": [an_event(priority=0), an_event(priority=5)],
    "events_inbox_dead_reason_ck": [an_event(status="DEAD")],
    "events_deadletter_job_uq": [twice(dead_letter)],
    "events_deadletter_code_ck": [lambda club: dead_letter(club, code="BAD_LUCK")],
    "events_parked_entry_uq": [twice(parked_entry)],
    "events_parked_status_ck": [lambda club: parked_entry(club, status="EATEN")],
}


@pytest.mark.parametrize(
    ("name", "violate"), [(name, violate) for name, all_of in VIOLATIONS.items() for violate in all_of]
)
def test_the_database_itself_refuses_what_must_not_be(fairview: Club, name: str, violate: Violation) -> None:
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        violate(fairview)


def test_every_named_constraint_is_violated_above(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            SELECT conname FROM pg_constraint
            WHERE conrelid::regclass::text LIKE 'events\_%%' AND conname ~ '_(uq|ck|fk)$'
            UNION SELECT indexname FROM pg_indexes WHERE tablename LIKE 'events\_%%' AND indexname ~ '_uq$'
            """
        )
        names = {name for (name,) in cursor.fetchall()}

    assert names == set(VIOLATIONS)


def test_one_event_id_of_two_sources_or_tenants_is_two_events(fairview: Club, kingsmere: Club) -> None:
    inbox_event(fairview)
    inbox_event(fairview, source="teetime")
    inbox_event(kingsmere)

    with all_tenants():
        assert InboxEvent.objects.filter(event_id="e").count() == 3


def test_a_dead_event_with_its_reason_may_be_kept(fairview: Club) -> None:
    row = inbox_event(fairview, status="DEAD", error_code="NO_IDENTITY")

    assert row.status == "DEAD"
