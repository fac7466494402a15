"""Adding to a timeline by hand: what staff or a front end saw happen and no service told."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from events.iso_time import moment_from_iso
from events.json_text import check_storable
from events.refusals import EnvelopeRefused
from profiles.editing import record_activity
from profiles.errors import CustomerNotFound, InvalidFields
from profiles.models import ActivityCategory
from profiles.representation import to_json
from profiles.timeline import TimelineRow, timeline_row

TYPE_SHAPE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
LONGEST_TITLE: Final = 200
LARGEST_METADATA_BYTES: Final = 16 * 1024
# Clocks drift; nothing that is written down happens tomorrow.
FUTURE_TOLERANCE: Final = timedelta(hours=24)
EARLIEST_YEAR: Final = 1900
FIELDS: Final = ("type", "category", "title", "metadata", "occurredAt")


def add_activity(profile_id: UUID, fields: Mapping[str, Any]) -> TimelineRow:
    """Add one activity; `fields` by their API names, metadata and occurredAt (now) may be left out.

    Raises CustomerNotFound, InvalidFields.
    """
    values = _checked(fields, timezone.now())
    activity_id = record_activity(
        profile_id,
        activity_type=values["type"],
        category=values["category"],
        title=values["title"],
        metadata=values["metadata"],
        occurred_at=values["occurredAt"],
    )
    row = timeline_row(activity_id)
    if row is None:
        raise CustomerNotFound
    return row


def _checked(fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    problems = {field: "There is no such field here." for field in fields if field not in FIELDS}
    values: dict[str, Any] = {}
    readers = {"type": _type, "category": _category, "title": _title, "metadata": _metadata}
    for field, read in readers.items():
        try:
            values[field] = read(fields.get(field))
        except ValueError as error:
            problems[field] = str(error)
    try:
        values["occurredAt"] = _moment(fields.get("occurredAt"), now)
    except ValueError as error:
        problems["occurredAt"] = str(error)
    if problems:
        raise InvalidFields(problems)
    return values


def _type(value: Any) -> str:
    if not isinstance(value, str) or not TYPE_SHAPE.fullmatch(value):
        raise ValueError("Write the type in capitals, as in PHONE_CALL; at most 40 characters.")
    return value


def _category(value: Any) -> str:
    if value not in ActivityCategory.values:
        raise ValueError(f"Choose one of {', '.join(ActivityCategory.values)}.")
    return str(value)


def _title(value: Any) -> str:
    title = value.strip() if isinstance(value, str) else ""
    if not title or len(title) > LONGEST_TITLE or "\x00" in title:
        raise ValueError(f"Write a title of 1 to {LONGEST_TITLE} characters.")
    return title


def _metadata(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("Give an object, or leave it out.")
    try:
        check_storable(value)
    except EnvelopeRefused as refused:
        raise ValueError(refused.message) from refused
    if len(to_json(value)) > LARGEST_METADATA_BYTES:
        raise ValueError(f"At most {LARGEST_METADATA_BYTES // 1024} KiB.")
    return value


def _moment(value: Any, now: datetime) -> datetime:
    if value is None:
        return now
    moment = moment_from_iso(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("Write the time in ISO 8601 with an offset, as in 2026-03-01T10:00:00+02:00.")
    if moment.year < EARLIEST_YEAR or moment > now + FUTURE_TOLERANCE:
        raise ValueError(f"The time must lie between {EARLIEST_YEAR} and tomorrow.")
    return moment
