"""Answers that are sent bit by bit, after the code that opened the scope has returned."""

from collections.abc import Iterable, Iterator
from typing import TypeVar
from uuid import UUID

from tenants.scope import tenant_scope

Chunk = TypeVar("Chunk")


def chunks_in_scope(chunks: Iterable[Chunk], tenant_id: UUID) -> Iterator[Chunk]:
    """The same chunks, each made inside the tenant's scope.

    The scope is opened per chunk: a generator shares the context of whoever drives it, so a `with` block
    around a `yield` would leave the server's thread in the scope between two chunks.
    """
    source = iter(chunks)
    while True:
        with tenant_scope(tenant_id):
            try:
                chunk = next(source)
            except StopIteration:
                return
        yield chunk
