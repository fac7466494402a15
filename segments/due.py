"""The days on which time alone may move somebody: who is due is found without a look at anybody else.

A leaf with a relative date or a window turns at midnights that follow from the person's own dates. A day that is too
early costs one look at one person; a day that is too late would be a mistake, so whatever may turn is named.
"""

from typing import Any, Final

from segments.clock import Clock
from segments.comparing import Comparing
from segments.compiler import Parameters
from segments.fields import FIELDS
from segments.operators import RELATIVE, Kind
from segments.rules import EventLeaf, FieldLeaf, Leaf, MomentTest, Rule, leaves_of, moves_with_time
from segments.timeline import rows_of

NOTE: Final = """
INSERT INTO segments_dueday (tenant_id, profile_id, due_on)
SELECT %(tenant)s, profile_id, min(due_on) FROM noted_day GROUP BY profile_id ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET due_on = excluded.due_on WHERE segments_dueday.due_on > excluded.due_on
"""
_OF_FIELD: Final = """
SELECT p.id AS profile_id, turn.day AS due_on
FROM profiles_customerprofile AS p
CROSS JOIN LATERAL (SELECT min(day) AS day FROM unnest(ARRAY[{days}]::date[]) AS day WHERE day > {today}) AS turn
WHERE p.tenant_id = {tenant} AND p.status IN ('ACTIVE', 'INACTIVE') AND turn.day IS NOT NULL{only}
"""
_OF_TIMELINE: Final = """
SELECT rows.profile_id, turn.day AS due_on
FROM (SELECT a.profile_id, {extremes} FROM profiles_activity AS a
      WHERE a.tenant_id = {tenant}{only} AND {chosen} GROUP BY a.profile_id) AS rows
CROSS JOIN LATERAL (SELECT min(day) AS day FROM unnest(ARRAY[{days}]::date[]) AS day WHERE day > {today}) AS turn
WHERE turn.day IS NOT NULL
"""


def due_query(
    rule: Rule, tenant_id: Any, clock: Clock, *, among: str = "", prefix: str = "d"
) -> tuple[str, dict[str, Any]] | None:
    """A query for (profile_id, due_on) of everybody, or of those `among`; None where nothing moves with time."""
    parameters = Parameters(prefix)
    queries = [
        _query(leaf, parameters, parameters(tenant_id, "uuid"), clock, among)
        for leaf in leaves_of(rule.root)
        if moves_with_time(leaf)
    ]
    return (" UNION ALL ".join(queries), parameters.values) if queries else None


def _query(leaf: Leaf, parameter: Parameters, tenant: str, clock: Clock, among: str) -> str:
    today = parameter(clock.today, "date")
    if isinstance(leaf, EventLeaf):
        return _of_timeline(leaf, parameter, tenant, clock, among=among, today=today)
    assert isinstance(leaf, FieldLeaf)  # noqa: S101 - only these two move with time
    field = FIELDS[leaf.field]
    day = field.sql
    if field.kind is Kind.MOMENT:
        day = _local(day, parameter, clock)
    operator = "anniversary" if leaf.field == "age" else leaf.operator
    recurs = field.recurs and operator == "inCurrentMonth"
    days = _turns(day, "birthMonth" if recurs else operator, _days_of(leaf), clock)
    only = f" AND p.id IN ({among})" if among else ""
    return _OF_FIELD.format(days=", ".join(days), today=today, tenant=tenant, only=only)


def _of_timeline(
    leaf: EventLeaf, parameter: Parameters, tenant: str, clock: Clock, *, among: str, today: str
) -> str:
    """A window loses its oldest row, or gains the oldest of those that are still too young for it."""
    window, local = leaf.window, _local("a.occurred_at", parameter, clock)
    extremes, days = [f"min({local}) AS oldest"], []
    if window.in_last_days is not None:
        days.append(f"oldest + {window.in_last_days + 1}")
    if window.before_days_ago is not None:
        young = parameter(clock.day(-window.before_days_ago), "date")
        extremes.append(f"min({local}) FILTER (WHERE {local} >= {young}) AS youngster")
        days.append(f"youngster + {window.before_days_ago + 1}")
    test = leaf.test
    if isinstance(test, MomentTest) and test.operator in RELATIVE:
        extremes.append(f"{'max' if test.which == 'last' else 'min'}({local}) AS happened")
        value = test.value if isinstance(test.value, int) else 0
        days += _turns("happened", test.operator, value, clock)
    chosen = rows_of(
        leaf, parameter=parameter, tenant=tenant, comparing=Comparing(parameter, clock), is_open_ended=True
    )
    only = f" AND a.profile_id IN ({among})" if among else ""
    return _OF_TIMELINE.format(
        extremes=", ".join(extremes),
        tenant=tenant,
        only=only,
        chosen=chosen,
        days=", ".join(days),
        today=today,
    )


def _local(moment: str, parameter: Parameters, clock: Clock) -> str:
    return f"({moment} AT TIME ZONE {parameter(clock.zone.key, 'text')})::date"


def _days_of(leaf: FieldLeaf) -> int:
    return leaf.value if isinstance(leaf.value, int) and not isinstance(leaf.value, bool) else 0


def _turns(day: str, operator: str, days: int, clock: Clock) -> list[str]:
    """The days on which the answer about a date may turn, as SQL."""
    years = range(clock.today.year, clock.today.year + 3)
    if operator in ("anniversary", "anniversaryInNextDays"):
        occasions = [
            f"({day} + make_interval(years => {year} - extract(year FROM {day})::integer))::date"
            for year in years
        ]
        return [turn for each in occasions for turn in (f"{each} - {days}", each, f"{each} + 1")]
    if operator == "birthMonth":
        months = [f"make_date({year}, extract(month FROM {day})::integer, 1)" for year in years]
        return [turn for each in months for turn in (each, f"({each} + interval '1 month')::date")]
    if operator == "inCurrentMonth":
        month = f"date_trunc('month', {day})"
        return [f"{month}::date", f"({month} + interval '1 month')::date"]
    spans = {
        "inLastDays": [day, f"{day} + {days + 1}"],
        "inNextDays": [f"{day} - {days}", f"{day} + 1"],
        "beforeDaysAgo": [f"{day} + {days + 1}"],
        "afterDaysAhead": [f"{day} - {days}"],
    }
    return spans[operator]
