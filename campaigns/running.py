"""The worker's side: find what is due, start, plan, decide tests, watch for errors, finish.

Each step is one short transaction that locks the campaign, then the occurrence. A worker that is killed leaves a lease;
whoever comes after it does the same step again, and nothing is planned twice (see `campaigns.planning`).

Not a `LeasedTable`: one claim looks at the occurrences of all clubs together with their campaigns' states, a step ends
with its own due time, and failures are counted apart from claims.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from campaigns import statements as sql
from campaigns.actions import SENT_KIND, add_occurrence, tried
from campaigns.audience import unsettled_segments
from campaigns.models import (
    Campaign,
    CampaignOccurrence,
    CampaignStatus,
    CampaignType,
    OccurrenceStatus,
    PauseReason,
    SendWindow,
)
from campaigns.models.occurrence import DUE_STATUSES
from campaigns.planning import first_plan, has_rest, plan, plan_triggered, rest_plan
from campaigns.schedule import is_late, next_occurrence
from campaigns.settings import settings_of
from campaigns.transitions import lock_campaign, move, note_act
from campaigns.winning import verdict_of
from events.iso_time import utc_text
from events.log import LogEntry, append
from messaging.holds import hold_source
from messaging.planning import Outcome
from tenants.models import Tenant
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, tenant_scope

logger = logging.getLogger(__name__)
MOST_AT_ONCE: Final = 10
LEASE: Final = timedelta(minutes=5)
LOOK_AGAIN: Final = timedelta(seconds=3)
# So many workers may die at an occurrence, one after the other.
MOST_LOST: Final = 5
DEADLY: Final = (
    "Every program that worked on it broke down, five in a row. The operator of the platform finds out why; after that,"
    " resume it."
)
# Planning that fails is tried so often, each time later.
RETRY_AFTER: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
# So long after its hour a campaign waits for segments whose rule was changed.
MEMBERS_WAIT: Final = timedelta(minutes=15)
# Of fewer messages an error says nothing about the rest.
FEWEST_TRIED: Final = 20
LONGEST_ERROR: Final = 2000


def claim_due(now: datetime | None = None, *, most: int = MOST_AT_ONCE) -> list[tuple[int, UUID]]:
    """Take what is due, over all tenants: (occurrence, tenant)."""
    now = now or timezone.now()
    values: dict[str, Any] = {"now": now, "lease": now + LEASE, "most": most, "most_lost": MOST_LOST}
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.CLAIM, values)
        return [(row_id, tenant_id) for row_id, tenant_id in cursor.fetchall()]


def run_due() -> int:
    """Do whatever is due; returns how many steps that were.

    Each is taken by itself, so that one at which a worker dies takes no other with it.
    """
    give_up_deadly()
    for count in range(MOST_AT_ONCE):
        claimed = claim_due(most=1)
        if not claimed:
            return count
        occurrence_id, tenant_id = claimed[0]
        with tenant_scope(tenant_id):
            run_occurrence(occurrence_id)
    return MOST_AT_ONCE


def give_up_deadly(now: datetime | None = None) -> int:
    """Pause campaigns at which too many workers died, one after the other, and say so; returns how many."""
    values: dict[str, Any] = {"now": now or timezone.now(), "most": MOST_AT_ONCE, "most_lost": MOST_LOST}
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.DEADLY, values)
        found: list[tuple[int, UUID]] = cursor.fetchall()

    def give_up(deadly: tuple[int, UUID]) -> None:
        with tenant_scope(deadly[1]):
            _note_failure(deadly[0], DEADLY)

    return len(one_by_one(found, give_up, what="giving up a campaign"))


def run_occurrence(occurrence_id: int) -> None:
    """The next step of one occurrence; what goes wrong is noted and tried again later."""
    try:
        with transaction.atomic():
            _step(occurrence_id)
    except Exception as error:
        # Whatever it was, the occurrence must not stay leased for ever without a word.
        logger.exception("a step of a campaign failed", extra={"occurrence_id": occurrence_id})
        _note_failure(occurrence_id, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])


def _step(occurrence_id: int) -> None:
    named = CampaignOccurrence.objects.filter(pk=occurrence_id).values_list("campaign_id", flat=True).first()
    if named is None:
        return
    campaign = lock_campaign(named)
    occurrence = CampaignOccurrence.objects.select_for_update().filter(pk=occurrence_id).first()
    if occurrence is None or occurrence.status not in DUE_STATUSES:
        return
    if campaign.status not in (CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE):
        return
    tenant, now = Tenant.objects.get(pk=campaign.tenant_id), timezone.now()
    STEPS[OccurrenceStatus(occurrence.status)](campaign, occurrence, tenant, now)


def _begin(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant, now: datetime) -> None:
    """Its hour has come: start, unless it was found so late that a person must decide, or nobody knows yet to whom."""
    grace = settings_of(tenant).grace
    if not occurrence.is_released and is_late(_first_moment(campaign, occurrence), now, grace):
        _ask_human(campaign, occurrence, now)
        return
    if not occurrence.is_released and (names := unsettled_segments(campaign)):
        _wait_for_members(campaign, occurrence, names, now)
        return
    if campaign.status == CampaignStatus.SCHEDULED:
        move(campaign, CampaignStatus.ACTIVE, act="started", started_at=campaign.started_at or now)
    if campaign.type == CampaignType.TRIGGERED:
        _save(occurrence, status=OccurrenceStatus.SENDING, due_at=now, planned_at=now)
        return
    decided = plan(first_plan(campaign, occurrence, tenant, now))
    _add_outcome(occurrence, decided)
    if has_rest(campaign):
        decide_at = max(occurrence.hour, now) + campaign.test_wait
        _save(occurrence, status=OccurrenceStatus.TESTING, decide_at=decide_at, planned_at=now)
    else:
        _save(occurrence, status=OccurrenceStatus.SENDING, planned_at=now)
    if campaign.type == CampaignType.RECURRING:
        _add_next(campaign, occurrence)


def _first_moment(campaign: Campaign, occurrence: CampaignOccurrence) -> datetime:
    """When the first person was to get it."""
    is_own_zone = campaign.window == SendWindow.OWN_ZONE and occurrence.due_at is not None
    return occurrence.due_at if is_own_zone and occurrence.due_at else occurrence.hour


def _ask_human(campaign: Campaign, occurrence: CampaignOccurrence, now: datetime) -> None:
    """Pause instead of sending at an hour that nobody chose. Resuming sends it, cancelling does not."""
    if campaign.status == CampaignStatus.SCHEDULED:
        move(campaign, CampaignStatus.ACTIVE, act="started", started_at=campaign.started_at or now)
    late = _length((now - _first_moment(campaign, occurrence)).total_seconds())
    other = "skip this time" if campaign.type == CampaignType.RECURRING else "cancel it"
    note = f"It was found {late} after its hour. Resume to send it now, or {other}."
    move(campaign, CampaignStatus.PAUSED, act="found_late", pause_reason=PauseReason.LATE, note=note)
    hold_source(campaign.pk, note)
    _save(occurrence, status=OccurrenceStatus.LATE, due_at=None)


def _wait_for_members(
    campaign: Campaign, occurrence: CampaignOccurrence, names: list[str], now: datetime
) -> None:
    """Segments are being counted by a new rule: wait a little, then let a person decide."""
    if now - _first_moment(campaign, occurrence) < MEMBERS_WAIT:
        _save(occurrence, due_at=now + LOOK_AGAIN)
        return
    if campaign.status == CampaignStatus.SCHEDULED:
        move(campaign, CampaignStatus.ACTIVE, act="started", started_at=campaign.started_at or now)
    note = (
        f"Not all members of {', '.join(names)[:120]} are known: the rule was changed, and is being counted or cannot"
        " be. Resume to send to the members as they stand."
    )
    move(campaign, CampaignStatus.PAUSED, act="paused_itself", pause_reason=PauseReason.ERRORS, note=note)
    hold_source(campaign.pk, note)
    _save(occurrence, status=OccurrenceStatus.LATE, due_at=None)


def _length(seconds: float) -> str:
    """A length of time in words."""
    for size, limit, unit in ((60, 120, "minutes"), (3600, 48, "hours")):
        if seconds / size < limit:
            return f"{max(round(seconds / size), 1)} {unit}"
    return f"{round(seconds / 86_400)} days"


def _add_outcome(occurrence: CampaignOccurrence, decided: Outcome) -> None:
    occurrence.audience += decided.written
    occurrence.planned += decided.of("PLANNED") + decided.of("DEFERRED")
    occurrence.skipped += decided.of("SKIPPED")
    for (status, reason, _), people in decided.counts.items():
        if status == "SKIPPED":
            occurrence.reasons[reason] = occurrence.reasons.get(reason, 0) + people


def _add_next(campaign: Campaign, occurrence: CampaignOccurrence) -> None:
    """The timer of the next time, made in the transaction in which this one was planned."""
    after = max(occurrence.hour, timezone.now())
    hour = next_occurrence(campaign.recur_pattern, campaign.zone, after=after, until=campaign.recur_end_at)
    if hour is not None:
        add_occurrence(campaign, hour)


def _watch_test(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant, now: datetime) -> None:
    """While the test runs only its errors matter; at its end, and not before, the rest gets the winner."""
    if _is_out_of_budget(campaign, occurrence, tenant):
        return
    assert occurrence.decide_at is not None  # noqa: S101 - campaigns_occurrence_test_ck
    if now < occurrence.decide_at:
        _save(occurrence, due_at=min(occurrence.decide_at, now + LOOK_AGAIN))
        return
    verdict = verdict_of(campaign, occurrence)
    decided = plan(rest_plan(campaign, occurrence, verdict["winner"], tenant, now))
    _add_outcome(occurrence, decided)
    note_act(campaign, "winner", note=f"Version {verdict['winner']}")
    _save(
        occurrence,
        status=OccurrenceStatus.SENDING,
        winner=verdict["winner"],
        verdict=verdict,
        due_at=now,
    )


def _watch_sending(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant, now: datetime) -> None:
    if _is_out_of_budget(campaign, occurrence, tenant):
        return
    if campaign.type == CampaignType.TRIGGERED:
        _plan_triggered(campaign, occurrence, tenant, now)
        return
    if _has_open(campaign, occurrence):
        _save(occurrence, due_at=now + LOOK_AGAIN)
        return
    _save(occurrence, status=OccurrenceStatus.COMPLETED, due_at=None, completed_at=now)
    _tell_sent(campaign, occurrence, now)
    if not campaign.occurrences.filter(status__in=[*DUE_STATUSES, OccurrenceStatus.LATE]).exists():
        move(campaign, CampaignStatus.COMPLETED, act="completed")


def _plan_triggered(
    campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant, now: datetime
) -> None:
    taken, decided = plan_triggered(campaign, occurrence, tenant)
    _add_outcome(occurrence, decided)
    has_ended = campaign.recur_end_at is not None and campaign.recur_end_at <= now
    if has_ended and not taken and not _has_open(campaign, occurrence):
        _save(occurrence, status=OccurrenceStatus.COMPLETED, due_at=None, completed_at=now)
        _tell_sent(campaign, occurrence, now)
        move(campaign, CampaignStatus.COMPLETED, act="completed")
        return
    _save(occurrence, due_at=now if taken else now + LOOK_AGAIN)


def _has_open(campaign: Campaign, occurrence: CampaignOccurrence) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.HAS_OPEN, _place(campaign, occurrence))
        row = cursor.fetchone()
    return bool(row and row[0])


def _place(campaign: Campaign, occurrence: CampaignOccurrence) -> dict[str, Any]:
    return {"tenant": campaign.tenant_id, "campaign": campaign.pk, "occurrence": str(occurrence.number)}


def _is_out_of_budget(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant) -> bool:
    """Pause where more failed than may, and say why; what a person has let pass is not counted again."""
    count, failed, why = tried(campaign, str(occurrence.number))
    new = failed - occurrence.forgiven
    if count < FEWEST_TRIED or new * 100 <= count * settings_of(tenant).error_percent:
        return False
    note = f"{new} of {count} messages failed." + (f" Mostly: {why}" if why else "")
    move(campaign, CampaignStatus.PAUSED, act="paused_itself", pause_reason=PauseReason.ERRORS, note=note)
    hold_source(campaign.pk, note)
    _save(occurrence)
    return True


def _tell_sent(campaign: Campaign, occurrence: CampaignOccurrence, now: datetime) -> None:
    with connection.cursor() as cursor:
        place = {"tenant": campaign.tenant_id, "campaign": campaign.pk}
        cursor.execute(sql.LEDGER, place)
        rows = [row for row in cursor.fetchall() if row[0] == str(occurrence.number)]

    def of(*statuses: str) -> int:
        return sum(people for _, status, _, people in rows if status in statuses)

    told = {
        "campaignId": str(campaign.pk),
        "occurrence": occurrence.number,
        "sentCount": of("HANDED_OVER", "DELIVERED", "BOUNCED"),
        "skippedCount": of("SKIPPED"),
        "failedCount": of("FAILED"),
        "completedAt": utc_text(now),
    }
    append([LogEntry(SENT_KIND, None, told)])


def _save(occurrence: CampaignOccurrence, **changes: Any) -> None:
    """Write the step's outcome and give the lease back."""
    for name, value in changes.items():
        setattr(occurrence, name, value)
    occurrence.leased_until, occurrence.attempts, occurrence.last_error = None, 0, ""
    occurrence.save()


def _note_failure(occurrence_id: int, error: str) -> None:
    """Try again later; after the last time the campaign pauses and says why."""
    with transaction.atomic():
        occurrence = CampaignOccurrence.objects.select_for_update().filter(pk=occurrence_id).first()
        if occurrence is None or occurrence.status not in DUE_STATUSES:
            return
        occurrence.last_error, occurrence.leased_until = error, None
        place = min(max(occurrence.attempts, 1), len(RETRY_AFTER)) - 1
        occurrence.due_at = timezone.now() + RETRY_AFTER[place]
        occurrence.save()
    if occurrence.attempts > len(RETRY_AFTER):
        _pause_broken(occurrence.campaign_id, error)


@transaction.atomic
def _pause_broken(campaign_id: UUID, error: str) -> None:
    campaign = lock_campaign(campaign_id)
    if campaign.status == CampaignStatus.SCHEDULED:
        move(campaign, CampaignStatus.ACTIVE, act="started", started_at=timezone.now())
    if campaign.status == CampaignStatus.ACTIVE:
        note = f"It could not be planned. {error}"
        move(campaign, CampaignStatus.PAUSED, act="paused_itself", pause_reason=PauseReason.ERRORS, note=note)
        hold_source(campaign.pk, note)


STEPS: Final = {
    OccurrenceStatus.WAITING: _begin,
    OccurrenceStatus.TESTING: _watch_test,
    OccurrenceStatus.SENDING: _watch_sending,
}
