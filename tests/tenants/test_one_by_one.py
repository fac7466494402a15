"""What is wrong with one harms no other; what is wrong with the database is everybody's."""

import logging

import pytest
from django.db import OperationalError

from tenants.one_by_one import one_by_one, within_each_club
from tenants.scope import current_tenant_id
from tests.cast import Club


def test_an_error_is_logged_and_the_next_one_has_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    def act(number: int) -> None:
        seen.append(number)
        if number == 2:
            raise ValueError("odd")

    with caplog.at_level(logging.ERROR):
        done = one_by_one([1, 2, 3], act, what="counting")

    assert (seen, done) == ([1, 2, 3], [1, 3])
    [record] = caplog.records
    assert (record.getMessage(), record.__dict__["item"]) == ("counting failed for one", "2")


def test_where_the_database_is_away_nobody_else_is_tried() -> None:
    seen = []

    def act(number: int) -> None:
        seen.append(number)
        raise OperationalError("the connection is closed")

    with pytest.raises(OperationalError):
        one_by_one([1, 2], act, what="counting")

    assert seen == [1]


def test_each_row_has_its_club_and_counts_where_nothing_is_wrong(fairview: Club, kingsmere: Club) -> None:
    seen = []

    def act(key: str, more: int) -> int:
        seen.append((key, current_tenant_id()))
        if key == "b":
            raise ValueError("odd")
        return more

    ours, theirs = fairview.tenant.pk, kingsmere.tenant.pk
    counted = within_each_club([("a", ours, 2), ("b", ours, 7), ("c", theirs, 3)], act, what="counting")

    assert counted == 5
    assert seen == [("a", ours), ("b", ours), ("c", theirs)]
