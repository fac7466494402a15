"""Campaigns in the back office: list, wizard, calendar, one campaign with its report, recipients, settings."""

from campaigns.admin import (
    actions_page,
    calendar_page,
    campaign_page,
    list_page,
    rhythm_page,
    settings_page,
    wizard,
)

__all__ = [
    "actions_page",
    "calendar_page",
    "campaign_page",
    "list_page",
    "rhythm_page",
    "settings_page",
    "wizard",
]
