"""Twelve months of activity as bars that a template draws without any script."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from profiles.vocabulary import COUNTED
from tenants.models import Tenant

MONTHS: Final = 12
HEIGHT: Final = 72
STEP: Final = 25
BAR: Final = 17
# One range of the timeline's index; consent and identity rows are not what a person did, but notes are few.
COUNT = f"""
SELECT date_trunc('month', occurred_at AT TIME ZONE %(zone)s)::date, count(*)
FROM profiles_activity
WHERE tenant_id = %(tenant)s AND profile_id = %(profile)s
  AND occurred_at >= (%(start)s::timestamp AT TIME ZONE %(zone)s)
  AND {COUNTED}
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A month: its place in the drawing and what it says."""

    x: int
    y: float
    height: float
    label: str
    short: str
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing's bars, size and sum."""

    bars: list[Bar]
    width: int
    height: int
    total: int


def activity_chart(profile_id: UUID, tenant: Tenant) -> Chart:
    """Activities a month, the running month last; one query."""
    months = last_months(timezone.now().astimezone(tenant.zone).date())
    values: dict[str, Any] = {
        "zone": tenant.time_zone,
        "tenant": tenant.pk,
        "profile": profile_id,
        "start": months[0],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        counts: dict[date, int] = dict(cursor.fetchall())
    return draw([(month, counts.get(month, 0)) for month in months])


def last_months(today: date) -> list[date]:
    """The first days of the last MONTHS months, the present one last."""
    running = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(running - MONTHS + 1, running + 1)]


def draw(counts: list[tuple[date, int]]) -> Chart:
    """Bars in a box of HEIGHT; a month with nothing keeps a hairline, so that it is seen as a month."""
    most = max((count for _, count in counts), default=0) or 1
    bars = []
    for place, (month, count) in enumerate(counts):
        height = max(1.5, round(count / most * HEIGHT, 1))
        bars.append(Bar(place * STEP, HEIGHT - height, height, f"{month:%B %Y}", f"{month:%b}", count))
    return Chart(bars, len(counts) * STEP, HEIGHT, sum(count for _, count in counts))
