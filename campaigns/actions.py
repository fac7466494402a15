"""What people do with a campaign: schedule, take back, pause, resume, cancel, test. Each locks the campaign first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from campaigns import statements as sql
from campaigns.audience import count_audience
from campaigns.editing import lacks_approval
from campaigns.errors import CampaignNotFound, IllegalMove, NeedsApproval, NotReady
from campaigns.models import (
    Campaign,
    CampaignOccurrence,
    CampaignStatus,
    CampaignType,
    OccurrenceStatus,
    PauseReason,
    SendWindow,
)
from campaigns.models.occurrence import OPEN_STATUSES
from campaigns.readiness import problems_of
from campaigns.schedule import occurrences, planned_at
from campaigns.settings import settings_of
from campaigns.texts import arms_of, keep_texts
from campaigns.transitions import check_move, lock_campaign, move, note_act
from events.log import LogEntry, append
from messaging import planning
from messaging.holds import cancel_source, hold_source, release_source
from messaging.models import Source
from messaging.planning import Candidate, Decision, Sending
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.scope import current_tenant_id

SCHEDULED_KIND: Final = "campaign.scheduled"
SENT_KIND: Final = "campaign.sent"
MOST_TESTERS: Final = 20


def get_campaign(campaign_id: UUID) -> Campaign:
    """The campaign; raises CampaignNotFound, also for another club's."""
    found: Campaign | None = Campaign.objects.filter(pk=campaign_id).first()
    if found is None:
        raise CampaignNotFound
    return found


@transaction.atomic
def schedule_campaign(campaign_id: UUID, at: datetime | None = None) -> Campaign:
    """Set the timer: at its own hour, at `at`, or at once.

    Raises IllegalMove, NotReady with everything that is missing, NeedsApproval, InvalidError for an hour that has gone.
    """
    campaign, now = lock_campaign(campaign_id), timezone.now()
    check_move(campaign.status, CampaignStatus.SCHEDULED)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    problems = problems_of(campaign)
    if problems:
        raise NotReady(problems)
    if lacks_approval(campaign, tenant):
        raise NeedsApproval
    hour = _first_hour(campaign, at or campaign.scheduled_at or now, now, tenant)
    move(campaign, CampaignStatus.SCHEDULED, act="scheduled", scheduled_at=at or campaign.scheduled_at or now)
    add_occurrence(campaign, hour)
    target = 0 if campaign.type == CampaignType.TRIGGERED else count_audience(campaign)
    append([LogEntry(SCHEDULED_KIND, None, {"campaignId": str(campaign.pk), "targetCount": target})])
    return campaign


def _first_hour(campaign: Campaign, wanted: datetime, now: datetime, tenant: Tenant) -> datetime:
    """The hour of the first occurrence that nobody skipped; raises InvalidError where it has gone or never comes."""
    if now - wanted > settings_of(tenant).grace:
        raise InvalidError("That hour has gone. Choose one that is to come.", field="scheduledAt")
    if campaign.type != CampaignType.RECURRING:
        return wanted
    skipped = set(
        campaign.occurrences.filter(status=OccurrenceStatus.CANCELLED).values_list("hour", flat=True)
    )
    coming = occurrences(
        campaign.recur_pattern, campaign.zone, after=max(wanted, now), until=campaign.recur_end_at
    )
    hour = next((hour for hour in coming if hour not in skipped), None)
    if hour is None:
        raise InvalidError("It would never be sent: it ends before its first time.", field="recurEndAt")
    return hour


def add_occurrence(campaign: Campaign, hour: datetime) -> CampaignOccurrence:
    """The timer of one sending; the same hour again is the same row. The campaign is locked by the caller."""
    last = campaign.occurrences.order_by("-number").values_list("number", flat=True).first()
    is_own_zone = campaign.window == SendWindow.OWN_ZONE
    row: CampaignOccurrence
    row, _ = CampaignOccurrence.objects.get_or_create(
        tenant_id=campaign.tenant_id,
        campaign=campaign,
        hour=hour,
        defaults={
            "number": (last or 0) + 1,
            # Where the first clocks show it already it is planned at once, and is not late for that.
            "due_at": max(planned_at(hour, is_own_zone=is_own_zone), min(hour, timezone.now())),
        },
    )
    return row


@transaction.atomic
def unschedule_campaign(campaign_id: UUID) -> Campaign:
    """Back to a draft: nothing was planned yet, and a time that was skipped is forgotten as well.

    Raises IllegalMove once the time was reached.
    """
    campaign = lock_campaign(campaign_id)
    move(campaign, CampaignStatus.DRAFT, act="unscheduled")
    campaign.occurrences.all().delete()
    return campaign


@transaction.atomic
def reschedule_campaign(campaign_id: UUID, at: datetime) -> Campaign:
    """Move a scheduled campaign to another hour, as the calendar does. Raises IllegalMove unless SCHEDULED."""
    campaign, now = lock_campaign(campaign_id), timezone.now()
    if campaign.status != CampaignStatus.SCHEDULED:
        raise IllegalMove(campaign.status, CampaignStatus.SCHEDULED.value)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    hour = _first_hour(campaign, at, now, tenant)
    campaign.occurrences.filter(status=OccurrenceStatus.WAITING).delete()
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=at, updated_at=now)
    campaign.scheduled_at = at
    add_occurrence(campaign, hour)
    note_act(campaign, "rescheduled", note=at.isoformat())
    return campaign


@transaction.atomic
def pause_campaign(
    campaign_id: UUID, *, reason: PauseReason = PauseReason.PERSON, note: str = ""
) -> Campaign:
    """Nothing more is claimed; what a worker is handing over at this moment (one batch) still goes out."""
    campaign = lock_campaign(campaign_id)
    move(campaign, CampaignStatus.PAUSED, act="paused", pause_reason=reason, note=note)
    hold_source(campaign.pk, note or reason.label)
    return campaign


@transaction.atomic
def resume_campaign(campaign_id: UUID) -> Campaign:
    """Go on where it stood. What was found late or could not be planned is sent now; failures so far are forgiven.

    Raises IllegalMove unless PAUSED: what is scheduled becomes active as well, but by its hour alone.
    """
    campaign, now = lock_campaign(campaign_id), timezone.now()
    if campaign.status != CampaignStatus.PAUSED:
        raise IllegalMove(campaign.status, CampaignStatus.ACTIVE.value)
    move(campaign, CampaignStatus.ACTIVE, act="resumed", started_at=campaign.started_at or now)
    release_source(campaign.pk)
    late = campaign.occurrences.filter(status=OccurrenceStatus.LATE)
    late.update(status=OccurrenceStatus.WAITING, due_at=now, is_released=True)
    unplanned = campaign.occurrences.filter(status=OccurrenceStatus.WAITING).exclude(last_error="")
    unplanned.update(due_at=now, is_released=True, attempts=0)
    running = campaign.occurrences.filter(status__in=[OccurrenceStatus.TESTING, OccurrenceStatus.SENDING])
    for occurrence in running:
        _, failed, _ = tried(campaign, str(occurrence.number))
        running.filter(pk=occurrence.pk).update(forgiven=failed, due_at=now, attempts=0)
    return campaign


@transaction.atomic
def cancel_campaign(campaign_id: UUID) -> Campaign:
    """Never send the rest. What was sent stays counted; what was planned is skipped (CANCELLED)."""
    campaign = lock_campaign(campaign_id)
    move(campaign, CampaignStatus.CANCELLED, act="cancelled")
    cancel_source(campaign.pk)
    release_source(campaign.pk)
    campaign.occurrences.filter(status__in=OPEN_STATUSES).update(
        status=OccurrenceStatus.CANCELLED, due_at=None, leased_until=None, completed_at=timezone.now()
    )
    return campaign


def tried(campaign: Campaign, occurrence: str) -> tuple[int, int, str]:
    """How many messages of an occurrence were tried, how many of them failed, and the commonest words of why.

    Of a campaign that events set off the newest since it was last resumed: it goes on for years.
    """
    statement = sql.TRIED_LATELY if campaign.type == CampaignType.TRIGGERED else sql.TRIED
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "tenant": campaign.tenant_id,
            "campaign": campaign.pk,
            "occurrence": occurrence,
        }
        cursor.execute(statement, parameters)
        count, failed, why = cursor.fetchone() or (0, 0, "")
    return int(count), int(failed), why or ""


@transaction.atomic
def test_campaign(campaign_id: UUID, profile_ids: Sequence[UUID]) -> list[Decision]:
    """Send each arm to these people now, marked as a test and counted nowhere; says what was decided of each.

    Consent counts for tests too. Raises InvalidError for nobody or too many, NotReady where there is nothing to say.
    """
    campaign = get_campaign(campaign_id)
    chosen = list(dict.fromkeys(profile_ids))
    if not 1 <= len(chosen) <= MOST_TESTERS:
        raise InvalidError(f"Name 1 to {MOST_TESTERS} people.", field="customerIds")
    arms = arms_of(campaign)
    texts = [(arm, keep_texts(campaign, arm, is_test=len(arms) > 1)) for arm in arms]
    if not all(kept for _, kept in texts):
        raise NotReady([{"field": "content", "message": "There is nothing to say yet."}])
    candidates = _test_candidates(campaign, chosen, texts)
    sending = Sending(source=Source.TEST, source_id=campaign.pk, one_per_mailbox=False)
    with connection.cursor() as cursor:
        planning.open_candidates(cursor)
        planning.stage(cursor, candidates)
        decided = planning.decisions(cursor, sending)
        planning.plan(cursor, sending)
    note_act(campaign, "tested", note=f"to {len(chosen)}")
    return decided


def _test_candidates(campaign: Campaign, chosen: Sequence[UUID], texts: Any) -> list[Candidate]:
    run = uuid4()
    return [
        Candidate(
            profile_id=profile_id,
            key=f"test:{campaign.pk}:{run}:{arm.label}:{profile_id}",
            ways=kept,
            occurrence=f"test:{run}",
            variant=arm.label,
        )
        for profile_id in chosen
        for arm, kept in texts
    ]
