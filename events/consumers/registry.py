"""Which consumers there are: what the apps declare to the seam, with their functions looked up."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from events.consumers.entries import Entry
from tenants import extension
from tenants.declarations import every, resolve
from tenants.extension import TOLD
from tenants.models import Tenant

# In the tenant's scope; raises what went wrong. What it returns is handed to `send`, where there is one.
Handler = Callable[[Tenant, Sequence[Entry]], Any]
Sender = Callable[[Tenant, Any], None]
# Kind → the values of `type` in the data that a tenant has a use for now; None: all of the kind. `wants` is asked in
# the transaction that reads, returns None for everything, and must cost less than reading a batch.
Wanted = Mapping[str, Collection[str] | None]


class UnknownConsumer(LookupError):
    """Nobody declares a consumer of this name; it may have been removed from the code."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A consumer with the functions that its declaration names."""

    name: str
    kinds: frozenset[str]
    handle: Handler
    words: str = ""
    send: Sender | None = None
    after: tuple[str, ...] = ()
    batch_size: int = 1000
    wants: Callable[[Tenant], Wanted | None] | None = None

    def wanted(self, tenant: Tenant) -> Wanted | None:
        """What the open scope's tenant has a use for now, of the kinds that are declared; None: all of them."""
        wanted = self.wants(tenant) if self.wants else None
        return wanted and {kind: types for kind, types in wanted.items() if kind in self.kinds}


@cache
def registrations() -> Mapping[str, Registration]:
    """Name → consumer, each behind those that it comes after; the same for the life of the process."""
    return in_order([each for declared in every("consumers") for each in _with_siblings(declared)])


def registered(name: str) -> Registration:
    """A declared consumer; raises UnknownConsumer where the code no longer has it."""
    try:
        return registrations()[name]
    except KeyError:
        raise UnknownConsumer(f"There is no consumer {name!r} any more.") from None


def names() -> list[str]:
    """Every declared consumer."""
    return sorted(registrations())


def in_order(consumers: Sequence[Registration]) -> dict[str, Registration]:
    """By name, each behind those that it comes after; raises ValueError where that goes in a circle."""
    rest, ordered = list(consumers), dict[str, Registration]()
    known = {each.name for each in consumers}
    while rest:
        ready = [each for each in rest if all(name in ordered or name not in known for name in each.after)]
        if not ready:
            raise ValueError(f"These consumers wait for each other: {sorted(each.name for each in rest)}.")
        ordered |= {each.name: each for each in ready}
        rest = [each for each in rest if each.name not in ordered]
    return ordered


def _with_siblings(declared: extension.Consumer) -> list[Registration]:
    made = _registration(declared)
    if not declared.siblings:
        return [made]
    siblings: Mapping[str, Sender] = resolve(declared.siblings)()
    return [
        made,
        *(
            replace(made, name=name, send=send, words=f"{made.words}: {name.partition('-')[2]}")
            for name, send in siblings.items()
        ),
    ]


def _registration(declared: extension.Consumer) -> Registration:
    kinds = set(declared.kinds)
    if TOLD in kinds:
        kinds = (kinds - {TOLD}) | {event.kind for event in every("outbound")}
    return Registration(
        name=declared.name,
        kinds=frozenset(kinds),
        handle=resolve(declared.handle),
        words=declared.words,
        send=resolve(declared.send) if declared.send else None,
        after=declared.after,
        batch_size=declared.batch_size,
        wants=resolve(declared.wants) if declared.wants else None,
    )
