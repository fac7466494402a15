"""A customer's timeline and notes over REST."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Club
from tests.profiles import stories
from tests.profiles.api_callers import CUSTOMERS, caller, error_of, happened, thandi


@pytest.fixture
def api(fairview: Club) -> Client:
    return caller(fairview.tenant)


@pytest.fixture
def golfer(fairview: Club) -> UUID:
    """Thandi with five payments, one an hour."""
    customer_id = thandi(fairview.tenant)
    payments = (stories.payment(4711, 100 * number, at=60 * number) for number in range(1, 6))
    happened(fairview.tenant, *payments)
    return customer_id


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["data"]]


def test_a_timeline_is_newest_first(api: Client, golfer: UUID) -> None:
    answer = api.get(f"{CUSTOMERS}/{golfer}/activities")

    rows = answer.json()["data"]
    assert [row["type"] for row in rows] == ["PAYMENT_RECEIVED"] * 5 + ["MEMBER_CREATED"]
    assert answer.json()["meta"] == {"take": 25, "hasMore": False, "nextCursor": None}
    assert rows[0]["occurredAt"] == "2026-03-01T13:00:00Z"
    assert (rows[0]["category"], rows[0]["source"], rows[0]["channel"]) == ("PAYMENT", "scl", "CLUB")
    assert rows[0]["metadata"]["amountCents"] == 500
    assert set(rows[0]) == {
        *("id", "type", "category", "channel", "source", "sourceEventId", "title", "metadata", "occurredAt")
    }


def test_a_cursor_goes_on_where_the_page_ended(api: Client, golfer: UUID) -> None:
    whole = api.get(f"{CUSTOMERS}/{golfer}/activities").json()["data"]
    read: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"{CUSTOMERS}/{golfer}/activities?take=2&cursor={cursor}").json()
        read += page["data"]
        cursor = page["meta"]["nextCursor"]

    assert read == whole


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("category=PAYMENT", 5),
        ("category=PAYMENT,MEMBERSHIP", 6),
        ("category=PAYMENT&category=MEMBERSHIP", 6),
        ("type=MEMBER_CREATED", 1),
        ("type=NEVER_HEARD_OF", 0),
        ("source=scl", 6),
        ("source=teetime,messaging", 0),
        ("from=2026-03-01T12:00:00Z", 2),
        ("from=2026-03-01T14:00:00%2B02:00&to=2026-03-01T13:00:00Z", 1),
        ("from=2026-03-01T14:00:00+02:00", 2),
        ("to=2026-03-01T08:00:00Z", 0),
    ],
)
def test_filters_of_a_timeline(api: Client, golfer: UUID, query: str, count: int) -> None:
    assert len(titles(api.get(f"{CUSTOMERS}/{golfer}/activities?{query}"))) == count


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("category=GAMES", "INVALID_PARAMETER"),
        ("category=", "INVALID_PARAMETER"),
        ("from=yesterday", "INVALID_PARAMETER"),
        ("from=2026-03-01T12:00:00", "INVALID_PARAMETER"),
        ("to=2026-03-01", "INVALID_PARAMETER"),
        ("take=1000", "INVALID_PARAMETER"),
        ("cursor=nonsense", "INVALID_CURSOR"),
        ("type=" + ",".join("abc" for _ in range(51)), "INVALID_PARAMETER"),
    ],
)
def test_what_a_timeline_cannot_be_asked(api: Client, golfer: UUID, query: str, code: str) -> None:
    assert error_of(api.get(f"{CUSTOMERS}/{golfer}/activities?{query}")) == (400, code)


@pytest.mark.parametrize("take", [1, 5])
def test_a_page_of_a_timeline_is_one_query(api: Client, golfer: UUID, take: int) -> None:
    api.get(f"{CUSTOMERS}/{golfer}/activities")

    with CaptureQueriesContext(connection) as queries:
        answer = api.get(f"{CUSTOMERS}/{golfer}/activities?take={take}")

    assert len(answer.json()["data"]) == take
    assert len(queries) == 1


def test_an_activity_is_added_by_hand(api: Client, golfer: UUID) -> None:
    given = {
        "type": "PHONE_CALL",
        "category": "COMMUNICATION",
        "title": "Asked about a corporate day ☎",
        "metadata": {"minutes": 4},
        "occurredAt": "2026-03-02T10:00:00+02:00",
    }

    answer = api.post(f"{CUSTOMERS}/{golfer}/activities", given, "application/json")

    assert answer.status_code == 201
    body = answer.json()
    assert body["occurredAt"] == "2026-03-02T08:00:00Z"
    assert (body["title"], body["metadata"], body["source"]) == (given["title"], {"minutes": 4}, "crm")
    assert api.get(f"{CUSTOMERS}/{golfer}/activities?take=1").json()["data"] == [body]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "call"}, "type"),
        ({"type": None}, "type"),
        ({"category": "GAMES"}, "category"),
        ({"category": ["NOTE"]}, "category"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"x": "y" * 17_000}}, "metadata"),
        ({"occurredAt": "2026-03-02"}, "occurredAt"),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, "occurredAt"),
        ({"source": "scl"}, "source"),
    ],
)
def test_an_activity_that_cannot_be(api: Client, golfer: UUID, change: dict[str, Any], field: str) -> None:
    given = {"type": "CALL", "category": "NOTE", "title": "x"} | change

    answer = api.post(f"{CUSTOMERS}/{golfer}/activities", given, "application/json")

    assert error_of(answer) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert len(titles(api.get(f"{CUSTOMERS}/{golfer}/activities"))) == 6


def test_a_note_is_signed_and_stands_in_the_timeline(api: Client, golfer: UUID) -> None:
    answer = api.post(f"{CUSTOMERS}/{golfer}/notes", {"body": " Prefers mornings. "}, "application/json")

    assert answer.status_code == 201
    body = answer.json()
    assert (body["body"], body["isPinned"], body["customerId"]) == ("Prefers mornings.", False, str(golfer))
    assert body["authorName"]
    assert api.get(f"{CUSTOMERS}/{golfer}/notes").json() == {
        "data": [body],
        "meta": {"total": 1, "skip": 0, "take": 25, "hasMore": False, "nextCursor": None},
    }
    assert titles(api.get(f"{CUSTOMERS}/{golfer}/activities?category=NOTE")) == ["Note: Prefers mornings."]


def test_pinned_notes_come_first(api: Client, golfer: UUID) -> None:
    for body, is_pinned in (("first", False), ("pinned", True), ("last", False)):
        api.post(f"{CUSTOMERS}/{golfer}/notes", {"body": body, "isPinned": is_pinned}, "application/json")

    rows = api.get(f"{CUSTOMERS}/{golfer}/notes").json()["data"]

    assert rows[0]["body"] == "pinned"
    assert {row["body"] for row in rows} == {"first", "pinned", "last"}


@pytest.mark.parametrize("count", [1, 10])
def test_notes_cost_the_same_for_one_and_for_many(api: Client, golfer: UUID, count: int) -> None:
    for number in range(count):
        api.post(f"{CUSTOMERS}/{golfer}/notes", {"body": f"note {number}"}, "application/json")

    with CaptureQueriesContext(connection) as queries:
        answer = api.get(f"{CUSTOMERS}/{golfer}/notes")

    assert len(answer.json()["data"]) == count
    assert len(queries) == 2  # the customer, the notes


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body"]),
        ({"body": " "}, ["body"]),
        ({"body": 7}, ["body"]),
        ({"body": "x" * 10_001}, ["body"]),
        ({"body": "x", "isPinned": "yes"}, ["isPinned"]),
        ({"body": "x", "author": "me"}, ["author"]),
    ],
)
def test_a_note_that_cannot_be(api: Client, golfer: UUID, body: dict[str, Any], fields: list[str]) -> None:
    answer = api.post(f"{CUSTOMERS}/{golfer}/notes", body, "application/json")

    assert error_of(answer) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == fields
    assert api.get(f"{CUSTOMERS}/{golfer}/notes").json()["data"] == []
