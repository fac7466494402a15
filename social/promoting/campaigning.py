"""The part of a plan that writes to people: through the campaigns, which own audience, consent and sending."""

from datetime import datetime
from uuid import UUID

from social.models import Promotion, Touch
from tenants.errors import InvalidError


def schedule(promotion: Promotion, touch: Touch, *, text: str, at: datetime) -> UUID:
    """Schedule a campaign for a touch; raises a refusal of the domain."""
    raise InvalidError("Campaigns are not connected to promotions yet.")


def move(campaign_id: UUID, at: datetime) -> None:
    """Another time for a campaign that waits."""


def cancel(campaign_id: UUID) -> None:
    """Stop a campaign."""
