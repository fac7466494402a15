"""The names of campaigns, for the timeline."""

from collections.abc import Collection, Mapping

from campaigns.models import Campaign
from profiles.timeline_names import Named, uuids_in


def campaigns(ids: Collection[str]) -> Mapping[str, Named]:
    """Campaigns of this platform; the Messaging service may have others of its own."""
    rows = Campaign.objects.filter(pk__in=uuids_in(ids)).values_list("pk", "name")
    return {str(key): Named(name, "campaign", str(key)) for key, name in rows}
