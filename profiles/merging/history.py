"""What the merges that stand make of the profiles. Pure.

Each merge is an edge between two profiles, kept for ever; undoing one only says that it no longer stands. Whoever
survives is found by going through the standing merges in the order in which they were made, as if the undone ones
had never been: so a merge in the middle of a chain can be undone, and in any order.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID


class MergeEdge(NamedTuple):
    """A merge that stands. `is_automatic`: the rules of identity made it, not a person."""

    id: int
    winner_id: UUID
    loser_id: UUID
    is_automatic: bool


def survivors(edges: Iterable[MergeEdge]) -> dict[UUID, UUID]:
    """Profile → who stands for it, for every profile that a merge names; a survivor stands for itself."""
    survivor_of: dict[UUID, UUID] = {}
    members: dict[UUID, list[UUID]] = {}
    for edge in sorted(edges):
        for profile_id in (edge.winner_id, edge.loser_id):
            if profile_id not in survivor_of:
                survivor_of[profile_id] = profile_id
                members[profile_id] = [profile_id]
        winner, loser = survivor_of[edge.winner_id], survivor_of[edge.loser_id]
        if winner != loser:
            for member in members[loser]:
                survivor_of[member] = winner
            members[winner] += members.pop(loser)
    return survivor_of


def identities(edges: Iterable[MergeEdge]) -> dict[UUID, UUID]:
    """Profile → its identity: who would stand for it if people had merged nobody.

    New events are resolved among identities, so that a merge by a person, once undone, has left no trace in whose key
    is whose.
    """
    return survivors(edge for edge in edges if edge.is_automatic)
