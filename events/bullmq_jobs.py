"""From a BullMQ job to a raw envelope. Pure; shapes and decisions are in `docs/events.md`, "The queue".

A job of `crm-events` holds one of three:

- an envelope, complete as at the other doors;
- a wrapped payload, `{eventId, tenantId, payload}`, its type being the job's name;
- a bare payload with the tenant's key in it, its type being the job's name.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from events.catalogue.registry import canonical
from events.envelope import KNOWN_SOURCES
from events.json_text import load_json
from events.refusals import EnvelopeRefused, Refusal

# Who names jobs by a type without its first part.
NAMING_SERVICE: Final = "messaging"
ENVELOPE_MARKS: Final = frozenset({"type", "version", "source"})
# Ids that BullMQ counts by itself; it lets nobody choose a number.
COUNTED_ID: Final = re.compile(r"[0-9]+")
# Ids of events are free texts, "nobody" or a flag: only what comes out of a program that had none.
NO_ID: Final = re.compile(
    r"undefined|null|none|nan|nil|n/a|0+|\[object object\]|\$?\{+[^{}]*\}+|%[sd]", re.IGNORECASE
)
# What a bare payload has of an envelope.
LIFTED: Final = ("eventId", "tenantId", "identity", "metadata")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def envelope_from_job(
    name: str, data: object, job_id: str, timestamp_ms: int | None, *, due_ms: int | None = None
) -> dict[str, Any]:
    """The raw envelope that a job holds, for `parse_envelope` or `receive` to check.

    `timestamp_ms` is when the job was added, in milliseconds since 1970, `due_ms` when it was to run, where that is
    another time: it dates an event without a time of its own. `data` as text is read as JSON: some
    senders encode twice. Raises EnvelopeRefused when it is no object.
    """
    if isinstance(data, bytes | str):
        data = load_json(data)
    if not isinstance(data, dict):
        message = "The job's data must be a JSON object: an envelope, or a payload with its tenantId."
        raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message)
    if _is_envelope(name, data):
        return _completed(data, job_id)
    own_id, dated = _id_of_job(job_id, timestamp_ms), _iso(timestamp_ms if due_ms is None else due_ms)
    if "payload" in data:
        return _unwrapped(name, data, own_id, dated)
    return _dressed(name, data, own_id, dated)


def job_type(name: str) -> str:
    """The event type that a job's name stands for.

    A name that no service's types begin with is one of Messaging's, known or not: an unknown one then is a
    dead letter that can be replayed once the catalogue has it.
    """
    qualified = f"{NAMING_SERVICE}.{name}"
    if canonical(qualified):
        return qualified
    if canonical(name) or name.partition(".")[0] in KNOWN_SOURCES:
        return name
    return qualified


def _is_envelope(name: str, data: Mapping[str, Any]) -> bool:
    """Whether data is meant as an envelope; an incomplete one is then refused as at the other doors."""
    if "type" in data and "payload" in data:
        return True
    if "payload" in data:
        return "eventId" not in data and not ENVELOPE_MARKS.isdisjoint(data)
    own_type = data.get("type")
    if isinstance(own_type, str) and canonical(own_type):
        return True
    # A bare payload may have a `type` or a `source` of its own, as a handicap has.
    return canonical(job_type(name)) is None and not ENVELOPE_MARKS.isdisjoint(data)


def _completed(data: dict[str, Any], job_id: str) -> dict[str, Any]:
    """An envelope, with the id that its sender chose for the job where it has none of its own."""
    if "id" in data and _said(data["id"]) is not None:
        return data
    if _said(data.get("eventId")) is not None:
        return {**data, "id": data["eventId"]}
    data = {name: value for name, value in data.items() if name != "id"}
    # A counted id says nothing: whoever publishes the event again gets another one.
    return data if COUNTED_ID.fullmatch(job_id) or _said(job_id) is None else {**data, "id": job_id}


def _unwrapped(name: str, data: Mapping[str, Any], own_id: str, dated: str | None) -> dict[str, Any]:
    own_ids = (_said(data.get("eventId")), _said(data.get("id")), own_id)
    return {
        **_present({"timestamp": dated}),
        **_present({key: value for key, value in data.items() if key != "eventId"}),
        "id": next(each for each in own_ids if each is not None),
        "type": job_type(name),
    }


def _dressed(name: str, data: Mapping[str, Any], own_id: str, dated: str | None) -> dict[str, Any]:
    """An envelope around a bare payload, whose `id` is a contact's or a message's and never the event's."""
    event_id, own_timestamp = _said(data.get("eventId")), data.get("timestamp")
    return {
        "id": own_id if event_id is None else event_id,
        "type": job_type(name),
        **_present({"timestamp": own_timestamp if isinstance(own_timestamp, str) else dated}),
        **_present({key: data.get(key) for key in LIFTED if key != "eventId"}),
        "payload": {key: value for key, value in data.items() if key not in LIFTED},
    }


def _id_of_job(job_id: str, timestamp_ms: int | None) -> str:
    """An event id out of a job's: as it is if its sender chose it, else one that no other event can get.

    BullMQ counts jobs that were given no id, and starts again at 1 once the queue was obliterated or Redis
    lost its data: by the number alone, new events would pass for old ones and be dropped.
    """
    if not COUNTED_ID.fullmatch(job_id) and _said(job_id) is not None:
        return job_id
    return f"bullmq:{job_id}" if timestamp_ms is None else f"bullmq:{job_id}:{timestamp_ms}"


def _said(value: object) -> object:
    """An id as it was given; None for what programs write where they have none: the next event has the same."""
    return None if isinstance(value, str) and NO_ID.fullmatch(value.strip()) else value


def _iso(timestamp_ms: int | None) -> str | None:
    """ISO 8601 in UTC; None when there is no such time."""
    if timestamp_ms is None:
        return None
    try:
        return (EPOCH + timedelta(milliseconds=timestamp_ms)).isoformat()
    except OverflowError:
        return None


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
