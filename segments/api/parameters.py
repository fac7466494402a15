"""Reading what callers write about segments; the same for REST and GraphQL."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from profiles.errors import ImportNotFound
from segments.actions import Draft, Maker
from segments.errors import SegmentNotFound
from segments.models import Frequency, SegmentType
from tenants.errors import InvalidError

NAMES: Final = {
    "name": "name",
    "description": "description",
    "criteria": "criteria",
    "refreshFrequency": "refresh_frequency",
    "isActive": "is_active",
    "clubId": "club_id",
}
MOST_IDS: Final = 10_000


def segment_id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises SegmentNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise SegmentNotFound from None


def draft_of(body: Mapping[str, Any], maker: Maker) -> Draft:
    """What shall be made; raises InvalidError."""
    return Draft(
        name=_text(body, "name"),
        criteria=body.get("criteria"),
        type=_text(body, "type") or SegmentType.DYNAMIC.value,
        description=_text(body, "description"),
        refresh_frequency=_text(body, "refreshFrequency") or Frequency.DAILY.value,
        club_id=_text(body, "clubId"),
        maker=maker,
    )


def changes_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What shall change."""
    for name in ("name", "description", "refreshFrequency", "clubId"):
        _text(body, name)
    if "isActive" in body and not isinstance(body["isActive"], bool):
        raise InvalidError("Give true or false.", field="isActive")
    return {column: body[name] for name, column in NAMES.items() if name in body}


def ids_of(body: Mapping[str, Any], name: str) -> list[UUID]:
    """Ids of customers."""
    values = body.get(name) or []
    try:
        if not isinstance(values, list) or len(values) > MOST_IDS:
            raise ValueError
        return [UUID(str(each)) for each in values]
    except ValueError:
        raise InvalidError(f"Give a list of at most {MOST_IDS} ids of customers.", field=name) from None


def import_id_of(body: Mapping[str, Any]) -> UUID | None:
    """The import whose people go on a list; raises ImportNotFound."""
    value = body.get("addImportId")
    if value is None:
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise ImportNotFound from None


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if (value is not None and not isinstance(value, str)) or "\x00" in (value or ""):
        raise InvalidError("Give a text.", field=name)
    return value or ""
