"""What the HTTP door does with a body: a verdict for each event, one insert for all that are good."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import isfinite
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from events.catalogue.contracts import Warned, warnings_of
from events.catalogue.decoding import decode_payload
from events.catalogue.registry import canonical
from events.dead_letters import keep_reused, reused_id
from events.envelope import KNOWN_SOURCES, Envelope, Received, receive
from events.inbox import accept
from events.json_text import LONGEST_NUMBER_BITS, LONGEST_NUMBER_DIGITS, load_json
from events.models import Door
from events.refusals import EnvelopeRefused, EventRefused, Refusal
from tenants.callers import Caller
from tenants.expiring_cache import ExpiringCache
from tenants.models import Tenant, TenantName

NAMES_SECONDS: Final = 5.0
MOST_WARNINGS: Final = 100
UNKNOWN_TENANT_MESSAGE: Final = (
    "There is no such tenant among yours; send the UUID, slug or slug alias of one that is."
)

_names: ExpiringCache[frozenset[UUID], dict[str, UUID]] = ExpiringCache(max_entries=1_000)


# What no event may hold, standing in for a number that is too long to be read: its event is refused, not the batch.
UNREADABLE_NUMBER: Final = 1 << (LONGEST_NUMBER_BITS + 1)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was not taken: its place in the batch and why."""

    index: int
    code: str
    message: str
    field: str

    def as_fields(self) -> dict[str, Any]:
        """For the answer; an empty field means the event as a whole."""
        fields: dict[str, Any] = {"index": self.index, "code": self.code, "message": self.message}
        return {**fields, "field": self.field} if self.field else fields


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a batch."""

    accepted: int
    duplicates: int
    rejected: list[Refused]
    warnings: Sequence[tuple[int, Warned]] = ()

    def as_fields(self) -> dict[str, Any]:
        """For the answer."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": [refused.as_fields() for refused in self.rejected],
            **(
                {"warnings": [{"index": index, **warned._asdict()} for index, warned in self.warnings]}
                if self.warnings
                else {}
            ),
        }


def load_batch(body: bytes) -> object:
    """What a body says; raises EnvelopeRefused when it is no JSON.

    A number that is too long to be read spoils its event only.
    """
    try:
        return load_json(body)
    except EnvelopeRefused as refused:
        if refused.code is not Refusal.INVALID_ENVELOPE or not body.lstrip().startswith(b"["):
            raise
        try:
            return json.loads(body, parse_int=_whole_number, parse_float=_fraction)
        except (ValueError, RecursionError):
            raise refused from None


def _whole_number(text: str) -> int:
    return int(text) if len(text) <= LONGEST_NUMBER_DIGITS else UNREADABLE_NUMBER


def _fraction(text: str) -> float | int:
    value = float(text)
    return value if isfinite(value) else UNREADABLE_NUMBER


def take_in(items: Sequence[object], *, caller: Caller, now: datetime, is_dry: bool = False) -> Verdict:
    """Accept what is good among the items of a body; when it returns they are committed.

    A dry run stores nothing and reads the payloads as well, which otherwise happens behind the door. A tenant must be
    among the caller's; a foreign one sounds like one that does not exist.
    """
    names = _tenant_names(caller)
    zones = _zones_of(caller) if is_dry else {}
    good: list[tuple[UUID, Received]] = []
    places: list[int] = []
    rejected: list[Refused] = []
    warnings: list[tuple[int, Warned]] = []
    for index, item in enumerate(items):
        try:
            received = receive(item, now=now)
            tenant_id = names.get(received.envelope.tenant_key.strip().lower())
            if tenant_id is None:
                raise EnvelopeRefused(Refusal.UNKNOWN_TENANT, UNKNOWN_TENANT_MESSAGE, "tenantId")
            check_source(received.envelope, caller)
            unread = check_payload(received.envelope, zones.get(tenant_id)) if is_dry else ()
        except EventRefused as refused:
            rejected.append(Refused(index, refused.code.value, refused.message, refused.field))
        else:
            good.append((tenant_id, received))
            places.append(index)
            warnings += [(index, warned) for warned in unread]
    warnings += [
        (index, warned)
        for index, (_, received) in zip(places, good, strict=True)
        for warned in warnings_of(received.envelope.type, received.envelope.payload)
    ]
    warnings = sorted(warnings, key=lambda one: one[0])[:MOST_WARNINGS]
    if not good or is_dry:
        return Verdict(len(good), 0, rejected, warnings)
    with transaction.atomic():
        stored = accept(good, door=Door.HTTP)
        keep_reused(Door.HTTP, (good[place] for place in stored.reused))
    rejected += [_reused(places[place], good[place][1]) for place in stored.reused]
    by_place = sorted(rejected, key=lambda one: one.index)
    return Verdict(stored.accepted, stored.duplicates, by_place, warnings)


def check_payload(envelope: Envelope, zone: tzinfo | None = None) -> list[Warned]:
    """Raise PayloadRefused where the payload of a known type cannot be read; returns what will not be taken as told.

    `zone`: the club's, in which its days begin.
    """
    known = canonical(envelope.type)
    if known is None:
        return []
    _, aside = decode_payload(known, envelope.payload, zone)
    return [
        Warned(
            f"payload.{field}",
            f"payload.{field} {words}; {taken or 'it'} will be {'taken' if taken else 'left aside'}.",
        )
        for field, words, taken in aside
    ]


def check_source(envelope: Envelope, caller: Caller) -> None:
    """Raise EnvelopeRefused where the event speaks for a service to which the caller's credentials are not bound.

    Neither its source nor the service of its type may be another's: one decides whose ids are taken, the other what
    the event does.
    """
    if caller.sources is None:
        return
    service = envelope.type.partition(".")[0]
    spoken_for = {envelope.source} | ({service} & KNOWN_SOURCES)
    strange = sorted(spoken_for - caller.sources)
    if strange:
        own = ", ".join(sorted(caller.sources)) or "nobody"
        message = f"These credentials publish for {own}, not for {strange[0]}."
        raise EnvelopeRefused(Refusal.FOREIGN_SOURCE, message, "source")


def _reused(index: int, event: Received) -> Refused:
    refused = reused_id(event.envelope.id)
    return Refused(index, refused.code.value, refused.message, refused.field)


def _zones_of(caller: Caller) -> dict[UUID, tzinfo]:
    return {tenant.pk: tenant.zone for tenant in Tenant.objects.filter(pk__in=caller.tenant_ids)}


def _tenant_names(caller: Caller) -> dict[str, UUID]:
    """Every name of the caller's active tenants: one query, however many names a batch tries."""
    names = _names.get(caller.tenant_ids)
    if names is None:
        owned = TenantName.objects.filter(tenant_id__in=caller.tenant_ids, tenant__is_active=True)
        names = dict(owned.values_list("name", "tenant_id"))
        names |= {str(tenant_id): tenant_id for tenant_id in set(names.values())}
        _names.put(caller.tenant_ids, names, seconds=NAMES_SECONDS)
    return names
