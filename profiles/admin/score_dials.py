"""The two dials of the customer page with their lines over twelve months; drawn by the template without any script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.utils import timezone

from profiles.models import CustomerProfile, ScoreHistory
from profiles.scoring.reading import HISTORY, history_of, scores_of
from profiles.scoring.reasons import Explained
from tenants.models import Tenant

NEW_DAYS: Final = 30
# The API's word for who does nothing reads like the other score here.
SHOWN: Final = {"At Risk": "Inactive"}
LINE_WIDTH: Final = 300
LINE_HEIGHT: Final = 56
# Level → the colour of a badge; for churn a high score is a bad one.
TONES: Final = {
    **{"Excellent": "good", "Good": "good", "Average": "info", "Low": "warn", "At Risk": "bad"},
    **{"Critical": "bad", "High": "bad", "Moderate": "warn", "Minimal": "good"},
}


@dataclass(frozen=True, slots=True)
class Dial:
    """A score as the page shows it. `line`: points of a drawing of LINE_WIDTH × LINE_HEIGHT, empty for none."""

    title: str
    explained: Explained
    level: str
    tone: str
    line: str
    told: list[tuple[date, int]]


def dials_of(profile: CustomerProfile, club: Tenant) -> dict[str, Any]:
    """What the template shows: dials, the action, the moment; `dials` is empty before the first scoring.

    `is_new`: known for less than NEW_DAYS, and so is everything that they did: nothing can be said yet.
    """
    scores = scores_of(profile.pk)
    if scores is None:
        return {"dials": []}
    history, now = history_of(profile.pk), timezone.now()
    today = now.astimezone(club.zone).date()
    since = today - timedelta(days=NEW_DAYS)
    if profile.created_at.astimezone(club.zone).date() > since and all(row.day > since for row in history):
        return {"dials": [], "is_new": True}
    return {
        "dials": [
            _dial("Engagement", scores.engagement, history, today, lambda row: row.engagement),
            _dial("Churn risk", scores.churn_risk, history, today, lambda row: row.churn_risk),
        ],
        "action": scores.action if scores.churn_risk.reasons else "",
        "is_discreet": bool(scores.churn_risk.reasons) and scores.churn_risk.reasons[0].is_discreet,
        "at_risk_cents": scores.value_at_risk_cents,
        "scored_at": scores.scored_at,
        "width": LINE_WIDTH,
        "height": LINE_HEIGHT,
    }


def _dial(
    title: str,
    explained: Explained,
    history: Sequence[ScoreHistory],
    today: date,
    value: Callable[[Any], int],
) -> Dial:
    told = [(row.day, value(row)) for row in history]
    tone = TONES[explained.level]
    if title == "Churn risk" and explained.level == "Low":
        tone = "info"
    return Dial(
        title, explained, SHOWN.get(explained.level, explained.level), tone, line_through(told, today), told
    )


def line_through(told: Sequence[tuple[date, int]], today: date) -> str:
    """Steps from change to change up to today, as points of a polyline."""
    start = today - HISTORY
    points: list[str] = []
    for place, (day, score) in enumerate(told):
        until = told[place + 1][0] if place + 1 < len(told) else today
        y = round(LINE_HEIGHT - 2 - score / 100 * (LINE_HEIGHT - 4), 1)
        points += [f"{_x(max(day, start), start)},{y}", f"{_x(max(until, start), start)},{y}"]
    return " ".join(points)


def _x(day: date, start: date) -> float:
    return round((day - start) / timedelta(days=1) / HISTORY.days * LINE_WIDTH, 1)
