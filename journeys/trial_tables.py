"""A trial over the past has tables of its own, which stand before those of the club in its session.

PostgreSQL looks into the temporary schema of the session first, so the engine, the planner and the ORM write there
without knowing it: what a trial does locks no row, makes nobody wait, and ends with its tables. Behind a pooler the
next transaction may come to another session, so there a trial is one transaction. See ADR 100.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any, Final
from uuid import UUID

from django.db import Error, OperationalError, connection, transaction

from journeys.definition import Definition
from journeys.definition.steps import Enrol, Update
from journeys.sharing import OF_SHARE, Share
from profiles.tagging import CHANGE_STAGE, CHANGE_TAGS
from tenants.models import Tenant

logger = logging.getLogger(__name__)

LOST: Final = "The database lost the session of this trial, and its tables with it. Try again."
# What the engine writes → the rows that a trial has to know of the club's own.
ROWS: Final = {
    "journeys_journey": "tenant_id = %(tenant)s",
    "journeys_journeyversion": (
        "tenant_id = %(tenant)s AND id IN (SELECT version_id FROM journeys_journey WHERE tenant_id = %(tenant)s)"
    ),
    "journeys_run": "tenant_id = %(tenant)s AND journey_id = ANY(%(others)s)",
    "journeys_runended": "tenant_id = %(tenant)s AND journey_id = ANY(%(others)s)",
    "journeys_holdout": "tenant_id = %(tenant)s AND journey_id = ANY(%(others)s)",
    "journeys_rundata": "",
    "journeys_steplog": "",
    "journeys_stepcounter": "",
    "journeys_subscription": "",
    "journeys_entryrefusal": "",
    "journeys_conversion": "",
    "journeys_triggermark": "",
    "journeys_scorelatch": "",
    "journeys_task": "",
    "events_domainlogentry": "",
    # Messages that count for a cap, or go on the same day.
    "messaging_delivery": "tenant_id = %(tenant)s AND due_at >= %(since)s AND status NOT IN ('SKIPPED', 'FAILED')",
}
PEOPLE_TABLE: Final = "profiles_customerprofile"
PEOPLE: Final = {PEOPLE_TABLE: "tenant_id = %(tenant)s"}
LISTS: Final = {"segments_segmentmember": "tenant_id = %(tenant)s"}
# Memory for the pages of the tables, taken as they are written: 100,000 people over 90 days fill some 300 MB, of which
# most are written once.
ROOM: Final = "128MB"
# What the planner has to know of them: nobody else counts the rows of temporary tables, and it would read all of the
# club's for a few. A small sample says it.
KNOWN: Final = {
    "journeys_run": "tenant_id, journey_id, version_id, profile_id, status",
    "journeys_runended": "tenant_id, journey_id, profile_id",
    "journeys_rundata": "tenant_id",
    "journeys_steplog": "tenant_id, run_id",
    "journeys_subscription": "tenant_id, profile_id",
    "journeys_entryrefusal": "tenant_id, journey_id, profile_id",
    "journeys_conversion": "tenant_id, journey_id",
    "messaging_delivery": "tenant_id, profile_id, source_id, status",
}
# However few rows are counted, as one alone, they are all of one club.
ONE_CLUB: Final = "ALTER TABLE pg_temp.{0} ALTER COLUMN tenant_id SET (n_distinct = 1)"
COUNT: Final = "SET LOCAL default_statistics_target = 10; ANALYZE " + ", ".join(
    f"pg_temp.{name} ({columns})" for name, columns in KNOWN.items()
)
# A cap counts the calendar week.
LOOKED_BACK: Final = timedelta(days=9)
MAKE: Final = "CREATE TEMPORARY TABLE {0} (LIKE {1} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
FILL: Final = "INSERT INTO pg_temp.{0} SELECT * FROM {1} WHERE {2}"
NUMBERED: Final = "ALTER TABLE pg_temp.{0} ALTER COLUMN {1} SET DEFAULT nextval({2}::regclass)"
# Indexes that no trial looks into: of those who send, of the back office, of what other indexes find as well, and of
# numbers by which no row is asked for.
IDLE: Final = (
    "journeys_entryrefusal_pkey", "journeys_runended_pkey", "journeys_steplog_pkey", "journeys_steptally_pkey",
    "journeys_stepcounter_day_idx", "messaging_delivery_source_idx",
    "journeys_run_profile_idx", "journeys_run_step_idx", "journeys_rundata_profile_idx",
    "journeys_runended_journey_idx", "journeys_refusal_person_idx", "journeys_refusal_journey_idx",
    "messaging_delivery_claim_idx", "messaging_delivery_lease_idx", "messaging_delivery_service_idx",
)  # fmt: skip
# Identity columns count on, so that no key of a message is used twice.
LAID_OUT: Final = """
SELECT ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attidentity <> ''),
       ARRAY(SELECT format('ALTER TABLE pg_temp.%%I ADD CONSTRAINT %%I %%s', c.relname, k.conname,
                           pg_get_constraintdef(k.oid))
             FROM pg_constraint AS k
             WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u') AND k.conname <> ALL(%s)),
       ARRAY(SELECT regexp_replace(pg_get_indexdef(i.indexrelid), ' ON (ONLY )?\\S+ ',
                                   format(' ON pg_temp.%%I ', c.relname))
             FROM pg_index AS i JOIN pg_class AS n ON n.oid = i.indexrelid
             WHERE i.indrelid = c.oid AND n.relname <> ALL(%s)
               AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid))
FROM pg_class AS c WHERE c.oid = %s::regclass
"""
JOIN_LIST: Final = """
INSERT INTO segments_segmentmember (tenant_id, segment_id, profile_id, origin_profile_id)
SELECT %(tenant)s, %(segment)s, one, one FROM unnest(%(ids)s::uuid[]) AS one ON CONFLICT DO NOTHING
"""
LEAVE_LIST: Final = """
DELETE FROM segments_segmentmember
WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s AND profile_id = ANY(%(ids)s)
"""


@contextmanager
def own_tables(
    tenant: Tenant, definition: Definition, since: datetime, share: Share = None
) -> Iterator[None]:
    """Until the end of the block this session writes into tables of its own.

    `share`: it knows those people alone who are in that share of the club.
    """
    wanted = _wanted(definition)
    if share is not None:
        wanted |= {PEOPLE_TABLE: OF_SHARE}
    values = {
        "tenant": tenant.pk,
        "share": share,
        "since": since - LOOKED_BACK,
        "others": [step.journey for step in definition.steps if isinstance(step, Enrol)],
    }
    wrapper: Any = connection
    wrapper.ensure_connection()
    with ExitStack() as stack:
        if wrapper.is_pooled:
            stack.enter_context(transaction.atomic())
            stack.callback(transaction.set_rollback, True)
        else:
            if not wrapper.in_atomic_block:
                _begin_session()
                stack.callback(connection.close)
            stack.callback(_drop, wanted)
            stack.enter_context(connection.execute_wrapper(_only_in(_session())))
        with transaction.atomic(), connection.cursor() as cursor:
            for name, condition in wanted.items():
                _make(cursor, name, condition, values)
        yield


def _begin_session() -> None:
    """Begin a session that has room for the tables; one that has seen a temporary table keeps the room it had."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('temp_buffers', %s, false)", [ROOM])


def count_rows() -> None:
    """Let the planner learn what has been written by now; needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)


def _session() -> int:
    """The number of the session as the server told it when it was opened."""
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def _only_in(session: int) -> Callable[..., Any]:
    """A wrapper that lets no statement go to another session, where the tables of the club would take it."""

    def execute(run: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        if _session() != session:
            raise OperationalError(LOST)
        return run(statement, params, many, context)

    return execute


def _drop(names: Iterable[str]) -> None:
    """Drop the tables; where that fails, end the session, and they end with it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{name}" for name in names))
    except Error:
        logger.warning("the tables of a trial end with their session", exc_info=True)
        connection.close()


def _wanted(definition: Definition) -> dict[str, str]:
    updates = [step for step in definition.steps if isinstance(step, Update)]
    wanted = dict(ROWS)
    if any(step.add_tags or step.remove_tags or step.stage for step in updates):
        wanted |= PEOPLE
    if any(step.add_to or step.take_from for step in updates):
        wanted |= LISTS
    return wanted


def _make(cursor: Any, name: str, condition: str, values: dict[str, Any]) -> None:
    """Columns, rows, and then the indexes and what must be unique, under their own names."""
    cursor.execute(LAID_OUT, [list(IDLE), list(IDLE), name])
    numbered, constraints, indexes = cursor.fetchone()
    schema = _schema(cursor)
    cursor.execute(MAKE.format(name, f"{schema}.{name}"))
    for column in numbered:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f"{schema}.{name}", column])
        [sequence] = cursor.fetchone()
        cursor.execute(NUMBERED.format(name, column, f"'{sequence}'"))
    if condition:
        table = f"{schema}.{name}"
        cursor.execute(FILL.format(name, table, condition.replace("{table}", table)), values)
    for statement in (*constraints, *indexes, ONE_CLUB.format(name)):
        cursor.execute(statement)
    if condition:
        cursor.execute(f"ANALYZE pg_temp.{name}")


def _schema(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    [found] = cursor.fetchone()
    return str(found)


def update_people(cursor: Any, tenant_id: UUID, people: Sequence[UUID], step: Update) -> None:
    """What an UPDATE step changes, in the tables of a trial: nothing that others read, and nobody is told."""
    values: dict[str, Any] = {"tenant": tenant_id, "ids": people}
    if step.add_tags or step.remove_tags:
        removed = [md5(tag.encode(), usedforsecurity=False).hexdigest() for tag in step.remove_tags]
        cursor.execute(CHANGE_TAGS, values | {"add": list(step.add_tags), "remove": removed})
    if step.stage:
        cursor.execute(CHANGE_STAGE, values | {"stage": step.stage, "stage_rank": 0})
    for segment in step.add_to:
        cursor.execute(JOIN_LIST, values | {"segment": segment})
    for segment in step.take_from:
        cursor.execute(LEAVE_LIST, values | {"segment": segment})
