"""Campaigns over REST: drafts, what they brought, and who got them."""

from typing import Final
from uuid import UUID

from django.http import QueryDict
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from campaigns.actions import get_campaign
from campaigns.api import schema
from campaigns.editing import create_campaign, update_campaign
from campaigns.errors import CampaignNotFound
from campaigns.models import CampaignStatus, CampaignType
from campaigns.representation import (
    analytics,
    campaigns_fields,
    list_campaigns,
    one_campaign,
    recipient_fields,
    recipients_of,
)
from campaigns.stats import stats_of
from campaigns.values import parse_values
from messaging.models import DeliveryStatus
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.pagination import (
    read_whole_number,
)
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import UnprocessableError
from tenants.models import Scope

TAGS: Final = ["campaigns"]
SCOPE: Final = Scope.CAMPAIGNS
LONGEST_SEARCH: Final = 200


def campaign_id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises CampaignNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise CampaignNotFound from None


def one_of(params: QueryDict, name: str, allowed: list[str]) -> str:
    """A parameter out of a list of values; empty where it is left out. Raises InvalidParameterError."""
    value = params.get(name, "")
    if value and value not in allowed:
        raise InvalidParameterError(name, f"Choose one of {', '.join(allowed)}.")
    return str(value)


class CampaignsView(ListView):
    """The campaigns of a club."""

    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at", "name": "name"}

    @extend_schema(
        operation_id="listCampaigns",
        tags=TAGS,
        summary="List campaigns",
        parameters=[
            OpenApiParameter("status", enum=CampaignStatus.values),
            OpenApiParameter("type", enum=CampaignType.values),
            OpenApiParameter("search", OpenApiTypes.STR, description="Part of the name."),
            OpenApiParameter("archived", OpenApiTypes.BOOL, description="True: only archived ones."),
        ],
        responses=schema.CAMPAIGNS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The newest first."""
        params = request._request.GET
        rows = list_campaigns(
            status=one_of(params, "status", CampaignStatus.values),
            type_=one_of(params, "type", CampaignType.values),
            search=params.get("search", "")[:LONGEST_SEARCH],
            archived=one_of(params, "archived", ["true", "false"]) == "true",
        )
        return Response(self.list_answer(request, rows, campaigns_fields))

    @extend_schema(
        operation_id="createCampaign",
        tags=TAGS,
        summary="Make a draft",
        request=schema.CREATE,
        responses={201: schema.CAMPAIGN},
    )
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Nothing is sent before it is scheduled."""
        body = body_object(request)
        if not body.get("name"):
            details = [{"field": "name", "message": "This is needed."}]
            raise UnprocessableError("Some fields cannot be taken as they are.", details=details)
        campaign = create_campaign(parse_values(body))
        return Response(one_campaign(campaign), status=201)


class CampaignView(TenantApiView):
    """One campaign."""

    required_scopes = {"GET": SCOPE, "PATCH": SCOPE}

    @extend_schema(
        operation_id="getCampaign",
        tags=TAGS,
        summary="Read a campaign",
        parameters=[schema.CAMPAIGN_ID],
        responses=schema.CAMPAIGN,
    )
    def get(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """With its counters, some seconds old at most."""
        return Response(one_campaign(get_campaign(campaign_id_of(campaignId))))

    @extend_schema(
        operation_id="updateCampaign",
        tags=TAGS,
        summary="Change a draft",
        parameters=[schema.CAMPAIGN_ID],
        request=schema.UPDATE,
        responses=schema.CAMPAIGN,
    )
    def patch(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What is left out stays. Only drafts can be changed (409 `ILLEGAL_STATE` with both states)."""
        values = parse_values(body_object(request))
        return Response(one_campaign(update_campaign(campaign_id_of(campaignId), values)))


class CampaignStatsView(TenantApiView):
    """What it brought."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="getCampaignStats",
        tags=TAGS,
        summary="Read what a campaign brought",
        parameters=[
            schema.CAMPAIGN_ID,
            OpenApiParameter(
                "occurrence",
                {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                description="Of this sending only.",
            ),
        ],
        responses=schema.STATS,
    )
    def get(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Opens are those of people; machines are counted apart. The sum closes at every moment."""
        campaign = get_campaign(campaign_id_of(campaignId))
        number = read_whole_number(request._request.GET, "occurrence", default=0, least=1, most=1_000_000)
        return Response(stats_of(campaign, occurrence=str(number) if number else ""))


class CampaignRecipientsView(ListView):
    """Who got it and who did not."""

    required_scopes = {"GET": SCOPE}
    list_sorts = {"dueAt": "due_at"}

    @extend_schema(
        operation_id="listCampaignRecipients",
        tags=TAGS,
        summary="List whom a campaign meant, and what became of each",
        parameters=[
            schema.CAMPAIGN_ID,
            OpenApiParameter("status", enum=DeliveryStatus.values),
            OpenApiParameter("reason", OpenApiTypes.STR, description="Why not, as in CONSENT or HOLD_OUT."),
            OpenApiParameter("variant", OpenApiTypes.STR),
            OpenApiParameter("occurrence", OpenApiTypes.STR),
            OpenApiParameter("search", OpenApiTypes.STR, description="Part of a name or address."),
        ],
        responses=schema.RECIPIENTS,
    )
    def get(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Straight from the ledger."""
        params = request._request.GET
        rows = recipients_of(
            get_campaign(campaign_id_of(campaignId)),
            status=one_of(params, "status", DeliveryStatus.values),
            reason=params.get("reason", "")[:LONGEST_SEARCH],
            variant=params.get("variant", "")[:LONGEST_SEARCH],
            occurrence=params.get("occurrence", "")[:LONGEST_SEARCH],
            search=params.get("search", "")[:LONGEST_SEARCH],
        )
        return Response(self.list_answer(request, rows, recipient_fields))


class CampaignAnalyticsView(TenantApiView):
    """All campaigns together."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="getCampaignAnalytics",
        tags=TAGS,
        summary="Read what the club's campaigns brought",
        parameters=[
            OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": 730, "default": 90})
        ],
        responses=schema.ANALYTICS,
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Those that started within the days, at most 200, the newest first."""
        return Response(
            analytics(days=read_whole_number(request._request.GET, "days", default=90, least=1, most=730))
        )
