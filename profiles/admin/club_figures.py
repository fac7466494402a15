"""The figures of the dashboard. Each is one bounded query and is kept a while, the longer the dearer it was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events.consumers import ConsumerLag, lags
from profiles.models import Activity, CustomerProfile
from tenants.expiring_cache import ExpiringCache
from tenants.models import Tenant

T = TypeVar("T")

SHORTEST_SECONDS: Final = 4.0
# A figure that took half a second is kept for half a minute: reading it never costs more than a few per cent.
KEPT_TIMES: Final = 60
MOST_RECENT_EVENTS: Final = 200_000
MOST_COUNTED: Final = 100_000
MOST_NEWCOMERS: Final = 20_000
FEED: Final = 8
FEED_LOOKED_AT: Final = 200
BY_ITSELF: Final = ("MESSAGE_SENT", "MESSAGE_DELIVERED")
HOURS: Final = 24
PEOPLE = """
SELECT count(*), count(*) FILTER (WHERE membership_status = 'ACTIVE')
FROM profiles_customerprofile
WHERE tenant_id = %(tenant)s AND status NOT IN ('MERGED', 'DELETED')
"""
# New is who was first heard of this month: a history that is taken in today brings no new customers. Only the rows
# made since the last month began can be, and of a great many only the newest are looked at.
NEWCOMERS = """
SELECT count(*) FILTER (WHERE heard_of >= %(month)s),
       count(*) FILTER (WHERE heard_of >= %(before)s AND heard_of < %(month)s)
FROM (
    SELECT least(p.created_at,
                 (SELECT a.occurred_at FROM profiles_activity AS a
                  WHERE a.tenant_id = %(tenant)s AND a.profile_id = p.id ORDER BY a.occurred_at, a.id LIMIT 1),
                 (SELECT min(f.occurred_at) FROM profiles_fact AS f
                  WHERE f.tenant_id = %(tenant)s AND f.profile_id = p.id)) AS heard_of
    FROM (SELECT id, created_at FROM profiles_customerprofile
          WHERE tenant_id = %(tenant)s AND created_at >= %(before)s AND status NOT IN ('MERGED', 'DELETED')
          ORDER BY created_at DESC, id DESC LIMIT %(most)s) AS p
) AS people
"""
# The newest rows by arrival, so that the cost is bounded however long the history is.
EVENTS = """
SELECT floor(extract(epoch FROM %(now)s - received_at) / 3600)::int AS hours_ago, count(*)
FROM (SELECT received_at FROM events_inboxevent WHERE tenant_id = %(tenant)s ORDER BY id DESC LIMIT %(most)s) AS newest
WHERE received_at > %(now)s - interval '24 hours' AND received_at <= %(now)s
GROUP BY 1
"""
TROUBLE = """
SELECT (SELECT count(*) FROM (SELECT FROM events_inboxevent
            WHERE tenant_id = %(tenant)s AND status IN ('PENDING', 'FAILED') LIMIT %(most)s) AS waiting),
       (SELECT count(*) FROM (SELECT FROM events_inboxevent
            WHERE tenant_id = %(tenant)s AND status = 'DEAD' LIMIT %(most)s) AS dead),
       (SELECT count(*) FROM (SELECT FROM events_inboxevent
            WHERE tenant_id = %(tenant)s AND status = 'FAILED' LIMIT %(most)s) AS failed),
       (SELECT count(*) FROM (SELECT FROM events_deadletter
            WHERE tenant_id = %(tenant)s AND handled_at IS NULL LIMIT %(most)s) AS letters),
       (SELECT count(*) FROM (SELECT FROM events_parkedentry
            WHERE tenant_id = %(tenant)s AND status = 'PARKED' LIMIT %(most)s) AS parked)
"""


@dataclass(frozen=True, slots=True)
class People:
    """How many customers there are; months by the club's clock."""

    total: int
    active_members: int
    new_this_month: int
    new_last_month: int


@dataclass(frozen=True, slots=True)
class Hour:
    """A bar of the sparkline."""

    x: int
    y: float
    height: float
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Events:
    """Events of the last hour and of each of the last 24, the oldest first."""

    last_hour: int
    last_day: int
    hours: list[Hour]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What waits and what failed, each counted up to MOST_COUNTED."""

    waiting: int
    dead: int
    failed: int
    letters: int
    parked: int

    @property
    def failures(self) -> int:
        """Everything that a person has to look at."""
        return self.dead + self.letters + self.parked


@dataclass(frozen=True, slots=True)
class Happened:
    """A row of the feed."""

    activity: Activity
    profile: CustomerProfile


@dataclass(frozen=True, slots=True)
class ClubFigures:
    """Everything on the dashboard."""

    people: People
    events: Events
    trouble: Trouble
    consumers: list[ConsumerLag]
    feed: list[Happened]


_kept: ExpiringCache[tuple[UUID, str], Any] = ExpiringCache(max_entries=2_000)


def club_figures(tenant: Tenant) -> ClubFigures:
    """The figures of the tenant whose scope is open."""
    return ClubFigures(
        people=_once(tenant, "people", lambda: people_of(tenant)),
        events=_once(tenant, "events", lambda: events_of(tenant)),
        trouble=_once(tenant, "trouble", lambda: trouble_of(tenant)),
        consumers=_once(tenant, "consumers", lags),
        feed=_once(tenant, "feed", recently),
    )


def people_of(tenant: Tenant) -> People:
    """One pass over the club's profiles, and one look at its newest."""
    now = timezone.now().astimezone(tenant.zone)
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (month - timedelta(days=1)).replace(day=1)
    values = {"tenant": tenant.pk, "month": month, "before": before, "most": MOST_NEWCOMERS}
    return People(*_row(PEOPLE, values), *_row(NEWCOMERS, values))


def events_of(tenant: Tenant) -> Events:
    """Arrivals of the last day, read from the newest rows."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"tenant": tenant.pk, "now": now, "most": MOST_RECENT_EVENTS})
        counts: dict[int, int] = dict(cursor.fetchall())
    return Events(counts.get(0, 0), sum(counts.values()), sparkline(counts, now.astimezone(tenant.zone)))


def sparkline(counts: dict[int, int], now: datetime) -> list[Hour]:
    """Bars of a drawing 240 wide and 40 high, the last hour at the right."""
    most = max(counts.values(), default=0) or 1
    bars = []
    for place in range(HOURS):
        hours_ago = HOURS - 1 - place
        count = counts.get(hours_ago, 0)
        height = max(1.0, round(count / most * 40, 1))
        start = now - timedelta(hours=hours_ago + 1)
        bars.append(Hour(place * 10, 40 - height, height, f"from {start:%H:%M}", count))
    return bars


def trouble_of(tenant: Tenant) -> Trouble:
    """Counts that the partial indexes answer, each bounded."""
    return Trouble(*_row(TROUBLE, {"tenant": tenant.pk, "most": MOST_COUNTED}))


def recently() -> list[Happened]:
    """What was recorded last, whenever it happened; two queries.

    Of what people did: a campaign tells thousands of rows, on which nobody at the desk acts.
    """
    looked_at = Activity.objects.order_by("-id")[:FEED_LOOKED_AT]
    newest = [
        each for each in looked_at if each.type not in BY_ITSELF and not each.metadata.get("isMachine")
    ][:FEED]
    people = CustomerProfile.objects.in_bulk({activity.profile_id for activity in newest})
    return [
        Happened(activity, people[activity.profile_id])
        for activity in newest
        if activity.profile_id in people
    ]


def _row(statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _once(tenant: Tenant, name: str, read: Callable[[], T]) -> T:
    """The kept figure of this tenant, else a fresh one."""
    kept: T | None = _kept.get((tenant.pk, name))
    if kept is not None:
        return kept
    started = monotonic()
    fresh = read()
    _kept.put((tenant.pk, name), fresh, seconds=max(SHORTEST_SECONDS, (monotonic() - started) * KEPT_TIMES))
    return fresh
