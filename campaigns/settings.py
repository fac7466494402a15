"""What a club sets for all its campaigns, kept under `campaigns` in the tenant's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tenants.models import Tenant

KEY: Final = "campaigns"
MOST_GRACE_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """`hold_out_percent` of all customers get no campaign at all, so that the whole can be compared with them.

    `grace_minutes`: found later than that after its hour, a campaign asks a human. `error_percent` of the messages
    tried may fail before it pauses by itself.
    """

    needs_approval: bool = False
    hold_out_percent: int = 0
    grace_minutes: int = 60
    error_percent: int = 5

    @property
    def grace(self) -> timedelta:
        """As a length of time."""
        return timedelta(minutes=self.grace_minutes)


def settings_of(tenant: Tenant) -> CampaignSettings:
    """The club's own where they are set and sensible, else the product's."""
    stored: Any = tenant.settings.get(KEY, {})
    given: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
    return CampaignSettings(
        needs_approval=given.get("needsApproval") is True,
        hold_out_percent=_within(given.get("holdOutPercent"), 0, 50, 0),
        grace_minutes=_within(given.get("graceMinutes"), 1, MOST_GRACE_MINUTES, 60),
        error_percent=_within(given.get("errorPercent"), 1, 100, 5),
    )


def _within(value: Any, least: int, most: int, default: int) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and least <= value <= most else default


def save_settings(tenant: Tenant, chosen: CampaignSettings) -> None:
    """Keep the club's choice."""
    tenant.settings[KEY] = {
        "needsApproval": chosen.needs_approval,
        "holdOutPercent": chosen.hold_out_percent,
        "graceMinutes": chosen.grace_minutes,
        "errorPercent": chosen.error_percent,
    }
    tenant.save(update_fields=["settings"])
