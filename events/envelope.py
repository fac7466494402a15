"""The envelope in which every event comes, whatever the door. Pure; the contract is in `docs/events.md`.

The checks are written by hand: every event passes here, and a schema library takes several times as long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Never

from events.catalogue.registry import canonical
from events.iso_time import moment_from_iso
from events.json_text import check_size, check_storable, dump_json, load_event
from events.refusals import EnvelopeRefused, Refusal
from tenants.sources import SOURCES

__all__ = ["SOURCES", "Envelope", "EnvelopeRefused", "Received", "parse_envelope", "parse_line", "receive"]

KNOWN_SOURCES: Final = frozenset(SOURCES)
DEFAULT_VERSION: Final = "1.0"
# Lengths in characters, as PostgreSQL counts them.
LONGEST_ID: Final = 200
LONGEST_TYPE: Final = 100
LONGEST_VERSION: Final = 50
LONGEST_TENANT_KEY: Final = 200
# Clocks of services drift, and some send local time as UTC; nobody is more than a day ahead.
FUTURE_TOLERANCE: Final = timedelta(hours=24)
EARLIEST_YEAR: Final = 1900
GREATEST_SEQUENCE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event whose envelope is in order; its payload has not been looked at."""

    id: str
    type: str  # Canonical where the catalogue knows it, else as given.
    raw_type: str
    version: str
    occurred_at: datetime  # Aware, in UTC.
    tenant_key: str  # UUID, slug or alias, as given; the door looks it up.
    source: str
    identity: dict[str, Any]
    payload: dict[str, Any]
    metadata: dict[str, Any] | None
    known: bool


class Received(NamedTuple):
    """An event at the door: its envelope, and the JSON text to keep, which `jsonb` takes as it is."""

    envelope: Envelope
    text: str


def parse_line(line: bytes | str, *, now: datetime) -> Received:
    """Read one event from JSON text. Raises EnvelopeRefused."""
    raw = load_event(line)
    return Received(_read_envelope(raw, now), dump_json(raw))


def receive(raw: object, *, now: datetime) -> Received:
    """Read one event from a value that came out of a JSON reader. Raises EnvelopeRefused."""
    envelope = parse_envelope(raw, now=now)
    text = dump_json(raw)
    check_size(len(text.encode()))
    return Received(envelope, text)


def parse_envelope(raw: object, *, now: datetime) -> Envelope:
    """Check the envelope of a value that came out of a JSON reader.

    `now` is aware; an event more than FUTURE_TOLERANCE after it is refused. An unknown type or an unusable
    payload is no matter of the envelope. Raises EnvelopeRefused.
    """
    check_storable(raw)
    return _read_envelope(raw, now)


def _read_envelope(raw: object, now: datetime) -> Envelope:
    if not isinstance(raw, dict):
        _refuse(
            Refusal.INVALID_ENVELOPE,
            "The event must be a JSON object with id, type, timestamp, tenantId and payload.",
        )
    event_id = _required_text(raw, "id", LONGEST_ID)
    raw_type = _required_text(raw, "type", LONGEST_TYPE)
    payload = raw.get("payload")
    if not isinstance(payload, dict):
        _refuse_kind(raw, "payload", "an object")
    identity = _optional_object(raw, "identity")
    metadata = _optional_object(raw, "metadata")
    version = _version(raw)
    _check_sequence(raw)
    occurred_at = _occurred_at(raw, now)
    tenant_key = _tenant_key(raw)
    known = canonical(raw_type)
    event_type = known.name if known else raw_type
    return Envelope(
        id=event_id,
        type=event_type,
        raw_type=raw_type,
        version=version,
        occurred_at=occurred_at,
        tenant_key=tenant_key,
        source=_source(raw, event_type),
        identity=identity or {},
        payload=payload,
        metadata=metadata,
        known=known is not None,
    )


def _required_text(raw: Mapping[str, Any], field: str, longest: int) -> str:
    value = raw.get(field)
    if not isinstance(value, str):
        _refuse_kind(raw, field, "text")
    if not value or value.isspace():
        _refuse(Refusal.INVALID_ENVELOPE, f"{field} is blank; every event needs one.", field)
    if len(value) > longest:
        _refuse(
            Refusal.INVALID_ENVELOPE, f"{field} has {len(value)} characters; {longest} is the limit.", field
        )
    return value


def _optional_object(raw: Mapping[str, Any], field: str) -> dict[str, Any] | None:
    value = raw.get(field)
    if value is not None and not isinstance(value, dict):
        _refuse_kind(raw, field, "an object, or left out")
    return value


def _version(raw: Mapping[str, Any]) -> str:
    version = raw.get("version")
    if version is None:
        return DEFAULT_VERSION
    if not isinstance(version, str) or not 0 < len(version) <= LONGEST_VERSION:
        message = f'version must be text such as "{DEFAULT_VERSION}", or left out.'
        _refuse(Refusal.INVALID_ENVELOPE, message, "version")
    return version


def _check_sequence(raw: Mapping[str, Any]) -> None:
    """The sender's own count, which orders events of one instant; read again where they are applied."""
    value = raw.get("sequence")
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= GREATEST_SEQUENCE:
        message = f"sequence must be a whole number from 0 to {GREATEST_SEQUENCE}, or left out."
        _refuse(Refusal.INVALID_ENVELOPE, message, "sequence")


def _occurred_at(raw: Mapping[str, Any], now: datetime) -> datetime:
    value = raw.get("timestamp")
    moment = moment_from_iso(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        message = "timestamp must be ISO 8601 with an offset, such as 2026-03-01T10:00:00+02:00."
        _refuse(Refusal.INVALID_TIMESTAMP, message, "timestamp")
    if moment.year < EARLIEST_YEAR:
        message = f"timestamp lies before the year {EARLIEST_YEAR}; send when it happened."
        _refuse(Refusal.INVALID_TIMESTAMP, message, "timestamp")
    # The last hours of the last year may have no equivalent in UTC.
    in_utc = moment.astimezone(UTC) if moment.year < MAXYEAR else None
    if in_utc is None or in_utc > now + FUTURE_TOLERANCE:
        message = (
            "timestamp lies more than 24 hours in the future; send when it happened, with the right offset."
        )
        _refuse(Refusal.INVALID_TIMESTAMP, message, "timestamp")
    return in_utc


def _tenant_key(raw: Mapping[str, Any]) -> str:
    value = raw.get("tenantId")
    if not isinstance(value, str) or not value or value.isspace() or len(value) > LONGEST_TENANT_KEY:
        _refuse(
            Refusal.UNKNOWN_TENANT, "tenantId must be the UUID, slug or slug alias of a club.", "tenantId"
        )
    return value


def _source(raw: Mapping[str, Any], event_type: str) -> str:
    source = raw.get("source")
    if source is None:
        source = event_type.partition(".")[0]
    if not isinstance(source, str) or source not in KNOWN_SOURCES:
        _refuse(Refusal.UNKNOWN_SOURCE, f"source must be one of {', '.join(SOURCES)}.", "source")
    return source


def _refuse_kind(raw: Mapping[str, Any], field: str, wanted: str) -> Never:
    problem = "is missing; it" if raw.get(field) is None else "is of the wrong kind; it"
    _refuse(Refusal.INVALID_ENVELOPE, f"{field} {problem} must be {wanted}.", field)


def _refuse(code: Refusal, message: str, field: str = "") -> Never:
    raise EnvelopeRefused(code, message, field)
