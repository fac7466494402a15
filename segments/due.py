"""The days on which time alone may move somebody: who is due is found without a look at anybody else.

A leaf with a relative date or a window turns at midnights that follow from the person's own dates. A day that is too
early costs one look at one person; a day that is too late would be a mistake, so whatever may turn is named.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from django.db import connection

from segments.clock import Clock
from segments.comparing import Comparing
from segments.compiler import Parameters
from segments.fields import FIELDS
from segments.operators import RELATIVE, Kind
from segments.rules import EventLeaf, FieldLeaf, MomentTest, Rule, Window, leaves_of, moves_with_time
from segments.tallies import Once
from segments.timeline import rows_of

# `due`: rows of (profile_id, due_on).
NOTE: Final = """
INSERT INTO segments_dueday (tenant_id, profile_id, due_on)
SELECT %(tenant)s, profile_id, min(due_on) FROM ({due}) AS due GROUP BY profile_id ORDER BY profile_id
ON CONFLICT (profile_id) DO UPDATE SET due_on = excluded.due_on WHERE segments_dueday.due_on > excluded.due_on
"""
READ: Final = "SELECT * FROM unnest(%(people)s::uuid[], %(days)s::date[]) AS read (profile_id, due_on)"
# Of everybody only those whose day is earlier than the one that is kept, or the first; as arrays of `batch` people.
EARLIER: Final = """
SELECT array_agg(profile_id ORDER BY profile_id)::text, array_agg(due_on ORDER BY profile_id)::text
FROM (SELECT due.profile_id, min(due.due_on) AS due_on,
             (row_number() OVER (ORDER BY due.profile_id) - 1) / %(batch)s AS batch
      FROM ({due}) AS due
      LEFT JOIN segments_dueday AS kept ON kept.tenant_id = %(tenant)s AND kept.profile_id = due.profile_id
      WHERE kept.due_on IS NULL OR kept.due_on > due.due_on
      GROUP BY due.profile_id) AS earlier
GROUP BY batch ORDER BY batch
"""
_EVERYBODY: Final = "profiles_customerprofile AS p"
# By index, whatever statistics say.
_WEIGHED: Final = """weighed_person AS w CROSS JOIN LATERAL (
    SELECT * FROM profiles_customerprofile AS p WHERE p.tenant_id = {tenant} AND p.id = w.profile_id OFFSET 0) AS p"""
_OF_FIELD: Final = """
SELECT p.id AS profile_id, turn.day AS due_on
FROM {people}
CROSS JOIN LATERAL (SELECT min(day) AS day FROM unnest(ARRAY[{days}]::date[]) AS day WHERE day > {today}) AS turn
WHERE p.tenant_id = {tenant} AND p.status IN ('ACTIVE', 'INACTIVE') AND turn.day IS NOT NULL
"""
_OF_TIMELINE: Final = """
SELECT rows.profile_id, turn.day AS due_on
FROM {rows} AS rows
CROSS JOIN LATERAL (SELECT min(day) AS day FROM unnest(ARRAY[{days}]::date[]) AS day WHERE day > {today}) AS turn
WHERE turn.day IS NOT NULL
"""
_ROWS_OF_EVERYBODY: Final = """(
    SELECT a.profile_id, {extremes} FROM profiles_activity AS a
    WHERE a.tenant_id = {tenant} AND {chosen} GROUP BY a.profile_id)"""
_ROWS_OF_WEIGHED: Final = """weighed_person AS w CROSS JOIN LATERAL (
    SELECT w.profile_id, {extremes} FROM profiles_activity AS a
    WHERE a.tenant_id = {tenant} AND a.profile_id = w.profile_id AND {chosen})"""


def due_query(
    rules: Iterable[Rule], tenant_id: Any, clock: Clock, *, of_weighed: bool = False
) -> tuple[str, dict[str, Any]] | None:
    """A query for (profile_id, due_on) of everybody, or of those in `weighed_person`; None: nothing moves with time.

    However many the rules are, people are looked at once for their fields; a day may be named more than once.
    """
    parameters = Parameters("d")
    asking = _Asking(Once(parameters), tenant_id, clock, of_weighed=of_weighed)
    leaves = dict.fromkeys(leaf for rule in rules for leaf in leaves_of(rule.root) if moves_with_time(leaf))
    days = dict.fromkeys(
        day for leaf in leaves if isinstance(leaf, FieldLeaf) for day in _days_of_field(leaf, asking)
    )
    queries = [_of_fields(list(days), asking)] if days else []
    queries += _of_timelines([leaf for leaf in leaves if isinstance(leaf, EventLeaf)], asking)
    return (" UNION ALL ".join(queries), parameters.values) if queries else None


def note_days_of_weighed(rules: Iterable[Rule], tenant_id: Any, clock: Clock) -> None:
    """Note when time alone may move the people in `weighed_person` next, as far as these rules go."""
    moving = tuple(rule for rule in rules if rule.mentions.moves_with_time)
    if not moving:
        return
    key = (tenant_id, clock.zone.key, clock.today, tuple(rule.fingerprint for rule in moving))
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = due_query(moving, tenant_id, clock, of_weighed=True)
    found = _kept[key]
    if found is not None:
        with connection.cursor() as cursor:
            cursor.execute(NOTE.format(due=found[0]), {**found[1], "tenant": tenant_id})


_kept: dict[Any, tuple[str, dict[str, Any]] | None] = {}
MOST_KEPT: Final = 64


class _Asking:
    """What the parts of one query share: placeholders for the tenant and for today, and the calendar."""

    def __init__(self, parameter: Once, tenant_id: Any, clock: Clock, *, of_weighed: bool) -> None:
        self.parameter, self.clock, self.of_weighed = parameter, clock, of_weighed
        self.tenant = parameter(tenant_id, "uuid")
        self.today = parameter(clock.today, "date")


def _days_of_field(leaf: FieldLeaf, asking: _Asking) -> list[str]:
    field = FIELDS[leaf.field]
    day = field.sql
    if field.kind is Kind.MOMENT:
        day = _local(day, asking)
    operator = "anniversary" if leaf.field == "age" else leaf.operator
    recurs = field.recurs and operator == "inCurrentMonth"
    return _turns(day, "birthMonth" if recurs else operator, _days_of(leaf), asking.clock)


def _of_fields(days: list[str], asking: _Asking) -> str:
    people = (_WEIGHED if asking.of_weighed else _EVERYBODY).format(tenant=asking.tenant)
    return _OF_FIELD.format(days=", ".join(days), today=asking.today, tenant=asking.tenant, people=people)


def _of_timelines(leaves: list[EventLeaf], asking: _Asking) -> list[str]:
    """Leaves that differ in their windows only read the timeline once."""
    alike: dict[Any, list[EventLeaf]] = {}
    for leaf in leaves:
        is_moment = isinstance(leaf.test, MomentTest) and leaf.test.operator in RELATIVE
        window = leaf.window
        key = leaf if is_moment else (leaf.types, leaf.where, window.since, window.until)
        alike.setdefault(key, []).append(leaf)
    return [_of_timeline(each, asking) for each in alike.values()]


def _of_timeline(leaves: list[EventLeaf], asking: _Asking) -> str:
    """A window loses its oldest row, or gains the oldest of those that are still too young for it."""
    local, clock, comparing = (
        _local("a.occurred_at", asking),
        asking.clock,
        Comparing(asking.parameter, asking.clock),
    )
    windows = [leaf.window for leaf in leaves]
    extremes: list[str] = []
    days: list[str] = []

    def oldest_since(ago: int) -> None:
        """The first row of the last `ago` days leaves them, or comes to be older than they are."""
        extremes.append(
            f"min({local}) FILTER (WHERE a.occurred_at >= {comparing.start_of(clock.day(-ago))}) AS d{ago}"
        )
        days.append(f"d{ago} + {ago + 1}")

    spans = {each.in_last_days for each in windows} | {each.before_days_ago for each in windows}
    for ago in sorted(each for each in spans if each is not None):
        oldest_since(ago)
    test = leaves[0].test
    if isinstance(test, MomentTest) and test.operator in RELATIVE:
        extremes.append(f"{'max' if test.which == 'last' else 'min'}({local}) AS happened")
        value = test.value if isinstance(test.value, int) else 0
        days += _turns("happened", test.operator, value, clock)
    widest = replace(leaves[0], window=_widest(windows))
    chosen = rows_of(
        widest, parameter=asking.parameter, tenant=asking.tenant, comparing=comparing, is_open_ended=True
    )
    source = _ROWS_OF_WEIGHED if asking.of_weighed else _ROWS_OF_EVERYBODY
    rows = source.format(extremes=", ".join(extremes), tenant=asking.tenant, chosen=chosen)
    return _OF_TIMELINE.format(rows=rows, days=", ".join(days), today=asking.today)


def _widest(windows: list[Window]) -> Window:
    """A window with all rows of each, as they share their fixed days."""
    lasts = [each.in_last_days for each in windows]
    known = [each for each in lasts if each is not None]
    return replace(windows[0], in_last_days=max(known) if len(known) == len(lasts) else None)


def _local(moment: str, asking: _Asking) -> str:
    return f"({moment} AT TIME ZONE {asking.parameter(asking.clock.zone.key, 'text')})::date"


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
