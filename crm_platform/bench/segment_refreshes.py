"""Refreshes of segments, each against the same written by hand in SQL."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final, LiteralString
from uuid import UUID

from crm_platform.bench.database import Connection, connect, expect, one_row, settle
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.segment_club import (
    BOOKED,
    LARGE,
    SMALL,
    Rule,
    drop_segments,
    make_segment,
    many_rules,
)
from crm_platform.bench.setting import Setting
from segments.models import RefreshReason
from segments.refreshing import refresh_waiting, request_refresh
from tenants.models import Tenant
from tenants.scope import tenant_scope

PEOPLE: Final = 1_000_000
SMALL_MS: Final = 500.0
SEGMENTS: Final = 200
FEW: Final = 10
TABLES: Final = ("segments_segmentmember", "segments_segmenttransition", "events_domainlogentry")
IN_SMALL: Final[LiteralString] = "p.membership_tier = 'Platinum' AND p.churn_risk_score >= 90"
IN_LARGE: Final[LiteralString] = "p.engagement_score < 60 AND p.email_opt_in"
IN_BOOKED: Final[LiteralString] = """p.id IN (
    SELECT profile_id FROM profiles_activity
    WHERE tenant_id = %(tenant)s AND type = 'TEETIME_BOOKED'
      AND occurred_at >= (date_trunc('day', now() AT TIME ZONE 'Africa/Johannesburg') - interval '90 days')
                         AT TIME ZONE 'Africa/Johannesburg'
    GROUP BY profile_id HAVING count(*) >= 3)"""
# The rows that a refresh leaves: members, their history, and the log from which others learn of it.
BY_HAND: Final[LiteralString] = """
WITH joined AS (
    INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id)
    SELECT p.tenant_id, %(segment)s, p.id, p.id FROM profiles_customerprofile AS p
    WHERE p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE') AND {condition}
      AND NOT EXISTS (SELECT FROM segments_segmentmember AS m
                      WHERE m.segment_id = %(segment)s AND m.profile_id = p.id)
    RETURNING profile_id
), remembered AS (
    INSERT INTO segments_segmenttransition (tenant_id, segment_id, profile_id, is_join, cause, version)
    SELECT %(tenant)s, %(segment)s, profile_id, true, 'REFRESH', 1 FROM joined
)
INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data)
SELECT %(tenant)s, 'segment.joined', profile_id,
       jsonb_build_object('segmentId', %(segment)s::uuid, 'cause', 'REFRESH', 'rule', null) FROM joined
"""
COUNT: Final[LiteralString] = (
    "SELECT count(*) FROM profiles_customerprofile AS p"
    " WHERE p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE') AND {condition}"
)
MEMBERS: Final[LiteralString] = "SELECT count(*) FROM segments_segmentmember WHERE segment_id = %s"
# As the product plans what it asks about everybody.
BY_PAGES: Final[LiteralString] = "SET enable_indexscan = off"
# So many who are in leave.
MOVE_FEW: Final[LiteralString] = """
UPDATE profiles_customerprofile SET engagement_score = 100 WHERE id IN (
    SELECT profile_id FROM segments_segmentmember WHERE segment_id = %s ORDER BY profile_id LIMIT 10)
"""


def full(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    """Refreshes from nothing."""
    share = max(setting.sizes.people / PEOPLE, 0.1)
    fulls = (
        _Full("on fields, 1 % of", SMALL, IN_SMALL, 1.5, SMALL_MS * share),
        _Full("on fields, 30 % of", LARGE, IN_LARGE, 1.5),
        _Full("with a timeline leaf, of", BOOKED, IN_BOOKED, 2.0),
    )
    with connect() as connection:
        # The empty table that BY_HAND looks into grows while it runs: a loop would read it anew for each person.
        connection.execute("SET enable_nestloop = off")
        connection.execute(BY_PAGES)
        for each in fulls:
            yield _full(setting, connection, tenant, each)


@dataclass(frozen=True, slots=True)
class _Full:
    """A refresh from nothing to everybody whom a rule means, and the same condition in plain SQL."""

    title: str
    rule: Rule
    condition: LiteralString
    most_ratio: float
    most_ms: float = inf


def _full(setting: Setting, connection: Connection, tenant: Tenant, full: _Full) -> Figure:
    """In turns; medians."""
    setting.reporter.note(f"full refresh {full.title}")
    drop_segments(tenant)
    made = make_segment(tenant, "Bench", full.rule)
    statement = BY_HAND.replace("{condition}", full.condition)
    values = {"tenant": tenant.pk, "segment": made}
    took: list[float] = []
    bare: list[float] = []
    for _ in range(setting.sizes.rounds):
        _empty(connection)
        bare.append(_timed(lambda: connection.execute(statement, values)))
        (wanted,) = one_row(connection, MEMBERS, [made])
        _empty(connection)
        took.append(refresh_now(tenant, [made]))
        (found,) = one_row(connection, MEMBERS, [made])
        expect("members", found, wanted)
    by_hand = _middle(bare)
    most = min(full.most_ms, full.most_ratio * by_hand)
    words = f"full refresh {full.title} {setting.sizes.people:,} people: {wanted:,} join"
    return duration("segments", words, _middle(took), baseline_ms=by_hand, most_ms=round(most))


def _empty(connection: Connection) -> None:
    connection.execute(f"TRUNCATE {', '.join(TABLES)}".encode())
    settle(connection, *TABLES)


def few(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    """A refresh that finds little to do."""
    made = make_segment(tenant, "Bench", LARGE)
    refresh_now(tenant, [made])
    statement = COUNT.replace("{condition}", IN_LARGE)
    took: list[float] = []
    bare: list[float] = []
    with connect() as connection:
        connection.execute(BY_PAGES)
        settle(connection, *TABLES)
        for _ in range(setting.sizes.rounds):
            bare.append(_timed(lambda: connection.execute(statement, {"tenant": tenant.pk})))
            connection.execute(MOVE_FEW, [made])
            (before,) = one_row(connection, MEMBERS, [made])
            took.append(refresh_now(tenant, [made], RefreshReason.SCHEDULE))
            (after,) = one_row(connection, MEMBERS, [made])
            expect("members who left", before - after, FEW)
    count = _middle(bare)
    words = f"refresh by schedule where {FEW} of {setting.sizes.people:,} changed"
    yield duration("segments", words, _middle(took), baseline_ms=count, most_ms=round(1.2 * count))


def together(setting: Setting, tenant: Tenant) -> Iterator[Figure]:
    """Nothing changed between: what is compared is looking at everybody once for each, and once for many."""
    made = [make_segment(tenant, f"Bench {n}", rule) for n, rule in enumerate(many_rules(SEGMENTS))]
    setting.reporter.note(f"{SEGMENTS} segments, for the first time")
    first = refresh_now(tenant, made)
    yield duration("segments", f"{SEGMENTS} segments refreshed for the first time", first)
    with connect() as connection:
        settle(connection, *TABLES, "segments_dueday")
    with setting.reporter.bar("one by one", SEGMENTS) as report:
        singly = 0.0
        for number, each in enumerate(made):
            singly += refresh_now(tenant, [each])
            report(number + 1)
    setting.reporter.note("together")
    at_once = refresh_now(tenant, made)
    words = f"{SEGMENTS} segments refreshed together; one after the other"
    yield duration("segments", words, at_once, baseline_ms=singly, most_ms=round(0.6 * singly))


def refresh_now(
    tenant: Tenant, segments: Sequence[UUID], reason: RefreshReason = RefreshReason.PERSON
) -> float:
    """Refresh these; returns milliseconds."""
    with tenant_scope(tenant):
        for each in segments:
            request_refresh(each, reason)
        began = time.perf_counter()
        done = refresh_waiting(only=segments)
        took = (time.perf_counter() - began) * 1000
    expect("refreshes done", done, len(segments))
    return took


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
