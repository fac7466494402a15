"""Promotions over REST."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from social import inputs
from social.api import schema
from social.api.views import key_of
from social.errors import PromotionNotFound
from social.models import Promotion, PromotionStatus
from social.promoting import actions
from social.representation import promotion_fields
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

ACTS = {"approve": actions.approve_promotion, "pause": actions.pause_promotion}


class PromotionsView(ListView):
    """The plans of a club."""

    required_scopes = {"GET": Scope.SOCIAL, "POST": Scope.SOCIAL}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at"}

    @extend_schema(
        operation_id="listPromotions",
        tags=schema.PROMOTIONS,
        summary="List promotions",
        parameters=[OpenApiParameter("status", enum=PromotionStatus.values)],
        responses=schema.PROMOTION_LIST,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The newest first."""
        status = request._request.GET.get("status")
        if status is not None and status not in PromotionStatus.values:
            raise InvalidParameterError("status", f"Choose one of {', '.join(PromotionStatus.values)}.")
        rows = Promotion.objects.prefetch_related("touches").order_by("-created_at", "pk")
        chosen = rows.filter(status=status) if status else rows
        return Response(
            self.list_answer(request, chosen, lambda page: [promotion_fields(row) for row in page])
        )

    @extend_schema(
        operation_id="createPromotion",
        tags=schema.PROMOTIONS,
        summary="Plan the promotion of an event",
        request=schema.MAKE_PROMOTION,
        responses={201: schema.PROMOTION},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """From the club's template; there is one for each source, so a second call gives the first plan."""
        values = inputs.read(
            body_object(request), inputs.PROMOTION, required=("sourceType", "sourceId", "event")
        )
        return Response(promotion_fields(actions.make_promotion(**values)), status=201)


class PromotionView(TenantApiView):
    """One plan."""

    required_scopes = {"GET": Scope.SOCIAL, "PATCH": Scope.SOCIAL, "DELETE": Scope.SOCIAL}

    @extend_schema(
        operation_id="getPromotion",
        tags=schema.PROMOTIONS,
        summary="Read a promotion",
        parameters=[schema.PROMOTION_ID],
        responses=schema.PROMOTION,
    )
    def get(self, request: ApiRequest, promotionId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """With every touch and what became of it."""
        return Response(promotion_fields(actions.get_promotion(key_of(promotionId, PromotionNotFound))))

    @extend_schema(
        operation_id="updatePromotion",
        tags=schema.PROMOTIONS,
        summary="Change a promotion",
        parameters=[schema.PROMOTION_ID],
        request=schema.CHANGE_PROMOTION,
        responses=schema.PROMOTION,
    )
    def patch(self, request: ApiRequest, promotionId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What is left out stays; touches that are done stay done."""
        known = {name: inputs.PROMOTION[name] for name in inputs.CHANGEABLE}
        changes = inputs.read(body_object(request), known)
        return Response(
            promotion_fields(actions.update_promotion(key_of(promotionId, PromotionNotFound), changes))
        )

    @extend_schema(
        operation_id="cancelPromotion",
        tags=schema.PROMOTIONS,
        summary="Cancel a promotion",
        parameters=[schema.PROMOTION_ID],
        responses={200: schema.PROMOTION},
    )
    def delete(self, request: ApiRequest, promotionId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What has not gone out does not; the plan stays readable."""
        return Response(promotion_fields(actions.cancel_promotion(key_of(promotionId, PromotionNotFound))))


class PromotionActView(TenantApiView):
    """Approve, or pause."""

    required_scopes = {"POST": Scope.SOCIAL}

    @extend_schema(
        operation_id="actOnPromotion",
        tags=schema.PROMOTIONS,
        summary="Approve or pause a promotion",
        parameters=[
            schema.PROMOTION_ID,
            OpenApiParameter("act", str, OpenApiParameter.PATH, enum=sorted(ACTS)),
        ],
        request=None,
        responses=schema.PROMOTION,
    )
    def post(self, request: ApiRequest, promotionId: str, act: str) -> HttpResponseBase:  # noqa: N803 - as above
        """One decision for the whole plan."""
        if act not in ACTS:
            raise PromotionNotFound
        return Response(promotion_fields(ACTS[act](key_of(promotionId, PromotionNotFound))))
