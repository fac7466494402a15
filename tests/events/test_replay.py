"""Second chances: events replayed, repaired and skipped; dead letters repaired and dismissed."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.utils import timezone

from events.dead_letters import Letter, dismiss_dead_letter, keep, repair_dead_letter
from events.envelope import receive
from events.inbox import accept
from events.models import DeadLetter, Door, ErrorCode, InboxEvent, InboxStatus
from events.refusals import EnvelopeRefused, Refusal
from events.replay import Selection, repair_event, replay, skip_event
from profiles.ingest import process_pending
from profiles.models import Activity, CustomerProfile
from tenants.errors import ConflictError, InvalidError, NotFoundError
from tenants.models import Tenant
from tenants.redis_client import redis_client
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.envelopes import event

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def payment(event_id: str, amount_cents: object = 100, **changes: Any) -> dict[str, Any]:
    payload = {"id": event_id, "memberId": 7, "amountCents": amount_cents, "currency": "ZAR"}
    changes = {"type": "scl.payment.received", "source": "scl", "identity": {}, "payload": payload} | changes
    return event(id=event_id, **changes)


def tell(tenant: Tenant, *events: dict[str, Any]) -> None:
    """Accept events by the file door and process them."""
    accept(
        [(tenant.pk, receive({**each, "tenantId": tenant.slug}, now=NOW)) for each in events], door=Door.FILE
    )
    process(tenant)


def process(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        process_pending()


def row(event_id: str) -> InboxEvent:
    with all_tenants():
        found: InboxEvent = InboxEvent.objects.get(event_id=event_id)
        return found


def statuses() -> dict[str, str]:
    with all_tenants():
        return dict(InboxEvent.objects.values_list("event_id", "status"))


@pytest.fixture
def two_dead(fairview: Club, kingsmere: Club) -> None:
    """In each club an event that was applied and two that are dead."""
    for club in (fairview, kingsmere):
        slug = club.tenant.slug
        tell(
            club.tenant,
            payment(f"{slug}-good"),
            payment(f"{slug}-amount", "much"),
            payment(f"{slug}-type", type="scl.unheard.of"),
        )


def test_dead_events_of_the_open_scope_get_a_fresh_start(fairview: Club, two_dead: None) -> None:
    dead = row("fairview-amount")
    assert (dead.status, dead.attempts, dead.error_code) == ("DEAD", 1, ErrorCode.INVALID_PAYLOAD)

    with tenant_scope(fairview.tenant):
        replayed = replay(Selection())

    assert replayed == {fairview.tenant.pk: 2}
    fresh = row("fairview-amount")
    assert (fresh.status, fresh.attempts, fresh.due_at) == (InboxStatus.PENDING, 0, None)
    assert (fresh.error_code, fresh.error_field, fresh.error_message) == ("", "", "")
    assert fresh.processed_at == dead.processed_at
    assert statuses() == {
        "fairview-good": "SUCCESS",
        "fairview-amount": "PENDING",
        "fairview-type": "PENDING",
        "kingsmere-good": "SUCCESS",
        "kingsmere-amount": "DEAD",
        "kingsmere-type": "DEAD",
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "payment.received"}, {"fairview-amount", "kingsmere-amount"}),
        ({"type": "scl.unheard.of"}, {"fairview-type", "kingsmere-type"}),
        ({"code": "INVALID_PAYLOAD"}, {"fairview-amount", "kingsmere-amount"}),
        ({"since": NOW + timedelta(days=1)}, set()),
        ({"since": NOW - timedelta(days=1), "code": "UNKNOWN_TYPE"}, {"fairview-type", "kingsmere-type"}),
        ({"statuses": ["SUCCESS"]}, {"fairview-good", "kingsmere-good"}),
        ({"statuses": ["PENDING", "PROCESSING"]}, set()),
    ],
)
def test_a_choice_is_narrowed_by_all_that_is_said(
    choice: dict[str, Any], expected: set[str], two_dead: None
) -> None:
    with all_tenants():
        replay(Selection(**choice))

    assert {event_id for event_id, status in statuses().items() if status == "PENDING"} == expected


def test_replaying_what_was_applied_changes_nothing_twice(fairview: Club) -> None:
    tell(fairview.tenant, payment("p-1", 500), payment("p-2", 700))
    before = _figures(fairview)

    with tenant_scope(fairview.tenant):
        replayed = replay(Selection(statuses=["SUCCESS"]))
    process(fairview.tenant)

    assert replayed.total() == 2
    assert _figures(fairview) == before == [(1200, 2)]
    assert set(statuses().values()) == {"SUCCESS"}


def _figures(club: Club) -> list[tuple[int, int]]:
    with tenant_scope(club.tenant):
        return [
            (profile.lifetime_value_cents, Activity.objects.filter(profile_id=profile.pk).count())
            for profile in CustomerProfile.objects.all()
        ]


def test_a_repaired_event_keeps_what_it_said_at_first(fairview: Club) -> None:
    original = payment("p-1", "much")
    tell(fairview.tenant, original)

    for amount in ("more", 900):
        with tenant_scope(fairview.tenant):
            repair_event(row("p-1").pk, payment("p-1", amount), by=fairview.admin)
        assert row("p-1").status == InboxStatus.PENDING
        process(fairview.tenant)

    repaired = row("p-1")
    assert (repaired.status, repaired.priority) == (InboxStatus.SUCCESS, 2)
    assert repaired.original_envelope == original
    assert repaired.envelope == payment("p-1", 900)
    assert _figures(fairview) == [(900, 1)]


def test_a_repair_may_correct_type_and_time(fairview: Club) -> None:
    tell(fairview.tenant, payment("p-1", type="payment.recieved"))
    corrected = payment("p-1", 300, type="payment.received", timestamp="2026-02-01T00:00:00Z")

    with tenant_scope(fairview.tenant):
        repair_event(row("p-1").pk, corrected, by=fairview.admin)
    process(fairview.tenant)

    assert (row("p-1").type, row("p-1").occurred_at.isoformat()) == (
        "scl.payment.received",
        "2026-02-01T00:00:00+00:00",
    )
    assert _figures(fairview) == [(300, 1)]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"id": "p-2"}, "id"), ({"source": "teetime"}, "source"), ({"tenantId": "kingsmere"}, "tenantId")],
)
def test_a_repair_cannot_make_it_another_event(
    change: dict[str, str], field: str, fairview: Club, kingsmere: Club
) -> None:
    tell(fairview.tenant, payment("p-1", "much"))

    with tenant_scope(fairview.tenant), pytest.raises(InvalidError) as refused:
        repair_event(row("p-1").pk, {**payment("p-1"), **change}, by=fairview.admin)

    assert refused.value.field == field
    assert (row("p-1").status, row("p-1").original_envelope) == (InboxStatus.DEAD, None)


def test_a_repair_passes_the_checks_of_the_door(fairview: Club) -> None:
    tell(fairview.tenant, payment("p-1", "much"))

    with tenant_scope(fairview.tenant), pytest.raises(EnvelopeRefused) as refused:
        repair_event(row("p-1").pk, payment("p-1", timestamp="yesterday"), by=fairview.admin)

    assert (refused.value.code, refused.value.field) == (Refusal.INVALID_TIMESTAMP, "timestamp")
    assert row("p-1").status == InboxStatus.DEAD


def test_only_what_failed_can_be_repaired_or_skipped(fairview: Club, kingsmere: Club) -> None:
    tell(fairview.tenant, payment("good"), payment("bad", "much"))

    with tenant_scope(fairview.tenant):
        with pytest.raises(ConflictError, match="The event is SUCCESS"):
            repair_event(row("good").pk, payment("good", 1), by=fairview.admin)
        with pytest.raises(ConflictError, match="The event is SUCCESS"):
            skip_event(row("good").pk, by=fairview.admin)
        skip_event(row("bad").pk, by=fairview.admin)
    with tenant_scope(kingsmere.tenant), pytest.raises(NotFoundError):
        repair_event(row("bad").pk, payment("bad"), by=kingsmere.admin)

    skipped = row("bad")
    assert (skipped.status, skipped.error_code) == (InboxStatus.SKIPPED, ErrorCode.INVALID_PAYLOAD)
    process(fairview.tenant)
    assert row("bad").status == InboxStatus.SKIPPED


@pytest.mark.django_db(transaction=True)
def test_a_replay_wakes_the_workers_of_the_clubs_concerned(
    fairview: Club, kingsmere: Club, redis_server: "redis.Redis"
) -> None:
    tell(fairview.tenant, payment("p-1", "much"))
    redis_client().flushdb()

    with all_tenants():
        replay(Selection())

    assert list(redis_server.keys("crm:wake:*")) == [
        f"crm:wake:profiles.process_inbox:{fairview.tenant.pk}".encode()
    ]


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("replay_events", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_counts_then_replays(two_dead: None) -> None:
    assert command("--dead", "--dry-run") == "4 events would be replayed\n"
    assert command("--code", "UNKNOWN_TYPE", "--tenant", "KINGSMERE") == (
        "kingsmere: 1 event\n1 event will be processed anew\n"
    )
    assert (
        command("--id", str(row("fairview-good").pk)) == "fairview: 1 event\n1 event will be processed anew\n"
    )
    assert command("--dead", "--since", "2999-01-01") == "0 events will be processed anew\n"
    assert command("--dead", "--type", "payment.received") == (
        "fairview: 1 event\nkingsmere: 1 event\n2 events will be processed anew\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((), "Say which events"), (("--dead", "--tenant", "nobody"), "There is no active tenant 'nobody'")],
)
def test_the_command_asks_for_a_choice(arguments: tuple[str, ...], message: str, two_dead: None) -> None:
    with pytest.raises(CommandError, match=message):
        command(*arguments)

    assert "PENDING" not in statuses().values()


def dead_letter(body: dict[str, Any] | str, *, of: Club | None, name: str = "event") -> DeadLetter:
    text = body if isinstance(body, str) else json.dumps(body)
    refused = EnvelopeRefused(Refusal.INVALID_ENVELOPE, "Something is wrong.")
    letter = Letter("crm-events", "bullmq:1:2", name, text.encode(), refused, of.tenant.pk if of else None)
    keep([letter])
    with all_tenants():
        kept: DeadLetter = DeadLetter.objects.get()
        return kept


def test_a_repaired_letter_becomes_an_event(fairview: Club) -> None:
    letter = dead_letter(payment(""), of=fairview)

    with tenant_scope(fairview.tenant):
        accepted = repair_dead_letter(letter.pk, json.dumps(payment("mended")), by=fairview.admin)

    assert accepted.accepted == 1
    assert (row("mended").door, row("mended").envelope) == (Door.QUEUE, payment("mended"))
    with tenant_scope(fairview.tenant):
        letter.refresh_from_db()
    assert letter.handled_by == fairview.admin
    assert letter.handled_at is not None


def test_a_letter_keeps_what_only_its_job_knew(fairview: Club) -> None:
    letter = dead_letter("{", of=fairview, name="contactPreference.updated")
    body = {"tenantId": "fairview", "contactId": "c-1", "smsOptIn": True}

    with tenant_scope(fairview.tenant):
        repair_dead_letter(letter.pk, json.dumps(body), by=fairview.admin)

    assert row("bullmq:1:2").type == "messaging.contactPreference.updated"
    assert row("bullmq:1:2").occurred_at == letter.received_at.replace(
        microsecond=letter.received_at.microsecond // 1000 * 1000
    )


@pytest.mark.parametrize(
    ("body", "code"), [("{", "INVALID_JSON"), (json.dumps(payment("x", tenantId="nobody")), "UNKNOWN_TENANT")]
)
def test_a_letter_that_is_still_wrong_stays_open(body: str, code: str, fairview: Club) -> None:
    letter = dead_letter("{", of=None)

    with all_tenants(), pytest.raises(EnvelopeRefused) as refused:
        repair_dead_letter(letter.pk, body, by=fairview.admin)

    assert refused.value.code == code
    with all_tenants():
        assert DeadLetter.objects.get().handled_at is None
    assert statuses() == {}


def test_a_letter_stays_with_its_club(fairview: Club, kingsmere: Club) -> None:
    letter = dead_letter(payment(""), of=fairview)

    with tenant_scope(fairview.tenant), pytest.raises(InvalidError):
        repair_dead_letter(letter.pk, json.dumps(payment("x", tenantId="kingsmere")), by=fairview.admin)
    with tenant_scope(kingsmere.tenant):
        with pytest.raises(NotFoundError):
            repair_dead_letter(letter.pk, json.dumps(payment("x")), by=kingsmere.admin)
        with pytest.raises(NotFoundError):
            dismiss_dead_letter(letter.pk, by=kingsmere.admin)

    assert statuses() == {}


def test_a_letter_is_handled_once(fairview: Club) -> None:
    letter = dead_letter(payment(""), of=fairview)

    with tenant_scope(fairview.tenant):
        dismiss_dead_letter(letter.pk, by=fairview.admin)
        with pytest.raises(ConflictError):
            dismiss_dead_letter(letter.pk, by=fairview.admin)
        with pytest.raises(ConflictError):
            repair_dead_letter(letter.pk, json.dumps(payment("late")), by=fairview.admin)

    assert statuses() == {}
