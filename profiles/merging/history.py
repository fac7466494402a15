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


class Standing(NamedTuple):
    """Of every profile that a merge names: who stands for it, and who would if people had merged nobody."""

    survivor_of: dict[UUID, UUID]
    identity_of: dict[UUID, UUID]


def standing(edges: Iterable[MergeEdge]) -> Standing:
    """What the merges make of the profiles.

    New events are resolved among identities, so that a merge by a person, once undone, has left no trace in whose key
    is whose. A survivor always stands for its own identity: where a person made the younger of two the survivor whom
    the rules later found to be one, the rules' survivor takes over.
    """
    edges = sorted(edges)
    identity_of = _replay(edge for edge in edges if edge.is_automatic)
    survivor_of = {
        profile_id: identity_of.get(survivor_id, survivor_id)
        for profile_id, survivor_id in _replay(edges).items()
    }
    return Standing(survivor_of, identity_of)


def _replay(edges: Iterable[MergeEdge]) -> dict[UUID, UUID]:
    """Profile → survivor, after one merge after the other."""
    survivor_of: dict[UUID, UUID] = {}
    members: dict[UUID, list[UUID]] = {}
    for edge in edges:
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
