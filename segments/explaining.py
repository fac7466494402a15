"""Why somebody is in a segment or not: leaf by leaf with the person's values, now or on a past day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from events.iso_time import utc_text
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from profiles.representation import customer_fields
from segments.actions import get_segment, list_segments
from segments.clock import Clock
from segments.comparing import Comparing
from segments.compiler import Parameters
from segments.discretion import check_may_read
from segments.models import Segment, SegmentMember, SegmentTransition
from segments.past import answers_of
from segments.rules import EventLeaf, FieldLeaf, Group, Leaf, Node, leaves_of, parse
from segments.timeline import rows_of
from segments.words import Teller
from tenants.models import Tenant

FIGURES: Final = """
(SELECT jsonb_build_object('count', count(*), 'first', min(a.occurred_at), 'last', max(a.occurred_at))
 FROM profiles_activity AS a WHERE a.tenant_id = {tenant} AND a.profile_id = {person} AND {chosen})
"""
MEMBERS_AT: Final = """
SELECT DISTINCT ON (t.profile_id) t.profile_id, t.is_join FROM segments_segmenttransition AS t
WHERE t.tenant_id = %(tenant)s AND t.segment_id = %(segment)s AND t.at <= %(at)s
ORDER BY t.profile_id, t.at DESC, t.id DESC
"""
AT: Final = f"SELECT profile_id FROM ({MEMBERS_AT}) AS latest WHERE is_join ORDER BY profile_id"
GROWTH: Final = """
SELECT (t.at AT TIME ZONE %(zone)s)::date AS day, count(*) FILTER (WHERE t.is_join),
       count(*) FILTER (WHERE NOT t.is_join)
FROM segments_segmenttransition AS t
WHERE t.tenant_id = %(tenant)s AND t.segment_id = %(segment)s AND t.at >= %(since)s
GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the growth curve: members at its end, who joined and left."""

    day: date
    members: int
    joined: int
    left: int


def members_at(segment_id: UUID, at: datetime) -> list[UUID]:
    """Who was in the segment at a moment, by its history."""
    segment = get_segment(segment_id)
    with connection.cursor() as cursor:
        cursor.execute(AT, {"tenant": segment.tenant_id, "segment": segment.pk, "at": at})
        return [profile_id for (profile_id,) in cursor.fetchall()]


def growth(segment: Segment, tenant: Tenant, now: datetime, *, days: int = 90) -> list[Day]:
    """Members at the end of each of the last days, the oldest first; counted back from now."""
    clock = Clock(now, tenant.zone)
    first = clock.day(1 - days)
    with connection.cursor() as cursor:
        cursor.execute(
            GROWTH,
            {
                "tenant": tenant.pk,
                "segment": segment.pk,
                "since": clock.start_of(first),
                "zone": tenant.time_zone,
            },
        )
        moved = {day: (joined, left) for day, joined, left in cursor.fetchall()}
    found: list[Day] = []
    members = segment.member_count
    for back in range(days):
        day = clock.today - timedelta(days=back)
        joined, left = moved.get(day, (0, 0))
        found.append(Day(day, members, joined, left))
        members -= joined - left
    return found[::-1]


def explain(
    segment_id: UUID, customer_id: UUID, tenant: Tenant, now: datetime, at: datetime | None = None
) -> dict[str, Any]:
    """Why this customer is in the segment or not, leaf by leaf, now or at a past moment.

    Of the past, `is` is null where it is not known any more. Raises SegmentNotFound, CustomerNotFound, MoneyHidden.
    """
    segment, person = get_segment(segment_id), get_customer(customer_id)
    check_may_read(segment)
    teller = Teller(tenant, dict(list_segments().values_list("pk", "name")))
    turn = (
        SegmentTransition.objects.filter(
            segment_id=segment.pk, profile_id=person.pk, **({} if at is None else {"at__lte": at})
        )
        .order_by("-at", "-id")
        .first()
    )
    if at is None:
        is_member = SegmentMember.objects.filter(segment_id=segment.pk, profile_id=person.pk).exists()
    else:
        is_member = turn is not None and turn.is_join
    answer: dict[str, Any] = {
        "segmentId": str(segment.pk),
        "customerId": str(person.pk),
        "isMember": is_member,
        "at": utc_text(at or now),
        "turn": None if turn is None else _turn(turn, teller),
        "rule": None,
        "isSameRule": turn is None or turn.version == segment.version,
    }
    if segment.has_rule:
        clock = Clock(now, tenant.zone) if at is None else Clock(at, tenant.zone, is_past=True)
        answer["rule"] = _tree(segment, person, tenant, clock, teller)
    return answer


def _turn(turn: SegmentTransition, teller: Teller) -> dict[str, Any]:
    """The latest join or leave."""
    return {
        "joined": turn.is_join,
        "at": utc_text(turn.at),
        "cause": turn.cause,
        "because": told_leaf(turn.rule, teller),
    }


def told_leaf(leaf: Any, teller: Teller) -> str | None:
    """A stored leaf in words."""
    if not leaf:
        return None
    return teller.node(parse(leaf).root)


def _tree(
    segment: Segment, person: CustomerProfile, tenant: Tenant, clock: Clock, teller: Teller
) -> dict[str, Any]:
    rule = segment.rule
    answers = answers_of(rule, person, tenant, clock)
    given = dict(enumerate(answers))
    figures = _figures(leaves_of(rule.root), person.pk, tenant, clock)
    fields = customer_fields(person)
    place = iter(range(len(answers)))

    def node(each: Node) -> dict[str, Any]:
        if isinstance(each, Group):
            parts = [node(part) for part in each.rules]
            return {
                "combinator": each.combinator,
                "not": each.negated,
                "is": _together(each, [part["is"] for part in parts]),
                "rules": parts,
            }
        number = next(place)
        found = figures.get(number)
        if isinstance(each, FieldLeaf) and given[number] is not None:
            found = fields.get("dateOfBirth" if each.field == "age" else each.field)
        return {"words": teller.leaf(each), **each.to_json(), "found": found, "is": given[number]}

    return node(rule.root)


def _together(group: Group, parts: list[bool | None]) -> bool | None:
    """What a group says; None where it hangs on a part that is not known."""
    if not parts:
        return True
    decisive = group.combinator == "OR"
    if decisive in parts:
        return decisive is not group.negated
    return None if None in parts else decisive is group.negated


def _figures(leaves: list[Leaf], person: UUID, tenant: Tenant, clock: Clock) -> dict[int, Any]:
    """Of each leaf about the timeline: how many rows, the first and the last."""
    asked = [(number, leaf) for number, leaf in enumerate(leaves) if isinstance(leaf, EventLeaf)]
    if not asked:
        return {}
    parameters = Parameters("e")
    tenant_id, person_id = parameters(tenant.pk, "uuid"), parameters(person, "uuid")
    comparing = Comparing(parameters, clock)
    columns = [
        FIGURES.format(
            tenant=tenant_id,
            person=person_id,
            chosen=rows_of(leaf, parameter=parameters, tenant=tenant_id, comparing=comparing),
        )
        for _, leaf in asked
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", parameters.values)
        row = cursor.fetchone()
    return {
        number: orjson.loads(value) if isinstance(value, str) else value
        for (number, _), value in zip(asked, row, strict=True)
    }
