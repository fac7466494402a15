"""Rows of campaigns for tests, and ways to violate each of their constraints."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from campaigns.models import (
    Campaign,
    CampaignAct,
    CampaignConversion,
    CampaignCount,
    CampaignLink,
    CampaignOccurrence,
    CampaignRecount,
    CampaignVariant,
    TriggeredPerson,
)
from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club, make_club
from tests.constraints import Violation

NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)


def campaign(club: Club, **values: Any) -> Campaign:
    """A draft, unless told otherwise."""
    defaults: dict[str, Any] = {
        "name": "Spring Open",
        "timezone": "Africa/Johannesburg",
        "channels": ["EMAIL"],
    }
    with tenant_scope(club.tenant):
        row: Campaign = Campaign.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def _child(model: Any, club: Club, values: dict[str, Any]) -> Any:
    parent = values.pop("campaign", None) or campaign(club)
    with tenant_scope(club.tenant):
        return model.objects.create(tenant=club.tenant, campaign=parent, **values)


def variant(club: Club, **values: Any) -> Any:
    return _child(CampaignVariant, club, {"label": "A"} | values)


def act(club: Club, **values: Any) -> Any:
    return _child(CampaignAct, club, {"act": "paused", "actor_name": "Thandi", "at": NOW} | values)


def occurrence(club: Club, **values: Any) -> Any:
    return _child(CampaignOccurrence, club, {"number": 1, "hour": NOW, "due_at": NOW} | values)


def person(club: Club) -> UUID:
    with tenant_scope(club.tenant):
        row: CustomerProfile = CustomerProfile.objects.create(
            tenant=club.tenant, created_at=NOW, updated_at=NOW
        )
    return row.id


def _about_somebody(club: Club, values: dict[str, Any]) -> dict[str, Any]:
    profile_id = values.pop("profile_id", None) or person(club)
    return {"profile_id": profile_id, "origin_profile_id": profile_id, "activity_id": 256} | values


def triggered(club: Club, **values: Any) -> Any:
    return _child(TriggeredPerson, club, _about_somebody(club, {"due_at": NOW} | values))


COUNTS = {
    "handed_over": 0, "delivered": 0, "bounced": 0, "failed": 0, "opened": 0, "machine_opened": 0,
    "clicked": 0, "unsubscribed": 0, "complained": 0, "replied": 0, "converted": 0, "revenue_cents": 0,
    "variant": "A", "channel": "EMAIL", "occurrence": "1",
}  # fmt: skip


def count(club: Club, **values: Any) -> Any:
    return _child(CampaignCount, club, COUNTS | values)


def recount(club: Club, **values: Any) -> Any:
    return _child(CampaignRecount, club, {"occurrence": "1", "noted_at": NOW} | values)


def link(club: Club, **values: Any) -> Any:
    defaults = {
        "occurrence": "1",
        "variant": "A",
        "url": "https://a.example/",
        "clicks": 0,
        "machine_clicks": 0,
    }
    return _child(CampaignLink, club, defaults | values)


def conversion(club: Club, **values: Any) -> Any:
    defaults = {
        "occurrence": "1", "variant": "A", "channel": "EMAIL", "goal": "BOOKED", "at": NOW, "amount_cents": 0,
        "is_held_out": False,
    }  # fmt: skip
    return _child(CampaignConversion, club, _about_somebody(club, defaults | values))


def with_(make: Callable[..., object], **values: Any) -> Violation:
    return lambda club: make(club, **values)


def twice(make: Callable[..., object], *, same: bool = True, **values: Any) -> Violation:
    """Two rows of one campaign, with the same values."""

    def violate(club: Club) -> object:
        parent = campaign(club)
        who = {"profile_id": person(club)} if make in (triggered, conversion) else {}
        make(club, campaign=parent, **who, **values)
        return make(club, campaign=parent if same else campaign(club), **who, **values)

    return violate


def of_another_club(make: Callable[..., object]) -> Violation:
    """A row of another tenant than its campaign's."""

    def violate(club: Club) -> object:
        parent = campaign(club)
        return make(make_club(factories.tenant("elsewhere")), campaign=parent)

    return violate


def of_nobody(make: Callable[..., object]) -> Violation:
    return lambda club: make(club, profile_id=uuid4())


def same_id_twice(club: Club) -> object:
    row = campaign(club)
    with tenant_scope(club.tenant):
        return Campaign.objects.bulk_create(
            [Campaign(id=row.pk, tenant=club.tenant, name="x", timezone="UTC")]
        )


SENT = {"status": "SCHEDULED", "scheduled_at": NOW}
VIOLATIONS: dict[str, list[Violation]] = {
    "campaigns_campaign_name_ck": [with_(campaign, name="")],
    "campaigns_campaign_type_ck": [with_(campaign, type="DAILY")],
    "campaigns_campaign_status_ck": [with_(campaign, status="SENT", scheduled_at=NOW)],
    "campaigns_campaign_way_ck": [with_(campaign, channels=["EMAIL", "FAX"])],
    "campaigns_campaign_window_ck": [
        with_(campaign, window="NEVER"),
        with_(campaign, spread_minutes=-1),
        with_(campaign, spread_minutes=10_081),
    ],
    "campaigns_campaign_goal_ck": [with_(campaign, goal="SMILED")],
    "campaigns_campaign_days_ck": [with_(campaign, goal_days=0), with_(campaign, goal_days=91)],
    "campaigns_campaign_holdout_ck": [
        with_(campaign, hold_out_percent=-1),
        with_(campaign, hold_out_percent=51),
    ],
    "campaigns_campaign_test_ck": [
        with_(campaign, winner_metric="LUCK"),
        with_(campaign, test_percent=0),
        with_(campaign, test_minutes=0),
    ],
    "campaigns_campaign_trigger_ck": [
        with_(campaign, trigger_delay_minutes=-1),
        with_(campaign, trigger_cap_days=366),
    ],
    "campaigns_campaign_hour_ck": [with_(campaign, status="SCHEDULED")],
    "campaigns_campaign_recur_ck": [with_(campaign, type="RECURRING", **SENT)],
    "campaigns_campaign_event_ck": [with_(campaign, type="TRIGGERED", **SENT)],
    "campaigns_campaign_pause_ck": [
        with_(campaign, status="PAUSED", scheduled_at=NOW),
        with_(campaign, pause_reason="PERSON"),
    ],
    "campaigns_campaign_end_ck": [
        with_(campaign, status="COMPLETED", scheduled_at=NOW),
        with_(campaign, completed_at=NOW),
    ],
    "campaigns_campaign_approval_ck": [
        with_(campaign, approved_version=1),
        with_(campaign, approved_at=NOW),
        with_(campaign, approved_version=2, approved_at=NOW),
    ],
    "campaigns_variant_label_uq": [twice(variant)],
    "campaigns_variant_label_ck": [with_(variant, label="a")],
    "campaigns_variant_weight_ck": [with_(variant, weight=0)],
    "campaigns_variant_way_ck": [with_(variant, channels=["FAX"])],
    "campaigns_variant_delay_ck": [with_(variant, delay_minutes=-1)],
    "campaigns_variant_campaign_fk": [of_another_club(variant)],
    "campaigns_act_named_ck": [with_(act, act="")],
    "campaigns_act_campaign_fk": [of_another_club(act)],
    "campaigns_occurrence_number_uq": [twice(occurrence)],
    "campaigns_occurrence_hour_uq": [
        lambda club: [occurrence(club, campaign=parent, number=n) for parent in [campaign(club)] for n in (1, 2)]
    ],
    "campaigns_occurrence_status_ck": [with_(occurrence, status="DONE", due_at=None)],
    "campaigns_occurrence_due_ck": [
        with_(occurrence, due_at=None),
        with_(occurrence, status="COMPLETED"),
        with_(occurrence, status="LATE", due_at=None, leased_until=NOW),
    ],
    "campaigns_occurrence_counts_ck": [with_(occurrence, planned=-1)],
    "campaigns_occurrence_test_ck": [with_(occurrence, status="TESTING")],
    "campaigns_occurrence_winner_ck": [with_(occurrence, winner="A")],
    "campaigns_occurrence_campaign_fk": [of_another_club(occurrence)],
    "campaigns_triggered_event_uq": [twice(triggered)],
    "campaigns_triggered_campaign_fk": [of_another_club(triggered)],
    "campaigns_triggered_profile_fk": [of_nobody(triggered)],
    "campaigns_count_cell_uq": [twice(count)],
    "campaigns_count_positive_ck": [with_(count, opened=-1)],
    "campaigns_count_campaign_fk": [of_another_club(count)],
    "campaigns_recount_once_uq": [twice(recount)],
    "campaigns_recount_campaign_fk": [of_another_club(recount)],
    "campaigns_link_cell_uq": [twice(link)],
    "campaigns_link_positive_ck": [with_(link, clicks=-1)],
    "campaigns_link_campaign_fk": [of_another_club(link)],
    "campaigns_conversion_act_uq": [twice(conversion, same=False)],
    "campaigns_conversion_campaign_uq": [twice(conversion, is_held_out=True)],
    "campaigns_conversion_goal_ck": [with_(conversion, goal="SMILED")],
    "campaigns_conversion_campaign_fk": [of_another_club(conversion)],
    "campaigns_conversion_profile_fk": [of_nobody(conversion)],
}  # fmt: skip
