"""Pages by skip and take, and pages by cursor."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.api.pagination import Window, cursor_answer, read_take, read_window
from tests.cast import Club
from tests.tenants.api.conftest import thing


@pytest.fixture
def five_things(fairview: Club, kingsmere: Club) -> None:
    for name in "abcde":
        thing(fairview, name)
    thing(kingsmere, "z")


@pytest.mark.parametrize(
    ("query", "names", "meta"),
    [
        ("", "abcde", {"total": 5, "skip": 0, "take": 25, "hasMore": False}),
        ("take=2", "ab", {"total": 5, "skip": 0, "take": 2, "hasMore": True}),
        ("skip=2&take=2", "cd", {"total": 5, "skip": 2, "take": 2, "hasMore": True}),
        ("skip=3&take=2", "de", {"total": 5, "skip": 3, "take": 2, "hasMore": False}),
        ("skip=4&take=2", "e", {"total": 5, "skip": 4, "take": 2, "hasMore": False}),
        ("skip=5", "", {"total": 5, "skip": 5, "take": 25, "hasMore": False}),
        ("skip=900000", "", {"total": 5, "skip": 900000, "take": 25, "hasMore": False}),
        ("take=100", "abcde", {"total": 5, "skip": 0, "take": 100, "hasMore": False}),
    ],
)
def test_a_page_says_where_it_stands(
    api: Client, five_things: None, query: str, names: str, meta: dict[str, Any]
) -> None:
    answer = api.get(f"/api/v1/things?{query}").json()

    assert "".join(row["name"] for row in answer["data"]) == names
    assert answer["meta"] == meta


@pytest.mark.parametrize("skip", [0, 1, 5])
def test_a_page_that_ends_the_list_needs_no_count(api: Client, five_things: None, skip: int) -> None:
    api.get("/api/v1/things")

    with CaptureQueriesContext(connection) as short:
        api.get(f"/api/v1/things?skip={skip}")
    with CaptureQueriesContext(connection) as full:
        api.get("/api/v1/things?take=2")

    assert len(short) == (1 if skip < 5 else 2)
    assert len(full) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (name, text)
        for name in ("skip", "take")
        for text in ("-1", "x", "1.5", "", " 1", "²", "٣", "1e3", "9" * 30)
    ]
    + [("take", "0"), ("take", "101"), ("skip", "1000001"), ("skip", "--1")],
)
def test_what_is_out_of_range_is_refused_by_name(api: Client, name: str, text: str) -> None:
    answer = api.get("/api/v1/things", {name: text})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_PARAMETER")
    assert [detail["field"] for detail in error["details"]] == [name]


def test_windows_have_defaults() -> None:
    assert read_window({}) == Window(skip=0, take=25)
    assert read_take({}, default=50) == 50


def test_a_page_by_cursor_says_whether_there_is_more() -> None:
    assert cursor_answer([1], take=1, next_cursor="x") == {
        "data": [1],
        "meta": {"take": 1, "hasMore": True, "nextCursor": "x"},
    }
    assert cursor_answer([], take=1, next_cursor=None, total=0)["meta"] == {
        "take": 1,
        "hasMore": False,
        "nextCursor": None,
        "total": 0,
    }


@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.uuids(),
    st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40),
)
def test_a_cursor_brings_back_what_went_in(moment: datetime, number: int, key: UUID, text: str) -> None:
    cursor = encode_cursor(moment, number, key, text)

    assert decode_cursor(cursor, (datetime, int, UUID, str)) == (moment, number, key, text)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameterError) as refusal:
        decode_cursor(text, (datetime, int))

    assert refusal.value.code == "INVALID_CURSOR"


@pytest.mark.parametrize(
    "values",
    [
        ("2026-03-14T12:00:00", 1),
        ("yesterday", 1),
        (datetime(2026, 1, 1, tzinfo=UTC), 2**63),
        (datetime(2026, 1, 1, tzinfo=UTC), True),
        (datetime(2026, 1, 1, tzinfo=UTC), "1"),
        (datetime(2026, 1, 1, tzinfo=UTC),),
        (5, 5),
    ],
)
def test_a_cursor_with_other_contents_is_refused(values: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidParameterError):
        decode_cursor(encode_cursor(*values), (datetime, int))


def test_text_in_a_cursor_must_be_storable() -> None:
    with pytest.raises(InvalidParameterError):
        decode_cursor(encode_cursor("a\x00"), (str,))
    with pytest.raises(InvalidParameterError):
        decode_cursor(encode_cursor("x" * 2000), (str,))
    with pytest.raises(InvalidParameterError):
        decode_cursor(encode_cursor("no uuid"), (UUID,))


def test_a_cursor_survives_the_way_through_a_url(api: Client) -> None:
    first = api.get("/api/v1/cursor").json()["cursor"]

    assert api.get("/api/v1/cursor", {"cursor": first}).json() == [
        "2026-03-14T12:00:00Z",
        7,
        "00000000-0000-0000-0000-000000000001",
    ]
    assert api.get("/api/v1/cursor?cursor=nonsense").json()["error"]["code"] == "INVALID_CURSOR"
