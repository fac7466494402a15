"""Customers over REST: list, make, resolve, read, change."""

from functools import partial
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from profiles.api import schema
from profiles.api.parameters import body_object, customer_filter, customer_id_of, identity_keys_of
from profiles.editing import create_customer, update_customer
from profiles.models import CustomerProfile
from profiles.reading import list_customers, read_customer, resolve_customer
from profiles.representation import COLUMNS, customer_fields, row_fields, to_json
from tenants.action_log import log_seen
from tenants.api.errors import ApiError
from tenants.api.openapi import ErrorSerializer
from tenants.api.pagination import SkipTakePagination, page_answer, read_window, take_page
from tenants.api.rendering import MEDIA_TYPE
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

TAGS = ["customers"]
NEW_CUSTOMER = OpenApiExample(
    "A walk-in guest",
    {"firstName": "Thandi", "lastName": "Mokoena", "email": "thandi@example.org", "tags": ["guest"]},
    request_only=True,
)


class CustomersView(TenantApiView):
    """All customers of a tenant."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = SkipTakePagination

    @extend_schema(
        operation_id="listCustomers",
        tags=TAGS,
        summary="List customers",
        parameters=schema.LIST_PARAMETERS,
        responses={200: schema.CUSTOMERS, 422: schema.UNUSABLE_FILTER},
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Newest first, or the best first with `search`. All filters that are given must hold."""
        params = request._request.GET
        window = read_window(params)
        rows, total = take_page(list_customers(customer_filter(params)).values_list(*COLUMNS), window)
        return json_answer(page_answer([row_fields(row) for row in rows], total=total, window=window))

    @extend_schema(
        operation_id="createCustomer",
        tags=TAGS,
        summary="Make a customer",
        request=schema.CUSTOMER_CREATE,
        responses={201: schema.CUSTOMER},
        examples=[NEW_CUSTOMER],
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """By hand, with at least a name, an e-mail address or a phone number.

        An address that leads to somebody already is refused as `CUSTOMER_EXISTS`, with that customer's id.
        """
        profile = create_customer(body_object(request))
        response = tagged(to_json(customer_fields(profile)), status=201)
        response.headers["Location"] = f"/api/v1/customers/{profile.pk}"
        return response


class ResolveView(TenantApiView):
    """To whom a key leads."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="resolveCustomer",
        tags=TAGS,
        summary="Find the customer to whom a key leads",
        parameters=schema.RESOLVE_PARAMETERS,
        responses=schema.CUSTOMER,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """By e-mail address, phone number or the id of a service; at least one key must be given.

        Of several keys the strongest that leads to one person decides. A key that several people share leads to nobody.
        """
        return tagged(to_json(resolve_customer(identity_keys_of(request._request.GET))))


class CustomerView(TenantApiView):
    """One customer."""

    required_scopes = {"GET": Scope.READ, "PATCH": Scope.WRITE}

    @extend_schema(
        operation_id="getCustomer",
        tags=TAGS,
        summary="Read a customer",
        parameters=[schema.CUSTOMER_ID],
        responses={
            200: schema.CUSTOMER,
            304: OpenApiResponse(description="Unchanged since the answer that `If-None-Match` names."),
        },
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """The id of a merged customer answers with the survivor; `mergedInto` then holds the survivor's id."""
        customer_id = customer_id_of(customerId)
        answer = tagged_answer(request._request, read_customer(customer_id))
        log_seen("customer.viewed", subject_kind="customer", subject_id=customer_id)
        return answer

    @extend_schema(
        operation_id="updateCustomer",
        tags=TAGS,
        summary="Change a customer",
        parameters=[schema.CUSTOMER_ID, schema.IF_MATCH],
        request=schema.CUSTOMER_CHANGE,
        responses={
            200: schema.CUSTOMER,
            412: OpenApiResponse(
                ErrorSerializer, description="`CHANGED_MEANWHILE`: read the customer again."
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
        return tagged(to_json(customer_fields(profile)))


def json_answer(fields: Any, *, status: int = 200) -> HttpResponse:
    """An answer past DRF's rendering, which costs more than reading a row."""
    return HttpResponse(to_json(fields), status=status, content_type=MEDIA_TYPE)


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
    tags, fields = named_tags(known), customer_fields(customer)
    if customer_id != customer.pk:
        # As `read_customer` shows the survivor under the id of one who was merged.
        fields = {**fields, "mergedInto": customer.pk}
    if "*" not in tags and tag_of(to_json(fields)) not in tags:
        raise ChangedMeanwhileError("The customer was changed since you read it; read it again.")
