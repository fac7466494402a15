"""Pages of a list: `skip` and `take` in, `{"data", "meta": {"total", "skip", "take", "hasMore"}}` out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from tenants.api.errors import InvalidParameterError

DEFAULT_TAKE = 25
MAX_TAKE = 100
# Skipping makes the database read what it skips; whoever wants to go further pages by cursor or exports.
MAX_SKIP = 1_000_000
# Longer than any bound; a number of thousands of digits would only cost time.
MAX_DIGITS = 19


FIELDS_PARAMETER: Final[Mapping[str, Any]] = {
    "name": "fields",
    "in": "query",
    "required": False,
    "description": "Only these fields of each row, separated by commas.",
    "schema": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for."""

    skip: int = 0
    take: int = DEFAULT_TAKE


def read_window(params: Mapping[str, str]) -> Window:
    """`skip` and `take` of the query; raises InvalidParameterError for what is out of range."""
    return Window(
        skip=read_whole_number(params, "skip", default=0, least=0, most=MAX_SKIP),
        take=read_take(params),
    )


def read_take(params: Mapping[str, str], default: int = DEFAULT_TAKE) -> int:
    """`take` alone, for lists that are continued by cursor."""
    return read_whole_number(params, "take", default=default, least=1, most=MAX_TAKE)


def read_cursor(params: Mapping[str, str]) -> str | None:
    """`cursor` of a list that pages by `skip` as well; raises InvalidParameterError where both name a place.

    `skip=0` and an empty cursor name none: generated clients send defaults on their own.
    """
    cursor = params.get("cursor") or None
    if cursor is not None and read_window(params).skip:
        raise InvalidParameterError("skip", "Use either skip or cursor.")
    return cursor


def read_whole_number(params: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    """A whole number of the query within its bounds; raises InvalidParameterError."""
    text = params.get(name)
    if text is None:
        return default
    # Not isdigit(): that also takes superscripts and the digits of other scripts.
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
    if not is_number or not least <= int(text) <= most:
        raise InvalidParameterError(name, f"{name} must be a whole number from {least:,} to {most:,}.")
    return int(text)


def page_answer(data: Any, *, total: int, window: Window) -> dict[str, Any]:
    """The body of one page of a counted list."""
    return {
        "data": data,
        "meta": {
            "total": total,
            "skip": window.skip,
            "take": window.take,
            "hasMore": window.skip + len(data) < total,
        },
    }


def cursor_answer(
    data: Any, *, take: int, next_cursor: str | None, total: int | None = None
) -> dict[str, Any]:
    """The body of one page of a list that is continued by cursor; None as cursor: this is the end."""
    meta: dict[str, Any] = {"take": take, "hasMore": next_cursor is not None, "nextCursor": next_cursor}
    if total is not None:
        meta["total"] = total
    return {"data": data, "meta": meta}


def count_rows(rows: QuerySet[Any]) -> int:
    """How many rows a list has, in no order."""
    return rows.order_by().count()


def take_page(
    rows: QuerySet[Any], window: Window, count: Callable[[QuerySet[Any]], int] = count_rows
) -> tuple[list[Any], int]:
    """The window's rows and the number of all, by `count`; two queries, one where the first page is not full."""
    page = list(rows[window.skip : window.skip + window.take])
    if len(page) < window.take and (page or window.skip == 0):
        return page, window.skip + len(page)
    return page, count(rows)


class SkipTakePagination(BasePagination):
    """For `pagination_class`: DRF's generic views, and the description of lists in OpenAPI."""

    window = Window()
    total = 0

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        """The rows of the requested window."""
        self.window = read_window(request.query_params)
        rows, self.total = take_page(queryset, self.window)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Wrap one page."""
        return Response(page_answer(data, total=self.total, window=self.window))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """`skip` and `take` in the API description."""
        return [
            query_integer("skip", "How many to pass over.", default=0, least=0, most=MAX_SKIP),
            query_integer("take", "How many at most.", default=DEFAULT_TAKE, least=1, most=MAX_TAKE),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page around a list's schema."""
        number = {"type": "integer"}
        meta = {"total": number, "skip": number, "take": number, "hasMore": {"type": "boolean"}}
        return _page_schema(schema, meta, required=list(meta))


class CursorPagination(BasePagination):
    """Describes lists that are continued by cursor; their views page with `tenants.api.cursors`."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """`take` and `cursor` in the API description."""
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "`meta.nextCursor` of the page before.",
            "schema": {"type": "string"},
        }
        return [
            query_integer("take", "How many at most.", default=DEFAULT_TAKE, least=1, most=MAX_TAKE),
            cursor,
            dict(FIELDS_PARAMETER),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page around a list's schema."""
        meta = {
            "total": {"type": "integer"},
            "take": {"type": "integer"},
            "hasMore": {"type": "boolean"},
            "nextCursor": {"type": "string", "nullable": True},
        }
        return _page_schema(schema, meta, required=["take", "hasMore", "nextCursor"])


def _page_schema(rows: dict[str, Any], meta: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": rows, "meta": {"type": "object", "required": required, "properties": meta}},
    }


def query_integer(name: str, description: str, *, default: int, least: int, most: int) -> dict[str, Any]:
    """An OpenAPI query parameter that is a whole number."""
    schema = {"type": "integer", "default": default, "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


class SkipOrCursorPagination(SkipTakePagination):
    """Describes lists that go on by `skip` with a total, or by `cursor` without one."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page around the list, for the description."""
        described = super().get_paginated_response_schema(schema)
        meta = described["properties"]["meta"]
        meta["required"] = ["take", "hasMore", "nextCursor"]
        meta["properties"]["nextCursor"] = {"type": "string", "nullable": True}
        return described
