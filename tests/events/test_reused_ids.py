"""One id with other content is told, never swallowed; a clock that is ahead does not rule for a day."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import DeadLetter, InboxEvent
from events.transports.queue_intake import take_in
from events.transports.queued_jobs import QueuedJob
from profiles.ingest import process_pending
from profiles.models import CustomerProfile
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.cast import Club
from tests.events.test_http_door import event, post
from tests.profiles import stories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(fairview: Club) -> Client:
    return Client(headers=factories.bearer(fairview.tenant, scopes=["crm:events"]))


def letters() -> list[tuple[str, str]]:
    with all_tenants():
        return list(DeadLetter.objects.order_by("pk").values_list("queue", "code"))


def job(job_id: str, email: str, *, at_ms: int, **data: Any) -> QueuedJob:
    """A job of Messaging with a bare payload."""
    body = {"tenantId": "fairview", "contactId": "c-1", "email": email, **data}
    return QueuedJob(job_id.encode(), "contact.updated", json.dumps(body).encode(), at_ms, {})


def test_a_refund_under_a_payments_id_is_told_and_kept(api: Client, fairview: Club) -> None:
    post(api, event("p-2"))

    answer = post(api, [event("p-2"), event("e-3"), event("p-2", type="scl.payment.refunded")]).json()

    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [(one["index"], one["code"]) for one in answer["rejected"]] == [(2, "ID_REUSED")]
    assert letters() == [("http", "ID_REUSED")]


def test_the_same_event_with_another_time_is_the_same_event(api: Client, fairview: Club) -> None:
    post(api, event("p-2"))

    answer = post(api, event("p-2", timestamp="2026-03-01T09:00:00+02:00", metadata={"attempt": 2})).json()

    assert answer == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert letters() == []


def test_two_that_differ_in_one_batch_are_told_apart(api: Client, fairview: Club) -> None:
    answer = post(api, [event("p-2"), event("p-2", identity={"sclMemberId": 4712})]).json()

    assert (answer["accepted"], [one["index"] for one in answer["rejected"]]) == (1, [1])


def test_a_jobs_own_id_may_be_used_again(fairview: Club) -> None:
    first, second = (
        job("c-1", "karin.old@example.com", at_ms=1_767_225_600_000),
        job("c-1", "karin.new@example.com", at_ms=1_767_225_603_000),
    )
    now = timezone.now()
    take_in([first], queue="crm-events", now=now)
    took = take_in([second], queue="crm-events", now=now)
    again = take_in([second], queue="crm-events", now=now)

    assert (took.accepted, again.accepted, again.duplicates) == (1, 0, 1)
    with tenant_scope(fairview.tenant):
        ids = list(InboxEvent.objects.order_by("pk").values_list("event_id", flat=True))
    assert ids == ["c-1", "c-1@1767225603000"]


def test_what_was_said_first_may_be_said_again_after_something_else(fairview: Club) -> None:
    now, at_ms = timezone.now(), 1_767_225_600_000
    jobs = [
        job("c-1", f"karin.{name}@example.com", at_ms=at_ms + 3_000 * place)
        for place, name in enumerate(["old", "new", "old", "new", "old"])
    ]
    took = [take_in([each], queue="crm-events", now=now).accepted for each in jobs]
    redelivered = [take_in([each], queue="crm-events", now=now).accepted for each in jobs]
    once_more = take_in([job("c-9", "k@example.com", at_ms=at_ms)], queue="crm-events", now=now)
    repeated = take_in([job("c-9", "k@example.com", at_ms=at_ms + 9_000)], queue="crm-events", now=now)

    assert took == [1] * 5
    assert redelivered == [0] * 5
    assert (once_more.accepted, repeated.accepted, repeated.duplicates) == (1, 0, 1)
    with tenant_scope(fairview.tenant):
        process_pending()
        karin = CustomerProfile.objects.get(messaging_contact_id="c-1", email="karin.old@example.com")
    assert karin.status == "ACTIVE"


def test_an_event_id_that_a_job_gives_twice_is_a_dead_letter(fairview: Club) -> None:
    now = timezone.now()
    take_in([job("7", "a@example.com", at_ms=1_767_225_600_000, eventId="e-7")], queue="crm-events", now=now)
    take_in([job("8", "b@example.com", at_ms=1_767_225_601_000, eventId="e-7")], queue="crm-events", now=now)

    assert letters() == [("queue", "ID_REUSED")]


def test_a_clock_that_is_hours_ahead_does_not_beat_what_others_say_now(fairview: Club) -> None:
    ahead = timezone.now() + timedelta(hours=23)
    stories.tell(
        fairview.tenant,
        stories.player("p-1", name="Ann", handicap=30.0, at=ahead) | {"id": "e-1"},
        stories.player("p-1", name="Ann", handicap=12.0, at=timezone.now() + timedelta(minutes=1)),
    )

    with tenant_scope(fairview.tenant):
        ann = CustomerProfile.objects.get()
        remarks = InboxEvent.objects.get(event_id="e-1").remarks
    assert ann.handicap_tenths == 120
    assert [one["field"] for one in remarks or []] == ["timestamp"]
