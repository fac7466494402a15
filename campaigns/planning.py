"""Planning an occurrence: one statement fills the candidates, the ledger's planner decides about all of them.

Planning twice adds nobody twice: the key of a person is fixed, and so are their arm and whether they are held out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.utils import timezone

from campaigns import buckets
from campaigns import statements as sql
from campaigns.audience import Audience, audience_of
from campaigns.models import Campaign, CampaignOccurrence, SendWindow
from campaigns.models.occurrence import OLDEST_EVENT
from campaigns.schedule import countries, hours_of_day, local_instants, zone_of_country
from campaigns.settings import settings_of
from campaigns.texts import Arm, arms_of, keep_texts
from messaging import planning
from messaging.models import MessageClass, Source
from messaging.planning import Outcome, Sending
from profiles.vocabulary import SLOTS
from tenants.models import Tenant
from tenants.postgresql.plans import any_club

READING_DAYS: Final = 180
MOST_TRIGGERED: Final = 5_000
EVERYBODY: Final = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be planned: which arms, and up to which bucket each goes."""

    campaign: Campaign
    tenant: Tenant
    occurrence: str
    hour: datetime
    arms: Sequence[tuple[Arm, int, int]]
    now: datetime


def ledger_occurrence(number: int) -> str:
    """What the ledger calls an occurrence."""
    return str(number)


def key_prefix(campaign: Campaign, occurrence: str) -> str:
    """The start of every key of an occurrence; the person's id follows."""
    return f"campaign:{campaign.pk}:{occurrence}:"


def first_plan(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant, now: datetime) -> Plan:
    """Everybody, or those who take part in the test."""
    arms = arms_of(campaign)
    if len(arms) == 1:
        parted = [(arms[0], 0, buckets.BUCKETS)]
    else:
        bounds = buckets.limits([arm.weight for arm in arms], share_percent=campaign.test_percent)
        parted = list(zip(arms, [0, *bounds], bounds, strict=False))
    hour = max(occurrence.hour, now) if campaign.window != SendWindow.OWN_ZONE else occurrence.hour
    return Plan(campaign, tenant, ledger_occurrence(occurrence.number), hour, parted, now)


def rest_plan(
    campaign: Campaign, occurrence: CampaignOccurrence, winner: str, tenant: Tenant, now: datetime
) -> Plan:
    """Those who waited get the winner; who took part is outside its buckets."""
    arms = {arm.label: arm for arm in arms_of(campaign)}
    first = campaign.test_percent * buckets.PER_CENT
    parted = [(arms[winner], first, buckets.BUCKETS)]
    return Plan(campaign, tenant, ledger_occurrence(occurrence.number), now, parted, now)


def has_rest(campaign: Campaign) -> bool:
    """Whether somebody waits for the winner of a test."""
    return campaign.test_percent < EVERYBODY and campaign.variants.exists()


@any_club()
def plan(chosen: Plan, *, decide: Callable[..., Outcome] = planning.plan) -> Outcome:
    """Write the ledger's rows (or, with `planning.preview`, only count them). Needs an open transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        fill_candidates(cursor, chosen)
        return decide(cursor, sending_of(chosen.campaign), now=chosen.now)


def sending_of(campaign: Campaign) -> Sending:
    """How the ledger treats the campaign's messages."""
    transactional = campaign.is_transactional
    return Sending(
        source=Source.CAMPAIGN,
        source_id=campaign.pk,
        message_class=MessageClass.TRANSACTIONAL if transactional else MessageClass.MARKETING,
        one_each=True,
    )


def fill_candidates(cursor: Any, chosen: Plan) -> None:
    """Everybody whom the plan is about, with arm, time and hold-out."""
    meant = audience_of(chosen.campaign, chosen.tenant, chosen.now)
    planning.open_candidates(cursor)
    planning.make_room(cursor)
    cursor.execute(_statement(chosen, meant), _parameters(chosen, meant))


def _statement(chosen: Plan, meant: Audience) -> str:
    window = chosen.campaign.window
    due = {
        SendWindow.TOGETHER: sql.TOGETHER,
        SendWindow.OWN_ZONE: sql.OWN_ZONE,
        SendWindow.BEST_HOUR: sql.AT_BEST_HOUR,
        SendWindow.SPREAD: sql.SPREAD,
    }[SendWindow(window)]
    joins = {SendWindow.OWN_ZONE: sql.CLOCK, SendWindow.BEST_HOUR: sql.BEST_HOUR}.get(SendWindow(window), "")
    return sql.CANDIDATES.format(
        due=due,
        zone="clock.zone" if window == SendWindow.OWN_ZONE else "NULL",
        held_out=_held_out(chosen.campaign, chosen.tenant),
        bucket=_bucket(chosen),
        joins=joins,
        condition=meant.condition,
        person=planning.PERSON_COLUMNS,
        known=", ".join(f"p.{name}" for name in planning.OF_PERSON.split(", ")),
    )


def _held_out(campaign: Campaign, tenant: Tenant) -> str:
    """Messages about a booking hold nobody out."""
    asked = [
        condition
        for percent, condition in (
            (campaign.hold_out_percent, sql.HELD_OUT),
            (settings_of(tenant).hold_out_percent, sql.HELD_OUT_BY_CLUB),
        )
        if percent and not campaign.is_transactional
    ]
    return f"({' OR '.join(asked)})" if asked else "false"


def _bucket(chosen: Plan) -> str:
    low, high = chosen.arms[0][1], chosen.arms[-1][2]
    is_everybody = len(chosen.arms) == 1 and low == 0 and high == buckets.BUCKETS
    return sql.ONE_ARM if is_everybody else sql.IN_TEST


def _parameters(chosen: Plan, meant: Audience) -> dict[str, Any]:
    campaign, tenant = chosen.campaign, chosen.tenant
    clocks: list[dict[str, Any]] = []
    hours: list[dict[str, Any]] = []
    if campaign.window == SendWindow.OWN_ZONE:
        clocks = _clocks(chosen)
    elif campaign.window == SendWindow.BEST_HOUR:
        moments = hours_of_day(chosen.hour, tenant.zone)
        hours = [{"hour": hour, "at": at.isoformat()} for hour, at in enumerate(moments)]
    return {
        **meant.parameters,
        **_shares(campaign, tenant),
        "arms": _arms(chosen),
        "clocks": orjson.dumps(clocks).decode(),
        "hours": orjson.dumps(hours).decode(),
        "prefix": key_prefix(campaign, chosen.occurrence),
        "occurrence": chosen.occurrence,
        "hour": chosen.hour,
        "zone": tenant.time_zone,
        "since": chosen.now - timedelta(days=READING_DAYS),
        "spread_salt": f"spread:{campaign.pk}:{chosen.occurrence}",
        "spread": timedelta(minutes=campaign.spread_minutes),
    }


def _shares(campaign: Campaign, tenant: Tenant) -> Mapping[str, Any]:
    return {
        "hold_out_salt": buckets.hold_out_salt(campaign.pk),
        "hold_out": campaign.hold_out_percent * buckets.PER_CENT,
        "global_salt": buckets.global_salt(tenant.pk),
        "global_hold_out": settings_of(tenant).hold_out_percent * buckets.PER_CENT,
        "variant_salt": buckets.variant_salt(campaign.pk),
    }


def _arms(chosen: Plan) -> str:
    is_test = len(chosen.arms) > 1 or chosen.arms[0][1] > 0
    rows = []
    for arm, low, high in chosen.arms:
        kept = keep_texts(chosen.campaign, arm, is_test=is_test)
        rows.append(
            {
                "label": arm.label,
                "low": low,
                "high": high,
                "channels": list(kept),
                "message_ids": [str(message_id) for message_id in kept.values()],
                "delay": arm.delay_minutes,
            }
        )
    return orjson.dumps(rows).decode()


def _clocks(chosen: Plan) -> list[dict[str, Any]]:
    """When it is that hour in each country of the world; the past is now. Cheaper than asking who lives where."""
    found = local_instants(chosen.hour, chosen.campaign.zone, countries())
    return [
        {"country": country, "zone": zone_of_country(country), "at": max(at, chosen.now).isoformat()}
        for country, at in found.items()
    ]


@any_club()
@transaction.atomic
def plan_triggered(campaign: Campaign, occurrence: CampaignOccurrence, tenant: Tenant) -> tuple[int, Outcome]:
    """Plan those whose delay has passed; returns how many that were, and what was decided."""
    now = timezone.now()
    chosen = first_plan(campaign, occurrence, tenant, now)
    meant = audience_of(campaign, tenant, now)
    parameters: dict[str, Any] = {
        **meant.parameters,
        **_shares(campaign, tenant),
        "arms": _arms(chosen),
        "campaign": campaign.pk,
        "prefix": key_prefix(campaign, chosen.occurrence),
        "occurrence": chosen.occurrence,
        "now": now,
        "most": MOST_TRIGGERED,
        "oldest": OLDEST_EVENT,
        "slots": SLOTS,
    }
    with connection.cursor() as cursor:
        planning.open_candidates(cursor)
        cursor.execute(
            sql.TRIGGERED_CANDIDATES.format(
                held_out=_held_out(campaign, tenant), bucket=_bucket(chosen), condition=meant.condition
            ),
            parameters,
        )
        row = cursor.fetchone()
        sending = Sending(
            source=Source.CAMPAIGN,
            source_id=campaign.pk,
            message_class=sending_of(campaign).message_class,
            one_per_mailbox=False,
        )
        return int(row[0]) if row else 0, planning.plan(cursor, sending)
