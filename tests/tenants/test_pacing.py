"""How much a transaction takes on."""

from datetime import timedelta

import pytest

from tenants.pacing import Pace


@pytest.mark.parametrize(
    ("took", "size"),
    [((1.1,), 500), ((1.1, 1.1, 1.1), 250), ((0.9,), 1000), ((0.3,), 2000), ((0.1, 0.1), 2000)],
)
def test_batches_follow_the_time_that_the_last_one_took(took: tuple[float, ...], size: int) -> None:
    pace = Pace(1000, least=250, most=2000, longest=timedelta(seconds=1))

    for seconds in took:
        pace.took(seconds)

    assert pace.size == size
