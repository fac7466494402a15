"""What the product tells others: which log entries become `crm.*` envelopes, and who makes them.

The apps declare their kinds to the seam (`Extension.outbound`); the queue and the webhooks tell the same envelopes
under the same ids. An envelope describes things as they are when it is made.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.conf import settings

from events.consumers import Entry
from tenants.declarations import every, resolve
from tenants.models import Tenant

# The consumer that tells the queue; those of further readers are named `outbound-<reader>`.
NAME: Final = "outbound"
Envelope = dict[str, Any]
# An envelope for each entry, in order; None where nobody may be told of it (any more). In the tenant's scope.
Renderer = Callable[[Tenant, Sequence[Entry]], list[Envelope | None]]


def consumer_of(reader: str) -> str:
    """The consumer that tells a reader's queue; of no reader, the queue that is always told."""
    return f"{NAME}-{reader}" if reader else NAME


def queues() -> dict[str, str]:
    """Consumer → the BullMQ queue that it tells, the one that is always told first."""
    return {
        consumer_of(reader): f"{settings.CRM_OUTBOUND_QUEUE}-{reader}"
        if reader
        else settings.CRM_OUTBOUND_QUEUE
        for reader in ("", *settings.CRM_OUTBOUND_READERS)
    }


@cache
def types() -> Mapping[str, str]:
    """Kind of a log entry → event type, of everything that is told."""
    return {event.kind: event.type for event in every("outbound")}


@cache
def words() -> Mapping[str, str]:
    """Event type → what happens, for people."""
    return {event.type: event.words for event in every("outbound")}


@cache
def frequent_types() -> frozenset[str]:
    """Types of which only those are told who name them."""
    return frozenset(event.type for event in every("outbound") if event.is_frequent)


def wanted_kinds(types_named: Collection[str]) -> list[str]:
    """The kinds of entries that become events of these types; of none named: all but the frequent ones."""
    frequent = frequent_types()
    return [
        kind
        for kind, told_as in types().items()
        if (told_as in types_named if types_named else told_as not in frequent)
    ]


@cache
def descriptions() -> Mapping[str, str]:
    """Event type → what happened, in the words of the log's kind."""
    words = {kind.name: kind.description for kind in every("log_kinds")}
    return {event.type: words.get(event.kind, "") for event in every("outbound")}


@cache
def _renderers() -> Mapping[str, Renderer]:
    return {event.kind: resolve(event.render) for event in every("outbound")}


def event_id(entry: Entry) -> str:
    """The id of the entry's event, stable whoever tells it and however often.

    With the time, because a database that was made anew counts its log from 1 again.
    """
    return f"crm-{entry.id}-{int(entry.at.timestamp() * 1000)}"


def render(tenant: Tenant, entries: Sequence[Entry]) -> list[Envelope | None]:
    """An envelope for each entry of the open scope's tenant, in order; None where there is nothing to tell."""
    made: dict[int, Envelope | None] = {}
    by_renderer: dict[Renderer, list[Entry]] = {}
    for entry in entries:
        by_renderer.setdefault(_renderers()[entry.kind], []).append(entry)
    for renderer, group in by_renderer.items():
        made.update(zip((entry.id for entry in group), renderer(tenant, group), strict=True))
    return [made[entry.id] for entry in entries]


def wants(tenant: Tenant) -> dict[str, None]:
    """What the queue is told of: of frequent types those only that CRM_OUTBOUND_ALSO names."""
    return {kind: None for kind, told_as in types().items() if told_as not in _left_out()}


def told(tenant: Tenant, entries: Sequence[Entry]) -> list[Envelope]:
    """What the queue is told of these entries: the consumer's `handle`, whose result is sent.

    Of frequent types those only that CRM_OUTBOUND_ALSO names.
    """
    wanted = [entry for entry in entries if types()[entry.kind] not in _left_out()]
    return [envelope for envelope in render(tenant, wanted) if envelope is not None]


def _left_out() -> frozenset[str]:
    return frequent_types() - frozenset(settings.CRM_OUTBOUND_ALSO)
