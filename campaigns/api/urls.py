"""Routes of campaigns below the API's root."""

from django.urls import path

from campaigns.api import actions
from campaigns.api import campaigns as views

ONE = "campaigns/<str:campaignId>"
urlpatterns = [
    path("campaigns", views.CampaignsView.as_view(), name="campaigns"),
    path(ONE, views.CampaignView.as_view(), name="campaign"),
    path(f"{ONE}/schedule", actions.ScheduleView.as_view(), name="schedule-campaign"),
    path(f"{ONE}/unschedule", actions.UnscheduleView.as_view(), name="unschedule-campaign"),
    path(f"{ONE}/pause", actions.PauseView.as_view(), name="pause-campaign"),
    path(f"{ONE}/resume", actions.ResumeView.as_view(), name="resume-campaign"),
    path(f"{ONE}/cancel", actions.CancelView.as_view(), name="cancel-campaign"),
    path(f"{ONE}/skip", actions.SkipView.as_view(), name="skip-campaign-time"),
    path(f"{ONE}/unskip", actions.UnskipView.as_view(), name="unskip-campaign-time"),
    path(f"{ONE}/test", actions.TestCampaignView.as_view(), name="test-campaign"),
    path(f"{ONE}/duplicate", actions.DuplicateView.as_view(), name="duplicate-campaign"),
    path(f"{ONE}/archive", actions.ArchiveView.as_view(), name="archive-campaign"),
    path(f"{ONE}/unarchive", actions.UnarchiveView.as_view(), name="unarchive-campaign"),
    path(f"{ONE}/ask-approval", actions.AskApprovalView.as_view(), name="ask-campaign-approval"),
    path(f"{ONE}/approve", actions.ApproveView.as_view(), name="approve-campaign"),
    path(f"{ONE}/stats", views.CampaignStatsView.as_view(), name="campaign-stats"),
    path(f"{ONE}/recipients", views.CampaignRecipientsView.as_view(), name="campaign-recipients"),
    path("analytics/campaigns", views.CampaignAnalyticsView.as_view(), name="campaign-analytics"),
]
