"""Findings on their way into our own tables and the review queue, as one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from events.json_text import dump_json
from profiles.matching.duplicates import statements as sql
from profiles.matching.duplicates.linking import ScoredPair
from tenants.scope import current_tenant_id


@dataclass(frozen=True, slots=True)
class Finding:
    """A weighed pair with the ids of the two."""

    one: UUID
    other: UUID
    pair: ScoredPair
    is_certain: bool

    def as_row(self) -> tuple[Any, ...]:
        """For the staging table, the smaller id first."""
        first, second = sorted((self.one, self.other))
        return (
            first,
            second,
            self.pair.weight,
            self.pair.probability,
            dump_json(explanation(self.pair)),
            self.is_certain,
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """How many pairs stand now, and how many candidates came new."""

    found: int
    queued: int


def explanation(pair: ScoredPair) -> list[dict[str, Any]]:
    """What speaks for and against, in words and bits, the heaviest first."""
    return [
        {
            "comparison": reason.comparison.code,
            "level": reason.level.code,
            "words": reason.level.words,
            "weight": round(reason.weight, 2),
        }
        for reason in pair.reasons
    ]


def store(findings: Iterable[Finding], *, version: str, since: datetime, is_full: bool) -> Stored:
    """Replace what was known of the compared pairs, and bring the new ones before staff; nothing decided is touched."""
    parameters: Mapping[str, Any] = {
        "tenant": current_tenant_id(),
        "version": version,
        "since": since,
        "is_full": is_full,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        sql.NEW_DUPLICATE.fill(cursor, (finding.as_row() for finding in findings))
        # A new temporary table has no statistics, and a guess of a thousand rows makes plans for a thousand.
        cursor.execute("ANALYZE new_duplicate")
        for statement in (sql.FORGET_GONE, sql.FORGET_KEPT_APART, sql.DELETE_PAIRS, sql.UPSERT_PAIRS):
            cursor.execute(statement, parameters)
        found = cursor.rowcount
        cursor.execute(sql.DELETE_CANDIDATES, parameters)
        cursor.execute(sql.UPSERT_CANDIDATES, parameters)
        return Stored(found, sum(is_new for (is_new,) in cursor.fetchall()))
