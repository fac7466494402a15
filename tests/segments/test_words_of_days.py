"""Days are told as people say them."""

import pytest

from segments.rules import parse
from segments.words import Teller
from tests.cast import Club


@pytest.mark.parametrize(
    ("operator", "days", "words"),
    [
        ("inLastDays", 1, "in the last day"),
        ("beforeDaysAgo", 1, "more than a day ago"),
        ("beforeDaysAgo", 60, "more than 60 days ago"),
        ("beforeDaysAgo", 365, "more than 365 days (a year) ago"),
        ("beforeDaysAgo", 1826, "more than 1826 days (5 years) ago"),
        ("beforeDaysAgo", 1830, "more than 1830 days ago"),
    ],
)
def test_days_are_told_with_the_years_that_they_are(
    fairview: Club, operator: str, days: int, words: str
) -> None:
    teller = Teller(fairview.tenant, {})
    leaf = {"field": "lastBookingAt", "operator": operator, "value": days}
    event = {"event": {"types": ["TEETIME_BOOKED"], operator: days}}

    assert teller.rule(parse({"combinator": "AND", "rules": [leaf]})) == f"Last booking is {words}."
    assert teller.rule(parse({"combinator": "AND", "rules": [event]})).endswith(f" {words}.")
