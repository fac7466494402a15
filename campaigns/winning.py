"""Which variant of a test the rest gets, and how sure that is.

The decision is made once, at the time that was said before the start: looking earlier decides nothing, so that nobody
can stop at a lucky moment. The page may be looked at as often as one likes: what it calls certain is certain at every
look (`campaigns.statistics.compare`).
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from campaigns.models import Campaign, CampaignOccurrence, WinnerMetric
from campaigns.statistics import Amount, Arm, Rate, judge
from campaigns.texts import arms_of

# By variant: messages handed over, and how many of their people opened, clicked, reached the goal, and with how much.
OUTCOMES: Final = """
WITH sent AS (
    SELECT variant, count(*) AS sent, count(opened_at) AS opened, count(clicked_at) AS clicked
    FROM messaging_delivery
    WHERE tenant_id = %(tenant)s AND source_id = %(campaign)s AND occurrence = %(occurrence)s
      AND source = 'CAMPAIGN' AND status IN ('HANDED_OVER', 'DELIVERED', 'BOUNCED')
    GROUP BY variant
), person AS (
    SELECT variant, profile_id, sum(amount_cents) AS amount FROM campaigns_campaignconversion
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND occurrence = %(occurrence)s AND NOT is_held_out
    GROUP BY variant, profile_id
), brought AS (
    SELECT variant, count(*) AS people, sum(amount)::bigint AS amount, sum(amount::float8 ^ 2) AS squares
    FROM person GROUP BY variant
)
SELECT sent.variant, sent.sent, sent.opened, sent.clicked, COALESCE(brought.people, 0), COALESCE(brought.amount, 0),
       COALESCE(brought.squares, 0)
FROM sent LEFT JOIN brought USING (variant)
"""


def outcomes(campaign: Campaign, occurrence: CampaignOccurrence, metric: str) -> dict[str, Arm]:
    """Variant → what its people did, by the metric."""
    with connection.cursor() as cursor:
        cursor.execute(
            OUTCOMES,
            {
                "tenant": campaign.tenant_id,
                "campaign": campaign.pk,
                "occurrence": str(occurrence.number),
            },
        )
        return {row[0]: _arm(metric, row[1:]) for row in cursor.fetchall()}


def _arm(metric: str, row: Sequence[Any]) -> Arm:
    sent, opened, clicked, converted, amount, squares = row
    if metric == WinnerMetric.REVENUE:
        return Amount(trials=sent, total=float(amount), squares=float(squares))
    done = {WinnerMetric.OPENS: opened, WinnerMetric.CLICKS: clicked}.get(WinnerMetric(metric), converted)
    return Rate(min(done, sent), sent)


def verdict_of(campaign: Campaign, occurrence: CampaignOccurrence) -> dict[str, Any]:
    """The winner's letter, each variant's chance of being best, and whether it is certain; plain JSON."""
    found = outcomes(campaign, occurrence, campaign.winner_metric)
    labels = [arm.label for arm in arms_of(campaign)]
    arms: list[Arm] = [found.get(label, Rate(0, 0)) for label in labels]
    if campaign.winner_metric == WinnerMetric.REVENUE:
        arms = [found.get(label, Amount(0, 0.0, 0.0)) for label in labels]
    planned = max(occurrence.planned // max(len(labels), 1), 1)
    verdict = judge(arms, planned=planned)
    return {
        "winner": labels[verdict.leader],
        "metric": campaign.winner_metric,
        "isCertain": verdict.is_certain,
        "p": round(verdict.p, 6),
        "variants": [
            {
                "label": label,
                "people": arm.trials,
                "value": round(arm.mean, 6),
                "probabilityBest": round(chance, 6),
            }
            for label, arm, chance in zip(labels, arms, verdict.chances, strict=True)
        ],
    }
