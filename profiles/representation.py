"""A customer, an activity and a note as the outside sees them: the camelCase fields of the API."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from profiles.customer_table import CUSTOMER, Kind
from profiles.models import CustomerProfile, Note
from profiles.timeline import TimelineRow
from tenants.directory import tenant_by_id
from tenants.json_writing import written


def _json(value: Any) -> Any:
    """`jsonb` comes as text from a plain cursor: it goes into the answer as it is."""
    return orjson.Fragment(value) if isinstance(value, str) else value


_STORED: Final = tuple((field, field.column) for field in CUSTOMER if field.column is not None)
COLUMNS: Final = tuple(column for _, column in _STORED)
_NAMES: Final = tuple(field.name for field, _ in _STORED)
_CONVERTED: Final = tuple((field.name, field.told) for field, _ in _STORED if field.told is not None) + tuple(
    (field.name, _json) for field, _ in _STORED if field.kind is Kind.TEXT_BY_NAME
)


def customer_fields(profile: CustomerProfile) -> dict[str, Any]:
    """Field → plain value (UUIDs, dates and times included) of one customer."""
    return row_fields([getattr(profile, column) for column in COLUMNS])


def row_fields(row: Sequence[Any]) -> dict[str, Any]:
    """The same of a row of COLUMNS, without a model in between."""
    fields = dict(zip(_NAMES, row, strict=True))
    for name, convert in _CONVERTED:
        fields[name] = convert(fields[name])
    # Sums hold the club's currency only.
    fields["lifetimeValueCurrency"] = tenant_by_id(fields["tenantId"]).currency
    if not fields["displayName"]:
        # Mirrors `CustomerProfile.told_name`.
        full = f"{fields['firstName'] or ''} {fields['lastName'] or ''}".strip()
        fields["displayName"] = full or fields["email"] or fields["phoneNumber"] or "Unknown person"
    return fields


def activity_fields(row: TimelineRow) -> dict[str, Any]:
    """Field → plain value of one row of a timeline."""
    return {
        "id": row.id,
        "type": row.type,
        "category": row.category,
        "channel": row.channel or None,
        "source": row.source,
        "sourceEventId": row.source_event_id,
        "title": row.title,
        "metadata": row.metadata,
        "occurredAt": row.occurred_at,
    }


def note_fields(note: Note) -> dict[str, Any]:
    """Field → plain value of one note."""
    return {
        "id": note.pk,
        "customerId": note.profile_id,
        "body": note.body,
        "isPinned": note.is_pinned,
        "authorName": note.author_name or None,
        "createdAt": note.created_at,
        "updatedAt": note.updated_at,
    }


def to_json(fields: Any) -> bytes:
    """Finished JSON of what the functions above return; times in UTC end in `Z`."""
    return written(fields, option=orjson.OPT_UTC_Z)
