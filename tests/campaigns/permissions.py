"""Who may make, send and read campaigns."""

from collections.abc import Mapping
from typing import Any, Final

from campaigns.actions import pause_campaign, schedule_campaign
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.rhythm import skip_next
from campaigns.running import run_occurrence
from messaging.models import Delivery
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, segment
from tests.permissions import ADMIN, CAMPAIGN, CAMPAIGN_MAKE, MANAGER, VIEWER, Page, Row, World

# Tokens and keys of the table belong to nobody with a name here, and a service approves nothing.
BY_A_PERSON: Final = "   401 401  403  403  403  409  403  403  409  404     404"
ALL: Final = "/api/v1/campaigns"
OWN: Final = "?tenantId=fairview"
ONE: Final = "/api/v1/campaigns/{campaign}"


def a_draft(world: World) -> Mapping[str, object]:
    """A draft that is ready, to the club's one customer."""
    with tenant_scope(world.club.tenant):
        name = f"Ready {Campaign.objects.count()}"
        everybody = segment(
            world.club.tenant, list(CustomerProfile.objects.filter(pk=world.customer_id)), name
        )
        return {"campaign": draft(everybody).pk}


def scheduled(world: World) -> Mapping[str, object]:
    """One that waits for its hour."""
    made = a_draft(world)
    with tenant_scope(world.club.tenant):
        schedule_campaign(made["campaign"])  # type: ignore[arg-type]
    return made


def active(world: World) -> Mapping[str, object]:
    """One that is being sent."""
    made = scheduled(world)
    with tenant_scope(world.club.tenant):
        run_occurrence(CampaignOccurrence.objects.get(campaign_id=made["campaign"]).pk)
    return made


def repeating(world: World) -> Mapping[str, object]:
    """One that is sent again and again."""
    made = a_draft(world)
    with tenant_scope(world.club.tenant):
        Campaign.objects.filter(pk=made["campaign"]).update(type="RECURRING", recur_pattern="0 9 * * 1")
        schedule_campaign(made["campaign"])  # type: ignore[arg-type]
    return made


def skipping(world: World) -> Mapping[str, object]:
    """One whose next time is skipped."""
    made = repeating(world)
    with tenant_scope(world.club.tenant):
        skip_next(made["campaign"])  # type: ignore[arg-type]
    return made


def paused(world: World) -> Mapping[str, object]:
    """One that is paused."""
    made = active(world)
    with tenant_scope(world.club.tenant):
        pause_campaign(made["campaign"])  # type: ignore[arg-type]
    return made


REST: Final = (
    Row("campaigns", "GET", f"{ALL}{OWN}", CAMPAIGN),
    Row("campaigns", "POST", f"{ALL}{OWN}", CAMPAIGN_MAKE, {"name": "New"}),
    Row("campaign", "GET", f"{ONE}{OWN}", CAMPAIGN, prepare=a_draft),
    Row("campaign", "PATCH", f"{ONE}{OWN}", CAMPAIGN, {"name": "Other"}, prepare=a_draft),
    Row("schedule-campaign", "POST", f"{ONE}/schedule{OWN}", CAMPAIGN, {}, prepare=a_draft),
    Row("unschedule-campaign", "POST", f"{ONE}/unschedule{OWN}", CAMPAIGN, {}, prepare=scheduled),
    Row("pause-campaign", "POST", f"{ONE}/pause{OWN}", CAMPAIGN, {}, prepare=active),
    Row("skip-campaign-time", "POST", f"{ONE}/skip{OWN}", CAMPAIGN, {}, prepare=repeating),
    Row("unskip-campaign-time", "POST", f"{ONE}/unskip{OWN}", CAMPAIGN, {}, prepare=skipping),
    Row("resume-campaign", "POST", f"{ONE}/resume{OWN}", CAMPAIGN, {}, prepare=paused),
    Row("cancel-campaign", "POST", f"{ONE}/cancel{OWN}", CAMPAIGN, {}, prepare=paused),
    Row("test-campaign", "POST", f"{ONE}/test{OWN}", CAMPAIGN, {"customerIds": ["{id}"]}, prepare=a_draft),
    Row("duplicate-campaign", "POST", f"{ONE}/duplicate{OWN}", CAMPAIGN_MAKE, {}, prepare=a_draft),
    Row("archive-campaign", "POST", f"{ONE}/archive{OWN}", CAMPAIGN, {}, prepare=a_draft),
    Row("unarchive-campaign", "POST", f"{ONE}/unarchive{OWN}", CAMPAIGN, {}, prepare=a_draft),
    Row("ask-campaign-approval", "POST", f"{ONE}/ask-approval{OWN}", CAMPAIGN, {}, prepare=a_draft),
    Row("approve-campaign", "POST", f"{ONE}/approve{OWN}", BY_A_PERSON, {}, prepare=a_draft),
    Row("campaign-stats", "GET", f"{ONE}/stats{OWN}", CAMPAIGN, prepare=a_draft),
    Row("campaign-recipients", "GET", f"{ONE}/recipients{OWN}", CAMPAIGN, prepare=a_draft),
    Row("campaign-analytics", "GET", f"/api/v1/analytics/campaigns{OWN}", CAMPAIGN),
)

PAGES: Final = (
    Page("campaigns", VIEWER),
    Page("campaign_new", MANAGER, "POST"),
    Page("campaign_edit", MANAGER),
    Page("campaign_reach", MANAGER, "POST"),
    Page("campaign_preview", MANAGER, "POST"),
    Page("campaign_schedule", MANAGER, "POST"),
    Page("campaign", VIEWER),
    Page("campaign_progress", VIEWER),
    Page("campaign_recipients", VIEWER),
    Page("campaign_act", MANAGER, "POST"),
    Page("campaign_calendar", VIEWER),
    Page("campaign_move", MANAGER, "POST"),
    Page("campaign_rhythms", VIEWER),
    Page("campaign_rhythm", MANAGER, "POST"),
    Page("campaign_settings", ADMIN),
)


def things(world: World) -> dict[str, object]:
    """The arguments of the pages' addresses."""
    return {"campaign_id": a_draft(world)["campaign"], "step": "audience"}


def state() -> Any:
    """What nobody who is refused may change."""
    return [
        list(Campaign.objects.order_by("pk").values_list("pk", "name", "status", "version")),
        Delivery.objects.count(),
    ]
