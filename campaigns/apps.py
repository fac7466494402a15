"""App configuration."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Campaigns, A/B tests, planning, analytics."""

    name = "campaigns"
