"""Privacy over REST: a copy for the person, erasure, restriction of processing."""

from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from profiles.api import schema
from profiles.api.customer_schema import CUSTOMER
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from profiles.errors import InvalidFields
from profiles.models import ErasureReason
from profiles.privacy.copies import copy_of_person, zip_of_copy
from profiles.privacy.erasing import erase_customer, erasure_fields
from profiles.reading import get_customer
from profiles.restricting import restriction_of, set_restriction
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.throttling import WRITE
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

TAGS: Final = ["privacy"]
FORMATS: Final = ("json", "zip")
# All texts of the club are searched, by dry runs as well: a caller keeps one thread busy at most.
ERASURE_COST: Final = 10
COUNTS: Final = serializers.DictField(
    child=serializers.DictField(child=serializers.IntegerField()), help_text="Table, act, rows."
)
RECEIPT: Final = inline_serializer(
    "ErasureReceipt",
    {
        "id": serializers.IntegerField(),
        "customerId": serializers.UUIDField(),
        "reason": serializers.ChoiceField(choices=ErasureReason.values),
        "counts": COUNTS,
        "hash": serializers.CharField(help_text="SHA-256 over the rest of the receipt."),
        "erasedBy": serializers.CharField(),
        "erasedAt": serializers.DateTimeField(),
    },
)
ERASE: Final = inline_serializer(
    "CustomerErasure",
    {
        "reason": serializers.ChoiceField(choices=ErasureReason.values),
        "dryRun": serializers.BooleanField(required=False, help_text="Only count what would happen."),
    },
)
ERASED: Final = inline_serializer(
    "CustomerErased",
    {
        "customerId": serializers.UUIDField(),
        "profileIds": serializers.ListField(
            child=serializers.UUIDField(), help_text="The customer and everybody merged into them."
        ),
        "counts": COUNTS,
        "receipt": type(RECEIPT)(allow_null=True, help_text="Null in a dry run."),
    },
)
COPY: Final = inline_serializer(
    "CustomerCopy",
    {
        "customerId": serializers.UUIDField(),
        "profileIds": serializers.ListField(child=serializers.UUIDField()),
        "exportedAt": serializers.DateTimeField(),
        "customer": type(CUSTOMER)(),
        "consentHistory": serializers.ListField(child=serializers.JSONField()),
        "data": serializers.DictField(
            child=serializers.ListField(child=serializers.JSONField()), help_text="Table, rows."
        ),
    },
)
RESTRICTION: Final = inline_serializer(
    "ProcessingRestriction",
    {"restricted": serializers.BooleanField(help_text="Kept, and used for nothing.")},
)


class ExportView(TenantApiView):
    """A copy of everything held about a customer."""

    required_scopes = {"GET": Scope.ADMIN}

    @extend_schema(
        operation_id="exportCustomer",
        tags=TAGS,
        summary="A copy of everything held about a customer",
        parameters=[
            schema.CUSTOMER_ID,
            OpenApiParameter(
                "format", enum=FORMATS, description="`zip`: a CSV for each table, and the JSON."
            ),
        ],
        responses={
            (200, "application/json"): COPY,
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="With `format=zip`."),
        },
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """For the person's right of access; includes who looked at them, and everybody merged into them."""
        wanted = request._request.GET.get("format", "json")
        if wanted not in FORMATS:
            raise InvalidParameterError("format", "Write json or zip.")
        copy = copy_of_person(customer_id_of(customerId))
        if wanted == "json":
            return json_answer(copy)
        answer = HttpResponse(zip_of_copy(copy), content_type="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="customer-{copy["customerId"]}.zip"'
        return answer


class EraseView(TenantApiView):
    """A customer is forgotten."""

    required_scopes = {"POST": Scope.ADMIN}

    def rate_class(self, method: str) -> None:
        """Charged as several requests, as it may take seconds."""

    @extend_schema(
        operation_id="eraseCustomer",
        tags=TAGS,
        summary="Erase a customer",
        parameters=[schema.CUSTOMER_ID],
        request=ERASE,
        responses=ERASED,
    )
    def post(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """For good, with everybody who was merged into them; `dryRun` only counts.

        Payments stay as date, type and amount. The person's identifiers are remembered as keyed hashes, so that no late
        event brings them back. Other services learn it by `crm.profile.deleted`. Counts as ten requests.
        """
        request.charge(WRITE, cost=ERASURE_COST)
        fields = erase_fields(body_object(request))
        done = erase_customer(
            customer_id_of(customerId), reason=fields["reason"], dry_run=fields.get("dryRun") or False
        )
        return json_answer(erasure_fields(done))


class RestrictionView(TenantApiView):
    """Whether a customer's data must rest."""

    required_scopes = {"GET": Scope.READ, "PUT": Scope.ADMIN}

    @extend_schema(
        operation_id="getRestriction",
        tags=TAGS,
        summary="Whether processing is restricted",
        parameters=[schema.CUSTOMER_ID],
        responses=RESTRICTION,
    )
    def get(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Of a merged customer: of the one who stands for them."""
        customer = get_customer(customer_id_of(customerId))
        return json_answer({"restricted": restriction_of(customer.pk)})

    @extend_schema(
        operation_id="setRestriction",
        tags=TAGS,
        summary="Restrict processing, or allow it again",
        parameters=[schema.CUSTOMER_ID],
        request=RESTRICTION,
        responses=RESTRICTION,
    )
    def put(self, request: ApiRequest, customerId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """While it is restricted the customer is neither scored nor told of to other services."""
        body = body_object(request)
        if not isinstance(body.get("restricted"), bool):
            raise InvalidFields({"restricted": "Write true or false."})
        set_restriction(customer_id_of(customerId), is_restricted=body["restricted"])
        return json_answer({"restricted": body["restricted"]})


def erase_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Reason and dryRun of an erasure; raises InvalidFields."""
    problems = {}
    if body.get("reason") not in ErasureReason.values:
        problems["reason"] = f"Choose one of {', '.join(ErasureReason.values)}."
    if body.get("dryRun") is not None and not isinstance(body["dryRun"], bool):
        problems["dryRun"] = "Write true or false."
    if problems:
        raise InvalidFields(problems)
    return body
