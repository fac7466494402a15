"""Routes of campaigns below the API's root."""

from django.urls import path

from campaigns.api import campaigns as views

ONE = "campaigns/<str:campaignId>"
urlpatterns = [
    path("campaigns", views.CampaignsView.as_view(), name="campaigns"),
    path(ONE, views.CampaignView.as_view(), name="campaign"),
    path(f"{ONE}/schedule", views.ScheduleView.as_view(), name="schedule-campaign"),
    path(f"{ONE}/unschedule", views.UnscheduleView.as_view(), name="unschedule-campaign"),
    path(f"{ONE}/pause", views.PauseView.as_view(), name="pause-campaign"),
    path(f"{ONE}/resume", views.ResumeView.as_view(), name="resume-campaign"),
    path(f"{ONE}/cancel", views.CancelView.as_view(), name="cancel-campaign"),
    path(f"{ONE}/test", views.TestCampaignView.as_view(), name="test-campaign"),
    path(f"{ONE}/stats", views.CampaignStatsView.as_view(), name="campaign-stats"),
    path(f"{ONE}/recipients", views.CampaignRecipientsView.as_view(), name="campaign-recipients"),
    path("analytics/campaigns", views.CampaignAnalyticsView.as_view(), name="campaign-analytics"),
]
