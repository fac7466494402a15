"""Two events of one record at one instant: the sender's count decides, then arrival."""

import pytest

from profiles.models import CustomerProfile
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.stories import Event, event, tell, tell_one_by_one


def handicap(value: float, event_id: str, **envelope: int) -> Event:
    payload = {"playerId": "t1", "newHandicap": value}
    return event("teetime.handicap.updated", payload, id=event_id, **envelope)


def tenths(club: Club) -> int | None:
    with tenant_scope(club.tenant):
        found: int | None = CustomerProfile.objects.get().handicap_tenths
        return found


@pytest.mark.parametrize("telling", [tell, tell_one_by_one], ids=["together", "one by one"])
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([handicap(9.0, "z"), handicap(5.0, "b")], 50),
        ([handicap(9.0, "a", sequence=12), handicap(5.0, "b", sequence=3)], 90),
        ([handicap(9.0, "a", sequence=1), handicap(5.0, "b")], 90),
        ([handicap(9.0, "z", sequence=7), handicap(5.0, "b", sequence=7)], 50),
    ],
    ids=["arrival", "the greater count came first", "a count against none", "equal counts"],
)
def test_of_one_instant_the_count_decides_and_then_arrival(
    fairview: Club, telling: object, events: list[Event], expected: int
) -> None:
    assert callable(telling)
    telling(fairview.tenant, *events)

    assert tenths(fairview) == expected


def test_sixty_handicaps_of_one_millisecond_end_with_the_last(fairview: Club) -> None:
    tell(fairview.tenant, *(handicap(number / 10, f"job-{number}") for number in range(60)))

    assert tenths(fairview) == 59
