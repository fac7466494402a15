"""Tables of campaigns."""

from campaigns.models.campaign import (
    DIRECT_CHANNELS,
    Campaign,
    CampaignAct,
    CampaignChannel,
    CampaignStatus,
    CampaignType,
    CampaignVariant,
    Goal,
    PauseReason,
    SendWindow,
    WinnerMetric,
)
from campaigns.models.occurrence import (
    CampaignOccurrence,
    OccurrenceStatus,
    TriggeredPerson,
)
from campaigns.models.results import CampaignConversion, CampaignCount, CampaignLink, CampaignRecount

__all__ = [
    "DIRECT_CHANNELS",
    "Campaign",
    "CampaignAct",
    "CampaignChannel",
    "CampaignConversion",
    "CampaignCount",
    "CampaignLink",
    "CampaignOccurrence",
    "CampaignRecount",
    "CampaignStatus",
    "CampaignType",
    "CampaignVariant",
    "Goal",
    "OccurrenceStatus",
    "PauseReason",
    "SendWindow",
    "TriggeredPerson",
    "WinnerMetric",
]
