"""Reading what REST and GraphQL send: each field of its kind, all refusals at once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from events.iso_time import moment_from_iso
from social.models import Network, SourceType
from social.posts import Words
from social.promoting.audience import checked
from tenants.errors import UnprocessableError

Reader = Callable[[Any], Any]


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("Write a text.")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("Write true or false.")
    return value


def moment(value: Any) -> datetime | None:
    """A time with its offset, or null."""
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    found = moment_from_iso(value) if isinstance(value, str) else None
    if found is None or found.tzinfo is None:
        raise ValueError("Write the time in ISO 8601 with an offset, as in 2026-03-01T10:00:00Z.")
    return found


def uuid(value: Any) -> UUID | None:
    """An id, or null."""
    if value is None:
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise ValueError("Write a UUID.") from None


def uuids(value: Any) -> list[UUID]:
    """A list of ids."""
    if not isinstance(value, list):
        raise ValueError("Write a list of UUIDs.")
    return [one for one in map(uuid, value) if one is not None]


def texts_by_network(value: Any) -> dict[str, str]:
    """Network → text."""
    is_fit = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if not is_fit or not set(value) <= set(Network.values):
        raise ValueError(f"Write an object of {', '.join(Network.values)} with texts.")
    return dict(value)


def facts(value: Any) -> dict[str, Any]:
    """The facts of an event."""
    if not isinstance(value, dict):
        raise ValueError("Write an object.")
    return dict(value)


def audience(value: Any) -> dict[str, list[str]]:
    """Which memberships a plan writes to."""
    return checked(value)


def names(value: Any) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("Write a list of texts.")
    return value


def days(value: Any) -> list[int]:
    """A list of whole numbers."""
    if not isinstance(value, list) or not all(
        isinstance(one, int) and not isinstance(one, bool) for one in value
    ):
        raise ValueError("Write a list of days, as in [7, 3, 1].")
    return value


def minutes(value: Any) -> int | None:
    """A whole number of minutes; null: as the kind of post has it."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError("Write a whole number of minutes.")
    return value


def source_type(value: Any) -> str:
    """What is promoted."""
    if value not in SourceType.values:
        raise ValueError(f"Choose one of {', '.join(SourceType.values)}.")
    return str(value)


POST: Final[Mapping[str, tuple[str, Reader]]] = {
    "text": ("text", text),
    "link": ("link", text),
    "firstComment": ("first_comment", text),
    "utmCampaign": ("utm_campaign", text),
    "variants": ("variants", texts_by_network),
    "connectionIds": ("connection_ids", uuids),
    "mediaIds": ("media_ids", uuids),
    "scheduledAt": ("scheduled_at", moment),
    "isEvergreen": ("is_evergreen", flag),
    "allowDuplicate": ("is_duplicate_allowed", flag),
    "lateAfterMinutes": ("late_after_minutes", minutes),
    "repeats": ("repeats", text),
    "repeatsUntil": ("repeats_until", moment),
    "campaignId": ("campaign_id", uuid),
}
PROMOTION: Final[Mapping[str, tuple[str, Reader]]] = {
    "sourceType": ("source_type", source_type),
    "sourceId": ("source_id", text),
    "event": ("facts", facts),
    "channels": ("channels", names),
    "announceAt": ("announce_at", moment),
    "reminderDays": ("reminder_days", days),
    "segmentId": ("segment_id", uuid),
    "audience": ("audience", audience),
    "templates": ("template", facts),
    "connectionIds": ("connection_ids", uuids),
    "pictureId": ("picture_id", uuid),
}
CHANGEABLE: Final = (
    "channels", "announceAt", "reminderDays", "segmentId", "audience", "templates", "connectionIds", "pictureId",
)  # fmt: skip


def read(
    body: Any, known: Mapping[str, tuple[str, Reader]], *, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The fields of a body under our own names; raises UnprocessableError with every problem."""
    given: Mapping[str, Any] = body if isinstance(body, dict) else {}
    problems = dict.fromkeys(given.keys() - known.keys(), "There is no such field here.")
    problems |= {name: "This is needed." for name in required if given.get(name) in (None, "")}
    found: dict[str, Any] = {}
    for name in given.keys() & known.keys():
        ours, reader = known[name]
        try:
            found[ours] = reader(given[name])
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        details = [{"field": name, "message": words} for name, words in sorted(problems.items())]
        raise UnprocessableError("Some fields cannot be taken as they are.", details=details)
    return found


def words_of(body: Any) -> Words:
    """A post as it was sent."""
    return Words(**read(body, POST))
