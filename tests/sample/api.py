"""Lost property over REST."""

from typing import Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from tenants.api.bodies import body_object
from tenants.api.pagination import SkipTakePagination, page_answer, read_window, take_page
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope
from tests.sample.items import enter_item, item_fields, waiting_items

ITEM: Final = inline_serializer(
    "LostItem",
    {
        "id": serializers.CharField(),
        "customerId": serializers.UUIDField(),
        "description": serializers.CharField(),
        "foundAt": serializers.DateTimeField(),
    },
)
NEW_ITEM: Final = inline_serializer(
    "NewLostItem", {"customerId": serializers.UUIDField(), "description": serializers.CharField()}
)


class LostItemsView(TenantApiView):
    """What waits to be fetched."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = SkipTakePagination

    @extend_schema(
        operation_id="listLostItems", tags=["lost property"], summary="List lost property",
        responses=type(ITEM)(many=True),
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The newest first."""
        window = read_window(request._request.GET)
        page, total = take_page(waiting_items(), window)
        return json_answer(page_answer([item_fields(item) for item in page], total=total, window=window))

    @extend_schema(
        operation_id="enterLostItem", tags=["lost property"], summary="Enter lost property",
        request=NEW_ITEM, responses={201: ITEM},
    )  # fmt: skip
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Of one customer."""
        body = body_object(request)
        item = enter_item(customer_id_of(str(body.get("customerId", ""))), body.get("description"))
        return Response(item_fields(item), status=201)
