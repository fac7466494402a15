"""Acts on a campaign over REST: its schedule, pauses, tests, copies, archive and approval."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from campaigns.actions import (
    cancel_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    test_campaign,
    unschedule_campaign,
)
from campaigns.api import schema
from campaigns.api.campaigns import SCOPE, TAGS, campaign_id_of
from campaigns.editing import approve_campaign, archive_campaign, ask_approval, duplicate_campaign
from campaigns.representation import one_campaign
from campaigns.rhythm import skip_next, take_skip_back
from campaigns.values import as_moment, parse_values, version_of
from tenants.api.bodies import body_object
from tenants.api.throttling import CAMPAIGNS
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import UnprocessableError

Handler = Callable[..., HttpResponseBase]


class _SendingView(TenantApiView):
    """An act that sets off, stops or tests what reaches many people: ten a minute."""

    required_scopes = {"POST": SCOPE}

    def rate_class(self, method: str) -> str:
        """Its own limit."""
        return CAMPAIGNS


def _describe(
    name: str, summary: str, request: Any = None, responses: Any = schema.CAMPAIGN
) -> Callable[[Handler], Handler]:
    described: Callable[[Handler], Handler] = extend_schema(
        operation_id=name,
        tags=TAGS,
        summary=summary,
        parameters=[schema.CAMPAIGN_ID],
        request=request,
        responses=responses,
    )
    return described


class ScheduleView(_SendingView):
    """Scheduling."""

    @_describe("scheduleCampaign", "Schedule a campaign", schema.SCHEDULE)
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """At its own hour, at another, or at once.

        409 `NOT_READY` lists everything that is missing; `NEEDS_APPROVAL` where the club wants a second person.
        """
        body = body_object(request)
        if body.keys() - {"scheduledAt"}:
            parse_values(body)
        at = as_moment(body.get("scheduledAt"))
        return Response(one_campaign(schedule_campaign(campaign_id_of(campaignId), at)))


class UnscheduleView(_SendingView):
    """Back to a draft."""

    @_describe("unscheduleCampaign", "Take a scheduled campaign back to a draft")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Possible until its hour."""
        return Response(one_campaign(unschedule_campaign(campaign_id_of(campaignId))))


class PauseView(_SendingView):
    """Pausing."""

    @_describe("pauseCampaign", "Pause a campaign")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Takes effect within one batch; what waits stays planned."""
        return Response(one_campaign(pause_campaign(campaign_id_of(campaignId))))


class ResumeView(_SendingView):
    """Going on."""

    @_describe("resumeCampaign", "Resume a paused campaign")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Where it stood: nobody is left out and nobody gets it twice. One that was found late is sent now."""
        return Response(one_campaign(resume_campaign(campaign_id_of(campaignId))))


class CancelView(_SendingView):
    """Calling off."""

    @_describe("cancelCampaign", "Cancel a paused campaign")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """What was sent stays counted; what waits is skipped."""
        return Response(one_campaign(cancel_campaign(campaign_id_of(campaignId))))


class SkipView(_SendingView):
    """Leaving out one time."""

    @_describe("skipCampaignTime", "Skip the next time of a recurring campaign")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Also of a paused one, and also the time that was found late. The one after it is next."""
        return Response(one_campaign(skip_next(campaign_id_of(campaignId))))


class UnskipView(_SendingView):
    """Taking that back."""

    @_describe("unskipCampaignTime", "Send the skipped time of a recurring campaign after all")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """While it is still to come."""
        return Response(one_campaign(take_skip_back(campaign_id_of(campaignId))))


class TestCampaignView(_SendingView):
    """Test sends."""

    @_describe("testCampaign", "Send a test", schema.TEST, schema.TESTED)
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Each variant to these customers now. Tests count nowhere; consent counts for them too."""
        campaign_id = campaign_id_of(campaignId)
        decided = test_campaign(campaign_id, customer_ids_of(body_object(request)))
        rows = [
            {
                "customerId": one.profile_id,
                "status": one.status,
                "reason": one.reason or None,
                "channel": one.channel or None,
            }
            for one in decided
        ]
        return Response({"data": rows})


def customer_ids_of(body: dict[str, Any]) -> list[UUID]:
    """The customers of a body; raises UnprocessableError."""
    given = body.get("customerIds")
    try:
        return [UUID(str(one)) for one in given] if isinstance(given, list) else []
    except ValueError:
        details = [{"field": "customerIds", "message": "Write ids of customers."}]
        raise UnprocessableError("Some fields cannot be taken as they are.", details=details) from None


class DuplicateView(TenantApiView):
    """Copying."""

    required_scopes = {"POST": SCOPE}

    @_describe("duplicateCampaign", "Copy a campaign", responses={201: schema.CAMPAIGN})
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """A new draft with the same audience, content and test, without a time."""
        return Response(one_campaign(duplicate_campaign(campaign_id_of(campaignId))), status=201)


class ArchiveView(TenantApiView):
    """Putting out of sight."""

    required_scopes = {"POST": SCOPE}

    @_describe("archiveCampaign", "Archive a campaign")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """A draft or one that has ended; 409 `ILLEGAL_STATE` for one under way."""
        return Response(one_campaign(archive_campaign(campaign_id_of(campaignId))))


class UnarchiveView(TenantApiView):
    """Bringing back into sight."""

    required_scopes = {"POST": SCOPE}

    @_describe("unarchiveCampaign", "Bring a campaign back from the archive")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """It stands in the list again."""
        return Response(one_campaign(archive_campaign(campaign_id_of(campaignId), is_archived=False)))


class AskApprovalView(TenantApiView):
    """Asking a second person."""

    required_scopes = {"POST": SCOPE}

    @_describe("askCampaignApproval", "Ask for a campaign's approval")
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """Colleagues see that the draft waits for one of them."""
        return Response(one_campaign(ask_approval(campaign_id_of(campaignId))))


class ApproveView(TenantApiView):
    """Agreeing."""

    required_scopes = {"POST": SCOPE}

    @_describe("approveCampaign", "Approve a campaign", schema.APPROVAL)
    def post(self, request: ApiRequest, campaignId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """To the draft as it stands: a change takes the approval away. Not by its author, and not by a service.

        409 `CHANGED_MEANWHILE` where it is not the version that was looked at.
        """
        version = version_of(body_object(request))
        return Response(one_campaign(approve_campaign(campaign_id_of(campaignId), version)))
