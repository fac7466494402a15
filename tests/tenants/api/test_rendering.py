"""Data to JSON text and back."""

import re
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ErrorDetail, ParseError

from tenants.api.json_text import contains_null, from_json, to_json
from tenants.api.rendering import OrjsonRenderer


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (datetime(2026, 3, 14, 7, 30, tzinfo=UTC), b'"2026-03-14T07:30:00Z"'),
        (datetime(2026, 3, 14, 7, 30, 0, 5, tzinfo=UTC), b'"2026-03-14T07:30:00.000005Z"'),
        (datetime(2026, 3, 14, 7, 30, tzinfo=timezone(timedelta(hours=2))), b'"2026-03-14T07:30:00+02:00"'),
        (date(2026, 3, 14), b'"2026-03-14"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Decimal("12.30"), b'"12.30"'),
        (timedelta(minutes=1), b"60.0"),
        (gettext_lazy("Name"), b'"Name"'),
        (ErrorDetail("Wrong.", code="x"), b'"Wrong."'),
        ((1, "a"), b'[1,"a"]'),
        (frozenset({1}), b"[1]"),
        (OrderedDict(a=1), b'{"a":1}'),
        (MappingProxyType({"a": 1}), b'{"a":1}'),
        ("⛳ é", '"⛳ é"'.encode()),
        (float("nan"), b"null"),
    ],
)
def test_data_becomes_json(data: Any, text: bytes) -> None:
    assert to_json(data) == text


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json(object())


def test_no_data_is_an_empty_body() -> None:
    assert OrjsonRenderer().render(None) == b""


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\x00", max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_null_bytes_are_found_wherever_they_are(data: Any) -> None:
    escape = re.search(rb"(?<!\\)(\\\\)*\\u0000", to_json(data))

    assert contains_null(data) == (escape is not None)


@given(JSON_VALUES)
def test_what_was_written_is_read_back_unless_it_holds_null_bytes(data: Any) -> None:
    if contains_null(data):
        with pytest.raises(ParseError, match="null bytes"):
            from_json(to_json(data))
    else:
        assert from_json(to_json(data)) == data


def post_unsized(api: Client, body: bytes, **headers: str) -> Any:
    """Send a body as a server hands on what came in chunks: without a length."""
    environ: Any = {"CONTENT_LENGTH": "", "wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    return api.generic("POST", "/api/v1/things", body, "application/json", headers=headers, **environ)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_body_without_a_length_is_read_where_the_server_ends_it(
    api: Client, headers: dict[str, str]
) -> None:
    made = post_unsized(api, b'{"name": "chunky"}', **headers)
    large = post_unsized(api, b"x" * 9_000_000)

    assert (made.status_code, made.json()["name"]) == (201, "chunky")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_without_a_length_is_empty_where_nobody_would_end_it(api: Client) -> None:
    answer = api.post("/api/v1/things", {"name": "chunky"}, "application/json", CONTENT_LENGTH="")

    assert answer.status_code == 422
