"""The tenant: a club or a group of clubs, and the names by which callers may call it."""

import uuid
import zoneinfo
from datetime import date
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Length

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
validate_slug = RegexValidator(
    SLUG_PATTERN, "Use lower-case letters, digits and single hyphens, as in fairview-east."
)


@cache
def time_zones() -> frozenset[str]:
    """The IANA names that this machine knows; finding them reads hundreds of files (32 ms)."""
    return frozenset(zoneinfo.available_timezones())


def check_time_zone(value: str) -> None:
    """Raise ValidationError unless the value names an IANA time zone."""
    if value not in time_zones():
        raise ValidationError(f"{value!r} is not a time zone; write one such as Africa/Johannesburg.")


class Tenant(models.Model):
    """One club (or group) whose data never meets another's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField("short name", max_length=63, validators=[validate_slug])
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    default_country = models.CharField(
        "country",
        max_length=2,
        default="ZA",
        help_text="Two letters; phone numbers without a prefix are read as this country's.",
    )
    currency = models.CharField(max_length=3, default="ZAR", help_text="Three letters, as in ZAR or GBP.")
    locale = models.CharField(
        "way of writing",
        max_length=16,
        default="en_ZA",
        help_text="How numbers and money are written, as in en_GB.",
    )
    tier_order = models.JSONField(default=list, blank=True, help_text="Membership tiers, the highest first.")
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_sandbox = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="For trying out: nothing it sends reaches anybody. Said when it is made, and never changed.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "club"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="tenants_tenant_slug_uq"),
            models.CheckConstraint(
                condition=models.Q(slug__regex=SLUG_PATTERN), name="tenants_tenant_slug_shape_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(default_country__regex=r"^[A-Z]{2}$"), name="tenants_tenant_country_ck"
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="tenants_tenant_currency_ck"
            ),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The club's time zone."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def placeholders(self) -> list[str]:
        """E-mail addresses, phone numbers and ids that stand for nobody (setting `placeholders`); no days."""
        values: Any = self.settings.get("placeholders", [])
        return [text for text in map(str, values) if _day(text) is None]

    @property
    def shared_addresses(self) -> list[str]:
        """Addresses of a role or firm (setting `sharedAddresses`): `office`, `shop@club.example`, `@club.example`."""
        return [str(value) for value in self.settings.get("sharedAddresses", [])]

    @property
    def default_births(self) -> list[date]:
        """Dates of birth that stand for nothing: the days among the setting `placeholders`, as 1980-01-01."""
        values: Any = self.settings.get("placeholders", [])
        return [day for day in (_day(str(value)) for value in values) if day is not None]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


class TenantName(models.Model):
    """A name that leads to a tenant: its slug or an alias. One table, so that both are unique together."""

    name = models.CharField(primary_key=True, max_length=63, validators=[validate_slug])
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="names")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(name__regex=SLUG_PATTERN), name="tenants_name_shape_ck"
            ),
            models.CheckConstraint(condition=models.Q(name__length__lte=63), name="tenants_name_length_ck"),
            # Lets the tenant's own slug refer to (name, tenant): see the migration's tenants_tenant_slug_fk.
            models.UniqueConstraint(fields=["name", "tenant"], name="tenants_name_owner_uq"),
        ]

    def __str__(self) -> str:
        return self.name


models.CharField.register_lookup(Length)
