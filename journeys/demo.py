"""Five journeys that run in each club of the demo."""

from typing import Final

from journeys import lifecycle
from journeys.models import Journey
from journeys.templates import BY_KEY
from tenants.models import Tenant

RUNNING: Final = ("after-round", "no-show", "failed-payment", "lapsed", "birthday")


def furnish(tenant: Tenant) -> None:
    """Make and start them; those that are there stay as they are. The scope is open."""
    there = set(Journey.objects.values_list("template", flat=True))
    for key in RUNNING:
        if key not in there:
            template = BY_KEY[key]
            journey = lifecycle.create_journey(
                name=template.title,
                description=template.description,
                definition=template.definition,
                template=key,
            )
            lifecycle.publish(journey.pk)
