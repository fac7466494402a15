"""What the standing merges make of the profiles."""

from itertools import permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from profiles.merging.history import MergeEdge, Standing, standing

A, B, C, D = (UUID(int=number) for number in range(1, 5))


def rules(number: int, winner: UUID, loser: UUID) -> MergeEdge:
    return MergeEdge(number, winner, loser, is_automatic=True)


def person(number: int, winner: UUID, loser: UUID) -> MergeEdge:
    return MergeEdge(number, winner, loser, is_automatic=False)


def test_nobody_is_merged_without_merges() -> None:
    assert standing([]) == Standing({}, {})


def test_a_chain_leads_to_its_last_winner() -> None:
    assert standing([person(1, B, A), person(2, C, B)]).survivor_of == {A: C, B: C, C: C}


def test_without_a_merge_in_the_middle_the_rest_stands_as_if_it_had_never_been() -> None:
    assert standing([person(1, B, A), person(3, D, C)]).survivor_of == {A: B, B: B, C: D, D: D}


def test_merges_by_people_are_no_matter_of_identity() -> None:
    found = standing([rules(1, A, B), person(2, C, A)])

    assert found.survivor_of == {A: C, B: C, C: C}
    assert found.identity_of == {A: A, B: A}


def test_whom_the_rules_find_to_be_one_the_rules_survivor_stands_for() -> None:
    assert standing([person(1, B, A), rules(2, A, B)]).survivor_of == {A: A, B: A}


edges = st.lists(
    st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]), st.booleans()), max_size=5
)


@given(edges)
def test_survivors_stand_for_themselves_and_for_their_own_identity(
    drawn: list[tuple[UUID, UUID, bool]],
) -> None:
    merges = [MergeEdge(number, *edge) for number, edge in enumerate(drawn) if edge[0] != edge[1]]
    survivor_of, identity_of = standing(merges)

    for survivor in set(survivor_of.values()):
        assert survivor_of[survivor] == survivor
        assert identity_of.get(survivor, survivor) == survivor
    for merge in merges:
        assert survivor_of[merge.winner_id] == survivor_of[merge.loser_id]
    for profile_id, identity in identity_of.items():
        assert survivor_of[profile_id] == survivor_of[identity]


def test_the_order_in_which_merges_are_read_does_not_matter() -> None:
    merges = [person(1, B, A), rules(2, C, D), person(3, C, B)]

    assert all(standing(order).survivor_of == standing(merges).survivor_of for order in permutations(merges))
