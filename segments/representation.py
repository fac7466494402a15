"""A segment, the fields of rules and a preview as the outside sees them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.text import capfirst

from profiles.discretion import MONEY_FIELDS, is_money_type, sees_money
from profiles.vocabulary import activity_words
from segments.actions import is_refreshing
from segments.discretion import TYPE_FIELDS, money_segments, parse_asked
from segments.fields import FIELDS, Field
from segments.models import Segment
from segments.operators import Arity, Kind, words_of
from segments.preview import compose, count_quickly, overlap, sample_people
from segments.retrying import troubles_of
from segments.rules import Rule
from segments.words import Teller
from tenants.expiring_cache import ExpiringCache
from tenants.models import Tenant
from tenants.scope import current_tenant_id

MOST_SUGGESTED: Final = 200
SUGGESTIONS_SECONDS: Final = 60.0
INPUTS: Final = {Kind.NUMBER: "number", Kind.DATE: "date", Kind.MOMENT: "date"}
# Of a large club some thousand rows show the values in use.
SUGGEST: Final = """
SELECT value FROM (
    SELECT {sql} AS value FROM profiles_customerprofile AS p
    WHERE p.tenant_id = %(tenant)s AND p.status IN ('ACTIVE', 'INACTIVE') LIMIT 50000) AS newest
WHERE value <> '' GROUP BY value ORDER BY count(*) DESC, value LIMIT %(most)s
"""
# What the liveliest did last, by the index of the timeline: the newest rows of the table are those of all clubs, and to
# find enough of a small club's among them means to read the table.
TYPES: Final = """
WITH lively AS (
    SELECT id FROM (
        SELECT p.id, p.last_activity_at FROM profiles_customerprofile AS p
        WHERE p.tenant_id = %(tenant)s LIMIT 50000) AS known
    ORDER BY last_activity_at DESC NULLS LAST LIMIT 300)
SELECT newest.type FROM lively CROSS JOIN LATERAL (
    SELECT a.type FROM profiles_activity AS a
    WHERE a.tenant_id = %(tenant)s AND a.profile_id = lively.id
    ORDER BY a.occurred_at DESC, a.id DESC LIMIT 60) AS newest
GROUP BY newest.type ORDER BY count(*) DESC
"""
COMMON_TYPES: Final = (
    "TEETIME_BOOKED",
    "ROUND_COMPLETED",
    "TEETIME_CANCELLED",
    "TEETIME_NO_SHOW",
    "SCORE_POSTED",
    "COMPETITION_ENTERED",
    "PAYMENT_RECEIVED",
    "PAYMENT_FAILED",
    "MESSAGE_DELIVERED",
    "EMAIL_OPENED",
    "EMAIL_CLICKED",
    "RESERVATION_CREATED",
    "COMPLAINT_OPENED",
)
_kept: ExpiringCache[tuple[Any, str], list[str]] = ExpiringCache(max_entries=2_000)


def segment_fields(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Segments with the names of the API."""
    refreshing = is_refreshing([each.pk for each in segments])
    troubles = troubles_of([each.pk for each in segments if each.refresh_error])
    return [
        {
            "id": str(each.pk),
            "tenantId": str(each.tenant_id),
            "clubId": each.club_id or None,
            "name": each.name,
            "description": each.description,
            "type": each.type,
            "criteria": each.criteria,
            "refreshFrequency": each.refresh_frequency,
            "lastRefreshedAt": each.last_refreshed_at,
            "memberCount": each.member_count,
            "isActive": each.is_active,
            "isSystem": each.is_system,
            "isStale": each.is_stale,
            "messagingSegmentId": each.messaging_segment_id,
            "lastSyncedAt": each.last_synced_at,
            "isRefreshing": each.pk in refreshing,
            "refreshError": each.refresh_error or None,
            "refreshRetryAt": troubles[each.pk].next_try_at if each.pk in troubles else None,
            "syncError": each.sync_error or None,
            "createdAt": each.created_at,
            "updatedAt": each.updated_at,
            "createdBy": each.created_by_name or None,
        }
        for each in segments
    ]


def one_segment(segment: Segment) -> dict[str, Any]:
    """One segment."""
    return segment_fields([segment])[0]


def rule_fields(tenant: Tenant) -> dict[str, Any]:
    """Everything that builders need: the fields as react-querybuilder takes them, types of activity, limits.

    What whoever asks may not see is left out.
    """
    sees_all = sees_money()
    return {
        "fields": [
            _field(each, tenant, sees_all=sees_all)
            for each in FIELDS.values()
            if sees_all or each.name not in MONEY_FIELDS
        ],
        "eventTypes": [
            {"name": name, "label": capfirst(activity_words(name))}
            for name in event_types()
            if sees_all or not is_money_type(name)
        ],
        "combinators": [{"name": "AND", "label": "all of"}, {"name": "OR", "label": "any of"}],
        "schema": 1,
    }


def _field(field: Field, tenant: Tenant, *, sees_all: bool) -> dict[str, Any]:
    values = [{"name": value, "label": label} for value, label in field.choices]
    if field.suggests:
        hides = field.name in TYPE_FIELDS and not sees_all
        found = (each for each in suggestions(field, tenant) if not (hides and is_money_type(each)))
        values = [{"name": value, "label": value} for value in found]
    editor = "checkbox" if field.kind is Kind.FLAG else "text"
    return {
        "name": field.name,
        "label": field.label,
        "group": field.group,
        "kind": field.kind.value,
        "unit": field.unit or None,
        "inputType": INPUTS.get(field.kind, "text"),
        "valueEditorType": "select" if field.choices else editor,
        "values": values,
        "operators": [
            {"name": each.name, "label": words_of(each, field.kind), "arity": _arity(field, each)}
            for each in field.operators
        ],
    }


def _arity(field: Field, operator: Any) -> str:
    if field.kind is Kind.TAGS and operator.name in ("eq", "neq"):
        return Arity.LIST.value
    return str(operator.arity.value)


def suggestions(field: Field, tenant: Tenant) -> list[str]:
    """Values in use, the most frequent first; of tiers those of the club's settings before them."""
    known = [str(each) for each in tenant.tier_order] if field.name == "membershipTier" else []
    sql = "unnest(p.tags)" if field.kind is Kind.TAGS else field.sql
    return list(dict.fromkeys([*known, *_look_up(field.name, SUGGEST.format(sql=sql))]))


def event_types() -> list[str]:
    """Types of activity: the common ones, then what else stands in the newest rows."""
    return list(dict.fromkeys([*COMMON_TYPES, *_look_up("", TYPES)]))


def _look_up(name: str, statement: str) -> list[str]:
    key = (current_tenant_id(), name)
    found = _kept.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"tenant": current_tenant_id(), "most": MOST_SUGGESTED})
            found = [str(value) for (value,) in cursor.fetchall()]
        _kept.put(key, found, seconds=SUGGESTIONS_SECONDS)
    return found


def preview(
    tree: Any, tenant: Tenant, names: Any, now: datetime, *, is_quick: bool = False
) -> dict[str, Any]:
    """Whom a tree means: in words, how many, and unless `is_quick` who they are. Raises InvalidRule, MoneyHidden."""
    rule: Rule = parse_asked(tree)
    told = {"words": Teller(tenant, names).rule(rule), "criteria": rule.to_json()}
    if is_quick:
        count = count_quickly(rule, tenant, now)
        return {**told, "count": count.count, "error": count.error, "isExact": count.is_exact}
    composition = compose(rule, tenant, now)
    hidden = set() if sees_money() else money_segments()
    return {
        **told,
        "count": composition.count,
        "error": 0,
        "isExact": True,
        "composition": {
            "tiers": _parts(composition.tiers),
            "ages": _parts(composition.ages),
            "handicaps": _parts(composition.handicaps),
            "reach": composition.reach,
        },
        "sample": sample_people(rule, tenant, now),
        "overlap": [
            {"segmentId": str(segment_id), "name": name, "count": shared}
            for segment_id, name, shared in overlap(rule, tenant, now)
            if segment_id not in hidden
        ],
    }


def _parts(rows: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"label": label, "count": count} for label, count in rows]
