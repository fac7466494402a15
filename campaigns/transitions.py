"""Which status may follow on which, and the one way to change it: a conditional update that names both states."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from campaigns.errors import CampaignNotFound, IllegalMove
from campaigns.models import Campaign, CampaignAct, CampaignStatus, PauseReason
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.scope import current_tenant_id

DRAFT, SCHEDULED, ACTIVE = CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.ACTIVE
PAUSED, COMPLETED, CANCELLED = CampaignStatus.PAUSED, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED

# From → what may follow. Whatever is not here is illegal.
MOVES: Final[Mapping[CampaignStatus, frozenset[CampaignStatus]]] = {
    DRAFT: frozenset({SCHEDULED}),
    SCHEDULED: frozenset({DRAFT, ACTIVE}),
    ACTIVE: frozenset({PAUSED, COMPLETED}),
    PAUSED: frozenset({ACTIVE, CANCELLED}),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}
LONGEST_NOTE: Final = 300


def sources_of(wanted: CampaignStatus) -> list[str]:
    """The statuses from which the wanted one may be reached."""
    return [source.value for source, targets in MOVES.items() if wanted in targets]


def check_move(present: str, wanted: CampaignStatus) -> None:
    """Raise IllegalMove unless the wanted status may follow on the present one."""
    if wanted not in MOVES[CampaignStatus(present)]:
        raise IllegalMove(present, wanted.value)


def lock_campaign(campaign_id: UUID) -> Campaign:
    """The campaign, locked until the open transaction ends: always before its occurrences. Raises CampaignNotFound."""
    campaign: Campaign | None = (
        Campaign.objects.select_for_update(of=("self",), no_key=True).filter(pk=campaign_id).first()
    )
    if campaign is None:
        raise CampaignNotFound
    return campaign


def move(
    campaign: Campaign,
    wanted: CampaignStatus,
    *,
    act: str,
    note: str = "",
    pause_reason: PauseReason = PauseReason.NONE,
    **changes: Any,
) -> None:
    """Put the campaign into the wanted status, with other columns changed along, and note who did it.

    Raises IllegalMove where somebody else was faster or the move was never possible; the row given follows.
    """
    before, now = campaign.status, timezone.now()
    values = {
        "pause_reason": pause_reason.value if wanted is PAUSED else "",
        "pause_note": note[:LONGEST_NOTE] if wanted is PAUSED else "",
        "completed_at": now if wanted in (COMPLETED, CANCELLED) else None,
        "updated_at": now,
        **changes,
    }
    allowed = Campaign.objects.filter(pk=campaign.pk, status__in=sources_of(wanted))
    if allowed.update(status=wanted.value, **values) != 1:
        present = Campaign.objects.filter(pk=campaign.pk).values_list("status", flat=True).first()
        if present is None:
            raise CampaignNotFound
        raise IllegalMove(present, wanted.value)
    campaign.status = wanted.value
    for name, value in values.items():
        setattr(campaign, name, value)
    note_act(campaign, act, note=note, before=before, after=wanted.value)


def note_act(campaign: Campaign, act: str, *, note: str = "", before: str = "", after: str = "") -> None:
    """Write the campaign's own history and the club's action log."""
    CampaignAct.objects.create(
        tenant_id=current_tenant_id(),
        campaign_id=campaign.pk,
        act=act,
        from_status=before,
        to_status=after,
        note=note[:LONGEST_NOTE],
        actor_name=current_actor().name,
        at=timezone.now(),
    )
    log_action(f"campaign.{act}", subject_kind="campaign", subject_id=campaign.pk)
