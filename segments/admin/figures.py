"""Panels of the dashboard: the club's day in numbers, each leading to the people behind it.

A fixed number of statements, whose answers are kept a while, the longer the dearer they were.
"""

from collections.abc import Callable
from datetime import date, timedelta
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from profiles.admin.customer_list import choice_from, count_of
from profiles.matching.review import queue
from profiles.scoring.reading import slipping_level, value_at_risk
from segments.customer_filters import OPEN
from segments.views import (
    BIRTHDAYS,
    MEMBER,
    RENEWALS,
    all_of,
    leaf,
    rule_address,
    rule_query,
)
from tenants.admin.base import request_may
from tenants.admin.formatting import day
from tenants.admin.pages import club_of
from tenants.expiring_cache import ExpiringCache
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

T = TypeVar("T")

SHORTEST_SECONDS: Final = 4.0
KEPT_TIMES: Final = 60
MONTHS: Final = 12
WEEKS: Final = 12
NEWEST: Final = 200_000
MOST_TIERS: Final = 8
LISTED: Final = "tenant_id = %(tenant)s AND status NOT IN ('MERGED', 'DELETED')"
TIERS: Final = f"""
SELECT membership_tier, count(*) FROM profiles_customerprofile
WHERE {LISTED} AND membership_status = 'ACTIVE' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_TIERS}
"""
# Whoever left is known by the end of the membership.
GROWTH: Final = f"""
SELECT date_trunc('month', day)::date, count(*) FILTER (WHERE is_join), count(*) FILTER (WHERE NOT is_join)
FROM (SELECT member_since AS day, true AS is_join FROM profiles_customerprofile
      WHERE {LISTED} AND member_since >= %(first)s AND member_since <= %(today)s
      UNION ALL
      SELECT membership_expiry, false FROM profiles_customerprofile
      WHERE {LISTED} AND membership_expiry >= %(first)s AND membership_expiry <= %(today)s
        AND membership_status IN ('LAPSED', 'CANCELLED', 'EXPIRED')) AS turns
GROUP BY 1
"""
BANDS: Final = f"""
SELECT LEAST(engagement_score / 20, 4), count(*) FROM profiles_customerprofile
WHERE {LISTED} AND engagement_score IS NOT NULL GROUP BY 1
"""
# Of the newest rows, so that the cost is bounded however long the history is.
ROUNDS: Final = f"""
SELECT ((%(today)s - (occurred_at AT TIME ZONE %(zone)s)::date) / 7)::int, count(*)
FROM (SELECT occurred_at, type FROM profiles_activity WHERE tenant_id = %(tenant)s
      ORDER BY id DESC LIMIT {NEWEST}) AS newest
WHERE type = 'ROUND_COMPLETED' AND (occurred_at AT TIME ZONE %(zone)s)::date
      BETWEEN %(today)s - {WEEKS * 7 - 1} AND %(today)s
GROUP BY 1
"""
BAND_NAMES: Final = ("Inactive", "Low", "Average", "Good", "Excellent")
_kept: ExpiringCache[tuple[UUID, str], Any] = ExpiringCache(max_entries=5_000)


def today_panel(request: StaffRequest) -> dict[str, Any] | None:
    """What needs somebody today; each row leads to the people, whom the list counts as the panel does."""
    club = club_of(request)
    level = kept(club, "level", slipping_level)
    slipping = all_of(leaf("churnRiskScore", "gte", level))
    rows = [
        _row(club, "event_repeat", "Renewals in 60 days", rule_address(RENEWALS, "membershipExpiry")),
        _row(club, "cake", "Birthdays this week", rule_address(BIRTHDAYS, "name")),
        _row(club, "trending_down", "Slipping away", rule_address(slipping, "-lifetimeValue")),
    ]
    if request_may(request, Right.SEE_MONEY):
        rows.append(
            _row(club, "report", "With an open complaint", {"complaint": OPEN, "sort": "-lifetimeValue"})
        )
    if request_may(request, Right.CORRECT):
        pairs = kept(club, "pairs", lambda: queue().count())
        rows.append(("compare_arrows", "Pairs to review", pairs, reverse("admin:review_queue")))
    value = kept(club, "risk", lambda: value_at_risk(level))
    return {"rows": rows, "value": value, "slipping": reverse("admin:slipping_away")}


def _row(club: Tenant, icon: str, label: str, address: dict[str, str]) -> tuple[str, str, int, str]:
    """Icon, label, how many the list shows under this address, and the link to it."""
    query = QueryDict(mutable=True)
    query.update(address)
    count = kept(club, label, lambda: count_of(choice_from(query)))
    return icon, label, count, f"{reverse('admin:profiles_customerprofile_changelist')}?{query.urlencode()}"


def tiers_panel(request: StaffRequest) -> dict[str, Any] | None:
    """Members by tier."""
    club = club_of(request)
    found = kept(club, "tiers", lambda: rows_of(club, TIERS))
    bars = [
        (
            tier or "No tier",
            count,
            _list(
                all_of(
                    MEMBER, leaf("membershipTier", "eq", tier) if tier else leaf("membershipTier", "isNull")
                )
            ),
        )
        for tier, count in found
    ]
    return {"bars": _drawn(bars), "nothing": "No active member is known yet."}


def bands_panel(request: StaffRequest) -> dict[str, Any] | None:
    """How engaged customers are."""
    club = club_of(request)
    found = dict(kept(club, "bands", lambda: rows_of(club, BANDS)))
    bars = [
        (name, found.get(band, 0), _list(all_of(leaf("engagementScore", "between", _limits(band)))))
        for band, name in reversed(list(enumerate(BAND_NAMES)))
    ]
    return {"bars": _drawn(bars) if found else [], "nothing": "Nobody has been scored yet."}


def growth_panel(request: StaffRequest) -> dict[str, Any] | None:
    """Who joined and who left in each of the last twelve months."""
    club = club_of(request)
    today = _today(club)
    firsts = months_until(today)
    found = kept(club, "growth", lambda: rows_of(club, GROWTH, first=firsts[0], today=today))
    turns = {month: (joined, left) for month, joined, left in found}
    most = max((max(pair) for pair in turns.values()), default=0)
    columns = [
        {
            "x": place * 40,
            "month": f"{month:%b}",
            "label": f"{month:%B %Y}",
            "joined": turns.get(month, (0, 0))[0],
            "left": turns.get(month, (0, 0))[1],
            "up": _height(turns.get(month, (0, 0))[0], most),
            "down": _height(turns.get(month, (0, 0))[1], most),
        }
        for place, month in enumerate(firsts)
    ]
    return {"columns": columns if most else [], "width": MONTHS * 40}


def rounds_panel(request: StaffRequest) -> dict[str, Any] | None:
    """Rounds played in each of the last twelve weeks."""
    club = club_of(request)
    today = _today(club)
    found = dict(kept(club, "rounds", lambda: rows_of(club, ROUNDS, today=today, zone=club.time_zone)))
    most = max(found.values(), default=0)
    columns = [
        {
            "x": (WEEKS - 1 - weeks) * 40,
            "label": f"week to {day(today - timedelta(weeks=weeks))}",
            "count": found.get(weeks, 0),
            "up": _height(found.get(weeks, 0), most),
        }
        for weeks in reversed(range(WEEKS))
    ]
    return {"columns": columns if most else [], "width": WEEKS * 40, "total": sum(found.values())}


def months_until(today: date) -> list[date]:
    """The first days of the last MONTHS months, this one last."""
    number = today.year * 12 + today.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - MONTHS + 1, number + 1)]


def rows_of(club: Tenant, statement: str, **values: Any) -> list[Any]:
    """The answer of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": club.pk, **values})
        return list(cursor.fetchall())


def kept(club: Tenant, name: str, read: Callable[[], T]) -> T:
    """The kept figure of this club, else a fresh one."""
    found: T | None = _kept.get((club.pk, name))
    if found is not None:
        return found
    started = monotonic()
    fresh = read()
    _kept.put((club.pk, name), fresh, seconds=max(SHORTEST_SECONDS, (monotonic() - started) * KEPT_TIMES))
    return fresh


def _list(tree: dict[str, Any], sort: str = "") -> str:
    return f"{reverse('admin:profiles_customerprofile_changelist')}?{rule_query(tree, sort)}"


def _limits(band: int) -> list[int]:
    return [band * 20, 100 if band == len(BAND_NAMES) - 1 else band * 20 + 19]


def _drawn(bars: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    most = max((count for _, count, _ in bars), default=0) or 1
    return [
        {"label": label, "count": count, "link": link, "percent": round(100 * count / most)}
        for label, count, link in bars
    ]


def _height(count: int, most: int) -> float:
    return round(60 * count / most, 1) if most else 0.0


def _today(club: Tenant) -> date:
    return timezone.now().astimezone(club.zone).date()
