"""Reading what a campaign brought: the closing sum, counters, rates, tests, lift, breakdowns, the club's own past."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Sum

from campaigns import statements as sql
from campaigns.models import (
    Campaign,
    CampaignCount,
    CampaignLink,
    CampaignOccurrence,
    CampaignStatus,
    Goal,
)
from campaigns.statistics import Amount, Lift, Rate, lift
from campaigns.winning import verdict_of
from profiles.discretion import sees_money

COUNTERS: Final = (
    "handed_over", "delivered", "bounced", "failed", "opened", "machine_opened", "clicked", "unsubscribed",
    "complained", "replied", "converted", "revenue_cents",
)  # fmt: skip
NAMES: Final = {
    "handed_over": "sent", "delivered": "delivered", "bounced": "bounced", "failed": "failed", "opened": "opened",
    "machine_opened": "machineOpened", "clicked": "clicked", "unsubscribed": "unsubscribed",
    "complained": "complained", "replied": "replied", "converted": "converted", "revenue_cents": "revenueCents",
}  # fmt: skip
# Per person that a message was handed over for; opens are those of people.
RATES: Final = {
    "deliveredRate": "delivered", "openRate": "opened", "clickRate": "clicked", "conversionRate": "converted",
    "unsubscribeRate": "unsubscribed", "complaintRate": "complained", "bounceRate": "bounced",
}  # fmt: skip
SENT: Final = ("HANDED_OVER", "DELIVERED", "BOUNCED")
WAITING: Final = ("PLANNED", "DEFERRED", "CLAIMED", "UNKNOWN")
PAST_CAMPAIGNS: Final = 20
MOST_LINKS: Final = 50

# Clock hours of the club at which people opened and clicked.
HOURS: Final = """
SELECT kind, extract(hour FROM at AT TIME ZONE %(zone)s)::int AS hour, count(*)
FROM messaging_delivery AS d
CROSS JOIN LATERAL (VALUES ('opened', d.opened_at), ('clicked', d.clicked_at)) AS done(kind, at)
WHERE d.tenant_id = %(tenant)s AND d.source_id = %(campaign)s AND d.source = 'CAMPAIGN' AND at IS NOT NULL
GROUP BY 1, 2
"""
TIERS: Final = """
SELECT COALESCE(NULLIF(p.membership_tier, ''), 'No membership'), count(*), count(d.opened_at), count(d.clicked_at)
FROM messaging_delivery AS d JOIN profiles_customerprofile AS p ON p.tenant_id = d.tenant_id AND p.id = d.profile_id
WHERE d.tenant_id = %(tenant)s AND d.source_id = %(campaign)s AND d.source = 'CAMPAIGN'
  AND d.status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED')
GROUP BY 1 ORDER BY 2 DESC LIMIT 20
"""
# Somebody in two of the segments counts in both.
SEGMENTS: Final = """
SELECT s.name, count(*), count(d.opened_at), count(d.clicked_at)
FROM messaging_delivery AS d
JOIN segments_segmentmember AS m ON m.tenant_id = d.tenant_id AND m.profile_id = d.profile_id
JOIN segments_segment AS s ON s.tenant_id = m.tenant_id AND s.id = m.segment_id
WHERE d.tenant_id = %(tenant)s AND d.source_id = %(campaign)s AND d.source = 'CAMPAIGN'
  AND d.status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED') AND m.segment_id = ANY(%(segments)s)
GROUP BY s.id, s.name ORDER BY 2 DESC
"""
# People who got it and people who were held out, and what both did within the goal's days.
GROUPS: Final = """
WITH person AS (
    SELECT profile_id, bool_or(reason = 'HOLD_OUT') AS held FROM messaging_delivery
    WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s AND source = 'CAMPAIGN'
      AND (reason = 'HOLD_OUT' OR status IN ('HANDED_OVER', 'DELIVERED'))
    GROUP BY profile_id
), did AS (
    SELECT profile_id, is_held_out, sum(amount_cents) AS amount FROM campaigns_campaignconversion
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s GROUP BY profile_id, is_held_out
)
SELECT person.held, count(*), count(did.profile_id), COALESCE(sum(did.amount), 0)::float8,
       COALESCE(sum(did.amount::float8 ^ 2), 0)
FROM person LEFT JOIN did ON did.profile_id = person.profile_id AND did.is_held_out = person.held
GROUP BY person.held
"""


def closing_sum(campaign: Campaign, occurrence: str = "") -> dict[str, Any]:
    """Planned = sent + skipped + failed + waiting, counted from the ledger now, with the reasons of the skipped."""
    with connection.cursor() as cursor:
        cursor.execute(sql.LEDGER, {"tenant": campaign.tenant_id, "campaign": campaign.pk})
        rows = [row for row in cursor.fetchall() if occurrence in ("", row[0])]
    reasons: dict[str, int] = {}
    for _, status, reason, people in rows:
        if status == "SKIPPED":
            reasons[reason] = reasons.get(reason, 0) + people
    return {
        "target": sum(row[3] for row in rows),
        "sent": _people(rows, SENT),
        "skipped": _people(rows, ("SKIPPED",)),
        "failed": _people(rows, ("FAILED",)),
        "waiting": _people(rows, WAITING),
        "unknown": _people(rows, ("UNKNOWN",)),
        "reasons": dict(sorted(reasons.items(), key=lambda each: -each[1])),
    }


def _people(rows: Iterable[Sequence[Any]], statuses: Sequence[str]) -> int:
    return sum(people for _, status, _, people in rows if status in statuses)


def counters(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Counters of some cells together, by their API names."""
    total = dict.fromkeys(COUNTERS, 0)
    for row in rows:
        for name in COUNTERS:
            total[name] += row[name]
    return {NAMES[name]: value for name, value in total.items()}


def rates(counted: Mapping[str, int]) -> dict[str, float | None]:
    """Parts of what was sent, four digits; None before anything was."""
    sent = counted["sent"]
    return {rate: round(counted[name] / sent, 4) if sent else None for rate, name in RATES.items()}


def told(figures: Any, *, is_money_told: bool) -> Any:
    """The same figures, in whatever depth, with null for money where it is not told (`profiles.discretion`)."""
    if is_money_told:
        return figures
    if isinstance(figures, dict):
        return {
            name: None if name == NAMES["revenue_cents"] else told(value, is_money_told=False)
            for name, value in figures.items()
        }
    return [told(each, is_money_told=False) for each in figures] if isinstance(figures, list) else figures


def totals_of(campaigns: Sequence[Campaign]) -> dict[Any, dict[str, Any]]:
    """Campaign → its counters, one query for a page of them."""
    cells = CampaignCount.objects.filter(campaign__in=campaigns).values("campaign_id", *COUNTERS)
    by_campaign: dict[Any, list[Mapping[str, Any]]] = {campaign.pk: [] for campaign in campaigns}
    for cell in cells:
        by_campaign[cell["campaign_id"]].append(cell)
    sees_all = sees_money()
    return {key: told(counters(rows), is_money_told=sees_all) for key, rows in by_campaign.items()}


def stats_of(campaign: Campaign, *, occurrence: str = "") -> dict[str, Any]:
    """Everything that the report shows, as plain values; of one occurrence, or of all together."""
    cells = CampaignCount.objects.filter(campaign=campaign)
    if occurrence:
        cells = cells.filter(occurrence=occurrence)
    rows = list(cells.values("occurrence", "variant", "channel", *COUNTERS))
    total = counters(rows)
    figures = {
        "campaignId": campaign.pk,
        "status": campaign.status,
        "sum": closing_sum(campaign, occurrence),
        "counters": total,
        "rates": rates(total),
        "variants": _grouped(rows, "variant"),
        "channels": _grouped(rows, "channel"),
        "occurrences": _occurrences(campaign, rows),
        "hours": _hours(campaign),
        "tiers": _parts(campaign, TIERS),
        "segments": _parts(campaign, SEGMENTS) if campaign.segment_ids else [],
        "links": _links(campaign, occurrence),
        "test": _test(campaign),
        "lift": lift_of(campaign),
        "past": past_of(campaign),
    }
    found: dict[str, Any] = told(figures, is_money_told=sees_money())
    return found


def _grouped(rows: Sequence[Mapping[str, Any]], by: str) -> list[dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    found = []
    for name, group in sorted(groups.items()):
        counted = counters(group)
        found.append({"name": name, "counters": counted, "rates": rates(counted)})
    return found


def _occurrences(campaign: Campaign, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counted = {group["name"]: group for group in _grouped(rows, "occurrence")}
    empty = {"counters": counters([]), "rates": rates(counters([]))}
    return [
        {
            "number": each.number,
            "hour": each.hour,
            "status": each.status,
            "audience": each.audience,
            "planned": each.planned,
            "skipped": each.skipped,
            "reasons": each.reasons,
            "winner": each.winner or None,
            "counters": counted.get(str(each.number), empty)["counters"],
            "rates": counted.get(str(each.number), empty)["rates"],
        }
        for each in campaign.occurrences.order_by("-number")[:100]
    ]


def _hours(campaign: Campaign) -> list[dict[str, int]]:
    found = [{"hour": hour, "opened": 0, "clicked": 0} for hour in range(24)]
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"tenant": campaign.tenant_id, "campaign": campaign.pk}
        parameters["zone"] = campaign.timezone
        cursor.execute(HOURS, parameters)
        for kind, hour, count in cursor.fetchall():
            found[hour][kind] = count
    return found


def _parts(campaign: Campaign, statement: str) -> list[dict[str, Any]]:
    parameters: dict[str, Any] = {
        "tenant": campaign.tenant_id,
        "campaign": campaign.pk,
        "segments": list(campaign.segment_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [
            {"name": name, "sent": sent, "opened": opened, "clicked": clicked}
            for name, sent, opened, clicked in cursor.fetchall()
        ]


def _links(campaign: Campaign, occurrence: str) -> list[dict[str, Any]]:
    rows = CampaignLink.objects.filter(campaign=campaign)
    if occurrence:
        rows = rows.filter(occurrence=occurrence)
    summed = rows.values("url").annotate(people=Sum("clicks"), machines=Sum("machine_clicks"))
    return [
        {"url": row["url"], "clicks": row["people"], "machineClicks": row["machines"]}
        for row in summed.order_by("-people", "url")[:MOST_LINKS]
    ]


def _test(campaign: Campaign) -> dict[str, Any] | None:
    """The latest test: what was decided, or how it stands; None without variants."""
    occurrence: CampaignOccurrence | None = (
        campaign.occurrences.exclude(planned_at=None).order_by("-number").first()
    )
    if occurrence is None or not campaign.variants.exists():
        return None
    is_decided = bool(occurrence.winner)
    verdict = occurrence.verdict if is_decided else verdict_of(campaign, occurrence)
    return {**(verdict or {}), "isDecided": is_decided, "decideAt": occurrence.decide_at}


def lift_of(campaign: Campaign) -> dict[str, Any] | None:
    """What those who got it did more than the held-out, in people and in money; None without goal or hold-out."""
    if campaign.goal == Goal.NONE:
        return None
    groups: dict[bool, tuple[Any, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GROUPS, {"tenant": campaign.tenant_id, "campaign": campaign.pk})
        for held, *figures in cursor.fetchall():
            groups[held] = tuple(figures)
    if set(groups) != {True, False}:
        return None
    rate = lift(*(Rate(groups[held][1], groups[held][0]) for held in (False, True)))
    money = lift(*(Amount(groups[held][0], groups[held][2], groups[held][3]) for held in (False, True)))
    return {"conversion": _lift_fields(rate), "revenueCents": _lift_fields(money)}


def _lift_fields(found: Lift | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "difference": round(found.difference, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
        "relative": None if found.relative is None else round(found.relative, 4),
        "isCertain": found.is_certain,
        "people": found.treated,
        "heldOut": found.held_out,
    }


def past_of(campaign: Campaign) -> dict[str, Any] | None:
    """The club's own last campaigns of the same channels together, to compare with; None for the first one."""
    others = Campaign.objects.filter(
        status=CampaignStatus.COMPLETED, channels__overlap=campaign.channels or [""]
    ).exclude(pk=campaign.pk)
    chosen = list(others.order_by("-completed_at")[:PAST_CAMPAIGNS])
    if not chosen:
        return None
    total = counters(CampaignCount.objects.filter(campaign__in=chosen).values(*COUNTERS))
    return {"campaigns": len(chosen), "rates": rates(total)}
