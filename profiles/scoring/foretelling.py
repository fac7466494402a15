"""What other rules would change, before anybody saves them; and limits after the club's own people.

Both read what the last scoring measured of each customer (`ProfileScore.inputs`), so that no timeline is read. The
present rules are applied to the same figures: what differs comes from the rules alone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.db import connection
from django.utils import timezone

from profiles.scoring.rules import CHURN_LEVELS, CHURN_PARTS, ENGAGEMENT_LEVELS, Bands, Rules
from profiles.scoring.statements import banded
from tenants.scope import current_tenant_id

# A club with more people is told by every n-th of them, which takes a second at a million.
MOST_LOOKED_AT: Final = 20_000
# The share of people above each limit that a club is offered, and the points of it.
SHARES: Final = ((0.9, 100), (0.75, 80), (0.5, 60), (0.25, 40), (0.1, 20))
# Limits are round to so many digits: R 12 340 is R 12 000.
DIGITS: Final = 2
FEWEST: Final = 20

COUNT: Final = "SELECT count(*) FROM profiles_profilescore WHERE tenant_id = %(tenant)s"
FIGURES: Final = """
WITH chosen AS MATERIALIZED (
    SELECT profile_id FROM (
        SELECT profile_id, row_number() OVER (ORDER BY profile_id) AS place
        FROM profiles_profilescore WHERE tenant_id = %(tenant)s
    ) AS numbered WHERE place %% %(stride)s = 0
), figures AS (
    SELECT floor(extract(epoch FROM %(now)s - (inputs ->> 'lastActivityAt')::timestamptz) / 86400) AS days,
           (inputs ->> 'count30d')::bigint AS count_30d, (inputs ->> 'lifetimeValueCents')::bigint AS value_cents,
           (inputs ->> 'channels90d')::bigint AS channels, (inputs ->> 'received90d')::bigint AS received,
           (inputs ->> 'opened90d')::bigint AS opened, (inputs ->> 'clicked90d')::bigint AS clicked, components
    FROM profiles_profilescore AS s WHERE tenant_id = %(tenant)s AND profile_id IN (SELECT profile_id FROM chosen)
)
"""
# Parts, depth and both scores of one person by one set of rules, as `statements` measures them.
BY_RULES: Final = """
CROSS JOIN LATERAL (
    SELECT {recency} AS recency, {frequency} AS frequency, {monetary} AS monetary, {breadth} AS breadth
) AS {name}_part
CROSS JOIN LATERAL (
    SELECT CASE WHEN received = 0 THEN round((recency + frequency + monetary + breadth) / 4.0)
                ELSE round((60 * opened + 40 * LEAST(received, 5 * clicked)) / received::numeric) END AS depth
    FROM (SELECT {name}_part.*) AS part
) AS {name}_deep
CROSS JOIN LATERAL (
    SELECT round(({e_recency} * {name}_part.recency + {e_frequency} * {name}_part.frequency
                  + {e_monetary} * {name}_part.monetary + {e_breadth} * {name}_part.breadth
                  + {e_depth} * {name}_deep.depth) / 100.0) AS engagement,
           round({churn}) AS churn
) AS {name}
"""
QUANTILES: Final = """
SELECT percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY {column}) FILTER (WHERE {column} > 0),
       count(*) FILTER (WHERE {column} > 0)
FROM figures
"""


@dataclass(frozen=True, slots=True)
class Move:
    """How many people go from one band to another."""

    before: str
    after: str
    people: int


@dataclass(frozen=True, slots=True)
class Foretold:
    """What other rules would change. `is_estimate`: told by some of many."""

    people: int
    moved: int
    engagement: list[Move]
    churn: list[Move]
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class _Looked:
    """How many people there are, and every which of them is looked at."""

    people: int
    stride: int

    @classmethod
    def of_scope(cls, cursor: Any) -> Self:
        cursor.execute(COUNT, {"tenant": current_tenant_id()})
        people = int(cursor.fetchone()[0])
        return cls(people, max(1, people // MOST_LOOKED_AT))

    def values(self) -> dict[str, Any]:
        return {"tenant": current_tenant_id(), "stride": self.stride, "now": timezone.now()}


def foretell(present: Rules, wanted: Rules) -> Foretold:
    """Who of the open scope would stand in another band by the wanted rules; two statements, nothing is stored."""
    levels = ", ".join(
        _level(f"{side}.{score}", bands)
        for score, of in (("engagement", "engagement_levels"), ("churn", "churn_levels"))
        for side, bands in (("before", getattr(present, of)), ("after", getattr(wanted, of)))
    )
    statement = (
        f"{FIGURES} SELECT {levels}, count(*) FROM figures"
        f" {_by_rules(present, 'before')} {_by_rules(wanted, 'after')} GROUP BY 1, 2, 3, 4"
    )
    engagement, churn = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    moved = 0
    with connection.cursor() as cursor:
        looked = _Looked.of_scope(cursor)
        cursor.execute(statement, looked.values())
        for e_before, e_after, c_before, c_after, found in cursor.fetchall():
            people = found * looked.stride
            engagement[e_before, e_after] += people
            churn[c_before, c_after] += people
            moved += people if (e_before, c_before) != (e_after, c_after) else 0
    return Foretold(
        looked.people,
        moved,
        list(_moves(engagement, ENGAGEMENT_LEVELS)),
        list(_moves(churn, CHURN_LEVELS)),
        looked.stride > 1,
    )


def after_own_people(present: Rules) -> Rules:
    """The present rules with limits for value and frequency that a tenth, a quarter, half … of the club's people pass.

    Counted are people who have paid or done anything; a figure that fewer than FEWEST have keeps its limits.
    """
    with connection.cursor() as cursor:
        looked = _Looked.of_scope(cursor)
        return replace(
            present,
            monetary_cents=_quantiles(cursor, looked, "value_cents") or present.monetary_cents,
            frequency=_quantiles(cursor, looked, "count_30d") or present.frequency,
        )


def _quantiles(cursor: Any, looked: _Looked, column: str) -> Bands:
    shares = [share for share, _ in SHARES]
    cursor.execute(FIGURES + QUANTILES.format(column=column), {**looked.values(), "shares": shares})
    found, people = cursor.fetchone()
    if people < FEWEST:
        return ()
    bands: list[tuple[int, int]] = []
    for value, (_, points) in zip(found, SHARES, strict=True):
        limit = rounded(int(value))
        if not bands or limit < bands[-1][0]:
            bands.append((limit, points))
    return tuple(bands)


def rounded(value: int) -> int:
    """Down to DIGITS digits, so that nobody falls below a limit made of their own value."""
    unit: int = 10 ** max(0, len(str(value)) - DIGITS)
    return value - value % unit


def _moves(counted: Mapping[tuple[int, int], int], names: tuple[str, ...]) -> Iterator[Move]:
    """The greatest first."""
    for (before, after), people in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        if before != after:
            yield Move(names[before], names[after], people)


def _level(score: str, levels: tuple[int, ...]) -> str:
    cases = " ".join(f"WHEN {score} >= {int(least)} THEN {place}" for place, least in enumerate(levels))
    return f"CASE {cases} ELSE {len(levels)} END"


def _by_rules(rules: Rules, name: str) -> str:
    weighed = " + ".join(
        f"{int(rules.churn_weights[part])} * (components ->> '{part}')::numeric" for part in CHURN_PARTS
    )
    return BY_RULES.format(
        name=name,
        recency=banded("days", "<=", rules.recency_days),
        frequency=banded("count_30d", ">=", rules.frequency),
        monetary=banded("value_cents", ">=", rules.monetary_cents),
        breadth=banded("channels", ">=", rules.breadth),
        churn=weighed,
        **{f"e_{part}": int(weight) for part, weight in rules.engagement_weights.items()},
    )
