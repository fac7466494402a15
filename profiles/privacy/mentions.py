"""The person in events and timelines: their own lose their content, those of others lose the mention."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db import connection

from profiles.privacy import statements as sql
from profiles.privacy.person_patterns import Traits, redact
from tenants.extension import BLANKED


def find_mentions(parameters: dict[str, Any]) -> int:
    """Note which events mention the person, reading the whole inbox; returns the newest event that was looked at.

    Before any lock is taken, because it takes seconds where there are millions.
    """
    with connection.cursor() as cursor:
        sql.MENTION.fill(cursor, ())
        cursor.execute(sql.NEWEST, parameters)
        newest = int(cursor.fetchone()[0])
        cursor.execute(sql.FIND_MENTIONS, parameters)
    return newest


def blank_mentions(parameters: Mapping[str, Any], traits: Traits, newest: int) -> dict[str, dict[str, int]]:
    """Blank what was noted, and what came since; needs the identity lock. Returns counts per model and act.

    Before the person's own activities and facts are deleted, by which timelines of others are found.
    """
    counts: dict[str, dict[str, int]] = {}
    pattern = re.compile(traits.pattern, re.IGNORECASE)
    with connection.cursor() as cursor:
        cursor.execute(sql.FIND_LATE_MENTIONS, {**parameters, "newest": newest})
        activities = _retell_activities(cursor, parameters, pattern, traits)
        cursor.execute(sql.BLANK_OWN, parameters)
        own = cursor.rowcount
        events = own + _retell_events(cursor, parameters, pattern, traits)
    counts["events.InboxEvent"] = {BLANKED: events}
    counts["profiles.Activity"] = {BLANKED: activities}
    return counts


def _retell_events(
    cursor: Any, parameters: Mapping[str, Any], pattern: re.Pattern[str], traits: Traits
) -> int:
    cursor.execute(sql.TEXTS_OF_OTHERS, parameters)
    ids = traits.service_ids
    rows = []
    for row_id, envelope, original in cursor.fetchall():
        told = json.dumps(redact(json.loads(envelope), pattern, ids))
        told_first = None if original is None else json.dumps(redact(json.loads(original), pattern, ids))
        rows.append((row_id, told, told_first))
    sql.REDACTED_EVENT.fill(cursor, rows)
    cursor.execute(sql.REDACT_EVENTS, parameters)
    return len(rows)


def _retell_activities(
    cursor: Any, parameters: Mapping[str, Any], pattern: re.Pattern[str], traits: Traits
) -> int:
    cursor.execute(sql.ACTIVITIES_OF_OTHERS, parameters)
    rows = []
    for row_id, title, metadata in cursor.fetchall():
        held = json.loads(metadata)
        told = (pattern.sub("[erased]", title), redact(held, pattern, traits.service_ids))
        if told != (title, held):
            rows.append((row_id, told[0], json.dumps(told[1])))
    sql.REDACTED_ACTIVITY.fill(cursor, rows)
    cursor.execute(sql.REDACT_ACTIVITIES, parameters)
    return len(rows)
