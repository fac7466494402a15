"""Journeys as lists and figures: what pages, REST and GraphQL show."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import connection

from campaigns.statistics import Rate, lift
from journeys import winning
from journeys.definition import Definition, parse
from journeys.definition.registry import STEPS, TRIGGERS
from journeys.drafts import draft_of, live_version, problems_of
from journeys.models import Journey

FIGURES: Final = """
SELECT
    (SELECT count(*) FROM journeys_run WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s) AS live,
    (SELECT count(*) FROM journeys_run
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status = 'HELD') AS held,
    (SELECT count(*) FROM journeys_runended
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status = 'COMPLETED') AS completed,
    (SELECT count(*) FROM journeys_runended
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status = 'EXITED') AS exited,
    (SELECT count(*) FROM journeys_runended
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND status = 'FAILED') AS failed,
    (SELECT count(*) FROM journeys_conversion
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND subject = 'RUN') AS converted,
    (SELECT count(*) FROM journeys_holdout
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s) AS held_out,
    (SELECT count(*) FROM journeys_conversion
     WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s AND subject = 'HOLDOUT') AS held_out_converted
"""
AT_STEPS: Final = """
SELECT step, count(*) FROM journeys_run WHERE tenant_id = %s AND journey_id = %s AND status <> 'SUSPENDED' GROUP BY step
"""
THROUGH: Final = """
SELECT step, outcome, sum(count)::bigint FROM journeys_stepcounter WHERE tenant_id = %s AND journey_id = %s
GROUP BY step, outcome
"""
MESSAGES: Final = """
SELECT variant, count(*) FILTER (WHERE status <> 'SKIPPED'), count(*) FILTER (WHERE status = 'SKIPPED'),
       count(*) FILTER (WHERE opened_at IS NOT NULL), count(*) FILTER (WHERE clicked_at IS NOT NULL)
FROM messaging_delivery WHERE tenant_id = %s AND source_id = %s GROUP BY variant
"""
LEFT: Final = """
SELECT COALESCE(NULLIF(reason, ''), status), count(*) FROM journeys_runended
WHERE tenant_id = %s AND journey_id = %s AND status <> 'COMPLETED' GROUP BY 1 ORDER BY 2 DESC
"""
LEFT_AT: Final = """
SELECT step, count(*) FROM journeys_runended
WHERE tenant_id = %s AND journey_id = %s AND status <> 'COMPLETED' GROUP BY step
"""
# From leaving the step before (or entering) to leaving this one: a step that does not wait takes no time.
TIMES: Final = """
SELECT step, percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.9) WITHIN GROUP (ORDER BY took)
FROM (
    SELECT l.step, extract(epoch FROM l.at - lag(l.at, 1, r.entered_at) OVER (PARTITION BY l.run_id ORDER BY l.move))
                       AS took
    FROM (SELECT id, entered_at FROM journeys_runended
          WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s ORDER BY ended_at DESC, id DESC LIMIT 1000) AS r
    CROSS JOIN LATERAL (SELECT step, at, move, run_id FROM journeys_steplog
                        WHERE tenant_id = %(tenant)s AND run_id = r.id OFFSET 0) AS l
) AS s GROUP BY step
"""
BY_WEEK: Final = """
SELECT date_trunc('week', entered_at AT TIME ZONE %(zone)s)::date, count(*) FROM (
    SELECT entered_at FROM journeys_run WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
    UNION ALL SELECT entered_at FROM journeys_runended WHERE tenant_id = %(tenant)s AND journey_id = %(journey)s
) AS r WHERE entered_at > now() - interval '26 weeks' GROUP BY 1 ORDER BY 1
"""


def journey_json(journey: Journey) -> dict[str, Any]:
    """As in the API, without steps."""
    version = live_version(journey)
    definition = parse(version.definition) if version else None
    return {
        "id": journey.pk,
        "tenantId": journey.tenant_id,
        "name": journey.name,
        "description": journey.description,
        "status": str(journey.status),
        "version": version.number if version else None,
        "timezone": definition.timezone if definition else "",
        "allowReentry": definition is not None and definition.entry.policy != "ONCE",
        "maxEnrollments": definition.entry.max_enrollments if definition else None,
        "createdAt": journey.created_at,
        "updatedAt": journey.updated_at,
        "createdBy": journey.created_by_name,
        "activatedAt": journey.activated_at,
        "pausedAt": journey.paused_at,
    }


def draft_json(journey: Journey) -> dict[str, Any]:
    """The definition that is being edited, with what is wrong with it."""
    definition = parse(draft_of(journey).definition)
    version = live_version(journey)
    return {
        "definition": definition.as_json(),
        "fingerprint": definition.fingerprint,
        "isPublished": version is not None and version.fingerprint == definition.fingerprint,
        "problems": [
            {
                "code": one.code,
                "message": one.message,
                "step": one.step or None,
                "weight": one.weight.value,
            }
            for one in problems_of(definition)
        ],
    }


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def figures(journey: Journey) -> dict[str, Any]:
    """How many entered, are in, finished, left, failed, converted; the sum closes."""
    [row] = _rows(FIGURES, {"tenant": journey.tenant_id, "journey": journey.pk})
    names = (
        "live", "held", "completed", "exited", "failed", "converted", "heldOut", "heldOutConverted",
    )  # fmt: skip
    found = dict(zip(names, row, strict=True))
    found["entered"] = found["live"] + found["completed"] + found["exited"] + found["failed"]
    found["conversionRate"] = round(found["converted"] / found["entered"], 4) if found["entered"] else None
    return found


def step_figures(journey: Journey) -> dict[str, dict[str, Any]]:
    """Step → who waits there, how many passed by outcome, what became of its messages."""
    found: dict[str, dict[str, Any]] = {}

    def of(step: str) -> dict[str, Any]:
        return found.setdefault(step, {"waiting": 0, "passed": 0, "outcomes": {}, "messages": None})

    place = [journey.tenant_id, journey.pk]
    for step, count in _rows(AT_STEPS, place):
        of(step)["waiting"] = count
    for step, outcome, count in _rows(THROUGH, place):
        of(step)["outcomes"][outcome] = count
        of(step)["passed"] += count
    for step, sent, skipped, opened, clicked in _rows(MESSAGES, place):
        of(step)["messages"] = {"sent": sent, "skipped": skipped, "opened": opened, "clicked": clicked}
    return found


def left_at_steps(journey: Journey) -> dict[str, int]:
    """Step → how many left the journey there, before its end."""
    rows: list[Any] = _rows(LEFT_AT, [journey.tenant_id, journey.pk])
    return dict(rows)


def reasons_left(journey: Journey) -> list[tuple[str, int]]:
    """Why people left before the end, the most frequent first."""
    return [(reason, count) for reason, count in _rows(LEFT, [journey.tenant_id, journey.pk])]


def entered_by_week(journey: Journey, zone: str) -> list[tuple[Any, int]]:
    """Entries of the last half year by week."""
    rows = _rows(BY_WEEK, {"tenant": journey.tenant_id, "journey": journey.pk, "zone": zone})
    return [(week, count) for week, count in rows]


def lift_of(total: Mapping[str, Any]) -> dict[str, Any] | None:
    """How much more of those who entered reached the goal than of the hold-out, with a 95 % interval."""
    treated = Rate(min(total["converted"], total["entered"]), total["entered"])
    held = Rate(min(total["heldOutConverted"], total["heldOut"]), total["heldOut"])
    found = lift(treated, held)
    if found is None:
        return None
    return {
        "difference": round(found.difference, 6),
        "low": round(found.low, 6),
        "high": round(found.high, 6),
        "relative": None if found.relative is None else round(found.relative, 6),
        "isCertain": found.is_certain,
        "treated": found.treated,
        "heldOut": found.held_out,
    }


def step_times(journey: Journey) -> dict[str, dict[str, float]]:
    """Step → hours between arriving and leaving, of the newest thousand runs that ended: half, and nine of ten."""
    rows = _rows(TIMES, {"tenant": journey.tenant_id, "journey": journey.pk})
    return {step: {"p50": round(half / 3600, 2), "p90": round(most / 3600, 2)} for step, half, most in rows}


def analytics(journey: Journey) -> dict[str, Any]:
    """Everything about the success of a journey."""
    total, times = figures(journey), step_times(journey)
    return {
        "journeyId": journey.pk,
        **total,
        "lift": lift_of(total),
        "steps": [
            {"step": step, **values, "hours": times.get(step)}
            for step, values in sorted(step_figures(journey).items())
        ],
        "experiments": winning.verdicts(journey),
        "left": [{"reason": reason, "count": count} for reason, count in reasons_left(journey)],
    }


def steps_json(definition: Definition) -> list[dict[str, Any]]:
    """The steps in the order in which they are reached."""
    order = {step: place for place, step in enumerate(definition.walk())}
    steps = sorted(definition.steps, key=lambda step: order.get(step.id, len(order)))
    return [step.model_dump(mode="json", by_alias=True) for step in steps]


def kinds_json() -> Mapping[str, Any]:
    """The registry, for builders."""
    return {
        name: [
            {"kind": kind.name, "title": kind.title, "help": kind.help, "fields": kind.fields}
            for kind in kinds.values()
        ]
        for name, kinds in (("steps", STEPS), ("triggers", TRIGGERS))
    }


def by_ids(ids: list[UUID]) -> dict[UUID, Journey]:
    """Journeys by id."""
    found: dict[UUID, Journey] = Journey.objects.in_bulk(ids)
    return found
