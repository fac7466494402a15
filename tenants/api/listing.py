"""Lists of models over REST: pages by `skip` or by `cursor`, orders, `updatedFrom`, and a choice of fields.

A cursor is the place behind a row in the order of the list, whatever that order is: nobody is missed or repeated while
others are added. It is no secret and no permission.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter

from tenants.api.cursors import PARAMETER, decode_cursor, encode_cursor
from tenants.api.described import answer_fields, description_of
from tenants.api.errors import InvalidParameterError
from tenants.api.pagination import (
    FIELDS_PARAMETER,
    SkipOrCursorPagination,
    page_answer,
    read_cursor,
    read_take,
    read_window,
    take_page,
)
from tenants.api.views import ApiRequest, TenantApiView

UPDATED: Final = "updatedAt"
NOTHING: Final = "-"
A_VALUE: Final = "="

# For lists that are always told whole.
FIELDS: Final = OpenApiParameter(FIELDS_PARAMETER["name"], str, description=FIELDS_PARAMETER["description"])

Rows = QuerySet[Any]
Represent = Callable[[Sequence[Any]], list[dict[str, Any]]]


class ListPages(SkipOrCursorPagination):
    """Describes such lists: by `skip` with a total, or by `cursor` without one."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What a query may say."""
        named = [
            *super().get_schema_operation_parameters(view),
            _text(
                PARAMETER,
                "`meta.nextCursor` of the page before; without `skip` then, and answered without a total.",
            ),
            dict(FIELDS_PARAMETER),
        ]
        sorts = view.list_sorts
        if sorts:
            values = [f"{sign}{name}" for name in sorts for sign in ("", "-")]
            named.append(_text("sort", "The order; with `-` the greatest first.", enum=values))
        if UPDATED in sorts:
            named.append(_text("updatedFrom", "Changed then or later; ISO 8601.", format="date-time"))
        return named


class ListView(TenantApiView):
    """The base of views of which `get` answers with such a list."""

    pagination_class = ListPages
    # Name of the API → column, of those by which callers may sort; no row may leave one of them empty.
    list_sorts: ClassVar[Mapping[str, str]] = {}

    def list_answer(self, request: ApiRequest, rows: Rows, represent: Represent) -> dict[str, Any]:
        """One page of the rows, which bring the usual order; raises InvalidParameterError."""
        params = request._request.GET
        wanted = wanted_fields(type(self), params)
        rows = self._chosen(rows, params)
        order = Order(rows)
        cursor = read_cursor(params)
        if cursor is not None:
            take = read_take(params)
            page = list(order.after(cursor)[: take + 1])
            has_more, page = len(page) > take, page[:take]
            meta: dict[str, Any] = {"take": take, "hasMore": has_more}
            data = represent(page)
        else:
            window = read_window(params)
            page, total = take_page(rows, window)
            data, meta = page_answer(represent(page), total=total, window=window).values()
        meta["nextCursor"] = order.place_of(page[-1]) if meta["hasMore"] and page else None
        return {"data": only(data, wanted), "meta": meta}

    def _chosen(self, rows: Rows, params: Mapping[str, str]) -> Rows:
        sort, since = params.get("sort"), params.get("updatedFrom")
        if sort is not None:
            column = self.list_sorts.get(sort.removeprefix("-"))
            if column is None:
                raise InvalidParameterError("sort", f"Choose one of {', '.join(self.list_sorts)}, or -name.")
            sign = "-" if sort.startswith("-") else ""
            rows = rows.order_by(f"{sign}{column}", f"{sign}pk")
        if since is not None:
            rows = rows.filter(**{f"{self.list_sorts[UPDATED]}__gte": _moment(since)})
        return rows


def wanted_fields(view: type[TenantApiView], params: Mapping[str, str]) -> frozenset[str] | None:
    """The fields of each row that a query asks for, None for all; raises InvalidParameterError."""
    text = params.get("fields")
    if text is None:
        return None
    known = fields_of_answer(cast(Hashable, view))
    wanted = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(wanted - known.keys()):
        raise InvalidParameterError("fields", f"There is no field {', '.join(unknown)[:200]} here.")
    # The key of a row stays: without it the rest belongs to nobody.
    return frozenset(wanted | {next(iter(known))})


def small_list(view: TenantApiView, request: ApiRequest, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a list without pages, with the fields that the query asks for; the view describes `FIELDS`."""
    return only(rows, wanted_fields(type(view), request._request.GET))


def only(rows: list[dict[str, Any]], wanted: frozenset[str] | None) -> list[dict[str, Any]]:
    """The rows with nothing but the wanted fields."""
    if wanted is None:
        return rows
    return [{name: value for name, value in row.items() if name in wanted} for row in rows]


@cache
def fields_of_answer(view: Any) -> dict[str, Any]:
    """The fields of a row, as the description of the view's `get` has them."""
    return answer_fields(description_of(view, "GET"))


class Order:
    """The order of a query set, and places in it."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        names = [str(name) for name in rows.query.order_by]
        self.columns = [(name.removeprefix("-"), name.startswith("-")) for name in names]
        # Whose cursor it is: one of another order leads nowhere.
        self.name = ",".join(names)

    def place_of(self, row: Any) -> str:
        """The cursor behind a row."""
        values = (_value(row, name) for name, _ in self.columns)
        return encode_cursor(
            self.name, *(NOTHING if value is None else A_VALUE + _written(value) for value in values)
        )

    def after(self, cursor: str) -> Rows:
        """The rows behind a place; raises InvalidParameterError."""
        name, *texts = decode_cursor(cursor, (str,) * (1 + len(self.columns)))
        if name != self.name:
            raise _strange()
        equal, behind = Q(), Q(pk__in=[])
        for (column, is_descending), text in zip(self.columns, texts, strict=True):
            value = _read(_field(self.rows.model, column), text)
            behind |= equal & _beyond(column, value, is_descending=is_descending)
            equal &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
        return self.rows.filter(behind)


def _beyond(column: str, value: Any, *, is_descending: bool) -> Q:
    """What comes after a value; PostgreSQL holds nothing for greater than everything."""
    if value is None:
        return Q(**{f"{column}__isnull": False}) if is_descending else Q(pk__in=[])
    if is_descending:
        return Q(**{f"{column}__lt": value})
    return Q(**{f"{column}__gt": value}) | Q(**{f"{column}__isnull": True})


def _field(model: Any, column: str) -> "Field[Any, Any]":
    found: Field[Any, Any] = model._meta.pk if column == "pk" else model._meta.get_field(column)
    return found.target_field if found.is_relation else found  # type: ignore[attr-defined]


def _value(row: Any, column: str) -> Any:
    field = row._meta.pk if column == "pk" else row._meta.get_field(column)
    return getattr(row, field.attname)


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _read(field: "Field[Any, Any]", text: str) -> Any:
    if text == NOTHING:
        return None
    try:
        return field.to_python(text.removeprefix(A_VALUE))
    except (ValidationError, ValueError, OverflowError):
        raise _strange() from None


def _strange() -> InvalidParameterError:
    return InvalidParameterError(
        PARAMETER,
        "This cursor belongs to another list, or to another order of this one.",
        code="INVALID_CURSOR",
    )


def _moment(text: str) -> Any:
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidParameterError("updatedFrom", "Write a time such as 2026-03-01T08:15:00Z.")
    return moment


def _text(name: str, description: str, **schema: Any) -> dict[str, Any]:
    shape = {"type": "string", **schema}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": shape}
