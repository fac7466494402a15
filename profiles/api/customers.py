"""Customers over REST: list, make, resolve, read, change."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema

from profiles.api import customer_schema, schema
from profiles.api.customer_pages import counter_of, places_of
from profiles.api.parameters import RESOLVABLE, customer_filter, customer_id_of, identity_keys_of
from profiles.discretion import Fields, sees_money, telling, told_customer
from profiles.editing import create_customer, update_customer
from profiles.errors import CustomerNotFound, NothingToResolve
from profiles.models import CustomerProfile
from profiles.reading import list_customers, read_customer, resolve_customer
from profiles.representation import COLUMNS, customer_fields, row_fields, to_json
from tenants.action_log import log_seen
from tenants.api.bodies import body_object
from tenants.api.errors import ApiError, InvalidParameterError, problem_of, told_details
from tenants.api.listing import only, wanted_fields
from tenants.api.openapi import ErrorResponseSerializer
from tenants.api.pagination import (
    SkipOrCursorPagination,
    cursor_answer,
    page_answer,
    read_cursor,
    read_window,
    take_page,
)
from tenants.api.rendering import MEDIA_TYPE
from tenants.api.throttling import READ, WRITE
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import DomainError, UnprocessableError
from tenants.models import Scope

TAGS = ["customers"]
MOST_WRITTEN = 100
MOST_RESOLVED = 500
ITEMS_A_REQUEST = 50


class CustomersView(TenantApiView):
    """All customers of a tenant."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = SkipOrCursorPagination

    @extend_schema(
        operation_id="listCustomers",
        tags=TAGS,
        summary="List customers",
        parameters=schema.LIST_PARAMETERS,
        responses={200: customer_schema.CUSTOMERS, 422: schema.UNUSABLE_FILTER},
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Newest first, or the best first with `search`. All filters that are given must hold.

        Pages by `skip`, with a total, or by `cursor`, which misses and repeats nobody while others are added.
        """
        params = request._request.GET
        window, wanted, chosen = (
            read_window(params),
            wanted_fields(type(self), params),
            customer_filter(params),
        )
        places = places_of(list_customers(chosen), params.get("sort"), is_search=bool(chosen.search))
        cursor, tell = read_cursor(params), telling()
        if cursor is None:
            rows, total = take_page(places.rows.values_list(*COLUMNS), window, counter_of(chosen))
            answer = page_answer([tell(row_fields(row)) for row in rows], total=total, window=window)
            has_more = answer["meta"]["hasMore"]
        else:
            rows = list(places.after(cursor)[: window.take + 1])
            has_more, rows = len(rows) > window.take, rows[: window.take]
            answer = cursor_answer(
                [tell(row_fields(row)) for row in rows], take=window.take, next_cursor=None
            )
        answer["meta"] |= {
            "hasMore": has_more,
            "nextCursor": places.place_of(rows[-1]) if has_more and rows else None,
        }
        answer["data"] = only(answer["data"], wanted)
        return json_answer(answer)

    @extend_schema(
        operation_id="createCustomer",
        tags=TAGS,
        summary="Make a customer",
        request=schema.CUSTOMER_CREATE,
        responses={201: customer_schema.CUSTOMER},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """By hand, with at least a name, an e-mail address or a phone number.

        An address that leads to somebody already is refused as `CUSTOMER_EXISTS`, with that customer's id.
        """
        profile = create_customer(body_object(request))
        response = tagged(to_json(told_customer(customer_fields(profile))), status=201)
        response.headers["Location"] = f"/api/v1/customers/{profile.pk}"
        return response


class BatchView(TenantApiView):
    """Many customers at once."""

    required_scopes = {"POST": Scope.WRITE}

    def rate_class(self, method: str) -> None:
        """Charged by the number of customers."""

    @extend_schema(
        operation_id="writeCustomers",
        tags=TAGS,
        summary="Make and change many customers",
        request=schema.BATCH,
        responses=schema.BATCH_VERDICT,
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Up to 100, each as alone: with `id` it is changed, without one made. What is wrong with one harms no other.

        Fifty of them count as one request.
        """
        items = items_of(body_object(request), "customers", MOST_WRITTEN)
        request.charge(WRITE, cost=1 + len(items) // ITEMS_A_REQUEST)
        return json_answer({"data": [written(index, item) for index, item in enumerate(items)]})


def written(index: int, item: dict[str, Any]) -> dict[str, Any]:
    """The verdict on one customer of a batch, in a transaction of its own."""
    fields = {name: value for name, value in item.items() if name != "id"}
    try:
        with transaction.atomic():
            if "id" in item:
                profile = update_customer(customer_id_of(str(item["id"])), fields)
                return {"index": index, "status": "CHANGED", "id": profile.pk, "error": None}
            profile = create_customer(fields)
            return {"index": index, "status": "MADE", "id": profile.pk, "error": None}
    except (DomainError, ApiError) as error:
        problem = problem_of(error)
        assert problem is not None  # noqa: S101 - both kinds are told
        told = {"code": problem.code, "message": problem.message, "details": told_details(problem)}
        named = str(item["id"]) if "id" in item else None
        return {"index": index, "status": "REFUSED", "id": named, "error": told}


def items_of(body: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    """The list of objects that a body must hold under this name and nothing else; raises ApiError (422)."""
    items = body.get(name)
    if set(body) != {name} or not isinstance(items, list):
        raise ApiError(f"Send one field, {name}: a list of objects.", code="VALIDATION_ERROR", status=422)
    if not 1 <= len(items) <= most:
        message = f"Send 1 to {most} at once, not {len(items)}."
        raise ApiError(message, code="VALIDATION_ERROR", status=422)
    strange = [f"{name}.{place}" for place, each in enumerate(items) if not isinstance(each, dict)]
    if strange:
        raise UnprocessableError(
            f"{strange[0]} must be an object.",
            details=[{"field": one, "code": "INVALID", "message": "Write an object."} for one in strange],
        )
    return items


class ResolveView(TenantApiView):
    """To whom a key leads."""

    # Of the keys a form has, those that are filled in count.
    may_be_empty = frozenset(RESOLVABLE)
    required_scopes = {"GET": Scope.READ, "POST": Scope.READ}

    def rate_class(self, method: str) -> str | None:
        """Many keys are charged by their number, as reading."""
        return None if method == "POST" else READ

    @extend_schema(
        operation_id="resolveCustomers",
        tags=TAGS,
        summary="Find the customers to whom many keys lead",
        request=schema.RESOLVE_MANY,
        responses=schema.RESOLVED_MANY,
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Up to 500 at once, each one or several keys of one person; keeps addresses of people out of URLs.

        Fifty of them count as one request. `customer` is null where nobody alone holds the key.
        """
        items = items_of(body_object(request), "keys", MOST_RESOLVED)
        request.charge(READ, cost=1 + len(items) // ITEMS_A_REQUEST)
        tell = telling()
        return json_answer({"data": [resolved(index, item, tell) for index, item in enumerate(items)]})

    @extend_schema(
        operation_id="resolveCustomer",
        tags=TAGS,
        summary="Find the customer to whom a key leads",
        parameters=schema.RESOLVE_PARAMETERS,
        responses=customer_schema.CUSTOMER,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """By e-mail address, phone number or the id of a service; at least one key must be given.

        Of several keys the strongest that leads to one person decides. A key that several people share leads to nobody.
        """
        return tagged(to_json(told_customer(resolve_customer(identity_keys_of(request._request.GET)))))


def resolved(index: int, item: dict[str, Any], tell: Callable[[Fields], Fields]) -> dict[str, Any]:
    """One answer of many; raises InvalidParameterError for what is no key."""
    known: dict[str, str] = {}
    for name, value in item.items():
        if name not in RESOLVABLE or not isinstance(value, str | int) or isinstance(value, bool):
            raise InvalidParameterError(f"keys.{index}.{name}", f"Give texts of {', '.join(RESOLVABLE)}.")
        known[name] = str(value)
    if not any(value.strip() for value in known.values()):
        return {"index": index, "customer": None}  # as an empty cell of a spreadsheet: nobody holds it
    try:
        return {"index": index, "customer": tell(resolve_customer(identity_keys_of(known)))}
    except (CustomerNotFound, NothingToResolve):
        return {"index": index, "customer": None}


class CustomerView(TenantApiView):
    """One customer."""

    required_scopes = {"GET": Scope.READ, "PATCH": Scope.WRITE}

    @extend_schema(
        operation_id="getCustomer",
        tags=TAGS,
        summary="Read a customer",
        parameters=[schema.CUSTOMER_ID],
        responses={
            200: customer_schema.CUSTOMER,
            304: OpenApiResponse(description="Unchanged since the answer that `If-None-Match` names."),
        },
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """The id of a merged customer answers with the survivor; `mergedInto` then holds the survivor's id."""
        customer_id = customer_id_of(customerId)
        answer = tagged_answer(request._request, told_text(read_customer(customer_id)))
        log_seen("customer.viewed", subject_kind="customer", subject_id=customer_id)
        return answer

    @extend_schema(
        operation_id="updateCustomer",
        tags=TAGS,
        summary="Change a customer",
        parameters=[schema.CUSTOMER_ID, schema.IF_MATCH],
        request=schema.CUSTOMER_CHANGE,
        responses={
            200: customer_schema.CUSTOMER,
            412: OpenApiResponse(
                ErrorResponseSerializer, description="`CHANGED_MEANWHILE`: read the customer again."
            ),
        },
    )
    def patch(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Only the fields that are given; null empties one.

        What other services own (membership, golf, consent) and what is computed (scores, figures) is read-only.
        """
        customer_id = customer_id_of(customerId)
        known = request._request.META.get("HTTP_IF_MATCH")
        check = partial(check_unchanged, known, customer_id) if known else None
        profile = update_customer(customer_id, body_object(request), check=check)
        return tagged(to_json(told_customer(customer_fields(profile))))


def json_answer(fields: Any, *, status: int = 200) -> HttpResponse:
    """An answer past DRF's rendering, which costs more than reading a row."""
    return HttpResponse(to_json(fields), status=status, content_type=MEDIA_TYPE)


def told_text(text: bytes) -> bytes:
    """Finished JSON of one customer as whoever acts may see it; for most as it is."""
    return text if sees_money() else to_json(told_customer(orjson.loads(text)))


def tagged(text: bytes, *, status: int = 200) -> HttpResponse:
    """Finished JSON of one customer, with its ETag."""
    return HttpResponse(text, status=status, content_type=MEDIA_TYPE, headers={"ETag": tag_of(text)})


def tagged_answer(request: HttpRequest, text: bytes) -> HttpResponse:
    """Finished JSON with its ETag, or 304 for a caller who has it."""
    tag, known = tag_of(text), request.META.get("HTTP_IF_NONE_MATCH")
    if known and tag in named_tags(known):
        return HttpResponse(status=304, headers={"ETag": tag})
    return tagged(text)


def tag_of(text: bytes) -> str:
    """The ETag of an answer."""
    return f'"{blake2b(text, digest_size=8).hexdigest()}"'


def named_tags(header: str) -> set[str]:
    """The tags of `If-Match` or `If-None-Match`; a proxy that compresses makes them weak ones."""
    return {part.strip().removeprefix("W/") for part in header.split(",")}


class ChangedMeanwhileError(ApiError):
    """Somebody was quicker."""

    status = 412
    code = "CHANGED_MEANWHILE"


def check_unchanged(known: str, customer_id: UUID, customer: CustomerProfile) -> None:
    """Raise ChangedMeanwhileError unless the caller has seen the customer as it is now, under the id that it used."""
    tags, fields = named_tags(known), told_customer(customer_fields(customer))
    if customer_id != customer.pk:
        # As `read_customer` shows the survivor under the id of one who was merged.
        fields = {**fields, "mergedInto": customer.pk}
    if "*" not in tags and tag_of(to_json(fields)) not in tags:
        raise ChangedMeanwhileError("The customer was changed since you read it; read it again.")
