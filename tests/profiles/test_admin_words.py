"""What the customer page says about a person, without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from profiles.admin import customer_list, timeline_pages
from profiles.admin.customer_page import birth_words
from profiles.admin.provenance import handicap_text, provenance, readable
from profiles.admin.timeline_moments import Moment
from profiles.golden_rows.rules import KnownFact
from profiles.timeline import TimelineRow
from tenants.models import Tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JOHANNESBURG = Tenant(time_zone="Africa/Johannesburg")


def fact(field: str, value: Any, source: str, *, rank: int = 1, days: int = 0) -> KnownFact:
    return KnownFact(field, value, rank, NOON + timedelta(days=days), source, f"e-{source}-{days}")


def test_the_owner_of_a_field_stands_and_the_others_are_told_beside_it() -> None:
    facts = [fact("handicap", 123, "teetime", rank=2), fact("handicap", 150, "scl", days=5)]

    found = provenance(facts)["handicap"]

    assert (found.standing.source, found.standing.text) == ("teetime", "12.3")
    assert [(other.source, other.text) for other in found.others] == [("scl", "15.0")]


def test_those_who_agree_are_not_repeated() -> None:
    found = provenance([fact("firstName", "Anna", "scl"), fact("firstName", "Anna", "teetime", days=1)])

    assert found["firstName"].others == []


def test_of_one_service_only_the_latest_word_is_told() -> None:
    facts = [
        fact("firstName", "Anna", "teetime", days=9),
        fact("firstName", "Ann", "scl", days=1),
        fact("firstName", "Annie", "scl", days=2),
    ]

    assert [other.text for other in provenance(facts)["firstName"].others] == ["Annie"]


@pytest.mark.parametrize(("tenths", "text"), [(None, ""), (0, "0.0"), (123, "12.3"), (-21, "+2.1")])
def test_a_plus_handicap_has_its_sign_in_front(tenths: int | None, text: str) -> None:
    assert handicap_text(tenths) == text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("firstName", None, "nothing"),
        ("emailOptIn", False, "no"),
        ("memberSince", "2020-04-09", "9 April 2020"),
        ("homeClubName", "Fairview", "Fairview"),
    ],
)
def test_values_are_told_as_people_say_them(field: str, value: Any, text: str) -> None:
    assert readable(field, value) == text


@pytest.mark.parametrize(
    ("birth", "today", "said"),
    [
        (None, date(2026, 3, 14), ""),
        (date(1984, 5, 17), date(2026, 3, 14), "41 years"),
        (date(1984, 3, 14), date(2026, 3, 14), "42 years, birthday today"),
        (date(1984, 3, 20), date(2026, 3, 14), "41 years, birthday in 6 days"),
        (date(1984, 1, 2), date(2026, 12, 31), "42 years, birthday in 2 days"),
        (date(1984, 2, 29), date(2026, 2, 27), "41 years, birthday in 2 days"),
    ],
)
def test_a_near_birthday_is_mentioned(birth: date | None, today: date, said: str) -> None:
    assert birth_words(birth, today) == said


def test_rows_stand_under_the_days_of_the_clubs_clock() -> None:
    late = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)  # past midnight in Johannesburg
    rows = [
        TimelineRow(n, moment, "NOTE_ADDED", "NOTE", "", "crm", "e", "Note", {})
        for n, moment in enumerate([late, late - timedelta(hours=1), late - timedelta(hours=2)])
    ]

    moments = [Moment(row, "note", "Note", row.title) for row in rows]

    days = timeline_pages.by_day(moments, JOHANNESBURG)

    assert [(day.key, len(day.moments)) for day in days] == [("2026-03-15", 1), ("2026-03-14", 2)]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("since=2026-03-01&until=2026-03-31", ""),
        ("since=soon", "Write the date as 2026-03-14."),
        ("since=2026-04-01&until=2026-03-01", "The first day lies after the last."),
        ("until=9999-12-31", "Write the date as 2026-03-14."),
    ],
)
def test_dates_that_cannot_be_used_are_said(query: str, problem: str) -> None:
    assert timeline_pages.choice_from(QueryDict(query)).problem == problem


def test_filters_that_do_not_exist_filter_nothing() -> None:
    query = QueryDict("category=NONSENSE&source=nobody&status=NO&stage=NO&opt_in=fax&membership=NO")

    assert not timeline_pages.choice_from(query).is_any
    assert customer_list.choice_from(query).filters == {}


def test_the_search_text_is_no_part_of_an_address() -> None:
    choice = customer_list.choice_from(QueryDict("stage=MEMBER"), "thandi@example.org")

    assert choice.filters == {"stage": "MEMBER"}
