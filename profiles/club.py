"""What the effects of an event depend on besides the event: the club's settings, read once per batch."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, get_currency_precision, get_decimal_symbol

from profiles.births import doubt
from profiles.normalise import (
    first_phone,
    is_placeholder_email,
    is_placeholder_phone,
    normal_email,
    normal_phone,
)
from profiles.role_addresses import is_role_email, split_listed
from tenants.days import full_day


@lru_cache(maxsize=8192)
def money(amount_cents: int, currency: str, locale: str) -> str:
    """An amount in a currency's smallest unit (yen have no cents) as the club writes it, as in R 1 500,00."""
    amount = amount_cents / 10 ** get_currency_precision(currency)
    return format_currency(amount, currency, locale=locale).replace("\xa0", " ")


class TenantRow(Protocol):
    """What a club is made from: the row of a tenant."""

    default_country: Any
    currency: Any
    locale: Any
    tier_order: Any

    @property
    def placeholders(self) -> Any:
        """Addresses and ids that stand for nobody."""

    @property
    def shared_addresses(self) -> Any:
        """Addresses that many people use."""

    @property
    def default_births(self) -> Any:
        """Dates that programs write where no date of birth is known."""

    @property
    def pk(self) -> Any:
        """The tenant's id."""

    @property
    def zone(self) -> ZoneInfo:
        """The tenant's clock."""


@dataclass(frozen=True, slots=True)
class Club:
    """A tenant as the ingestion needs it; immutable and free of the database."""

    id: UUID
    zone: ZoneInfo
    country: str
    currency: str
    locale: str
    tier_order: tuple[str, ...]
    placeholder_emails: frozenset[str]
    placeholder_phones: frozenset[str]
    # Ids that stand for nobody, letters folded.
    placeholder_ids: frozenset[str] = frozenset()
    default_births: frozenset[date] = frozenset()
    # What the club lists as addresses of many: local parts or addresses, and whole domains.
    role_emails: frozenset[str] = frozenset()
    role_domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, tenant: TenantRow) -> "Club":
        """Read a tenant's row."""
        emails = {normal_email(value) for value in tenant.placeholders if "@" in value}
        phones = {
            normal_phone(value, tenant.default_country) for value in tenant.placeholders if "@" not in value
        }
        role_emails, role_domains = split_listed(tenant.shared_addresses)
        return cls(
            id=tenant.pk,
            zone=tenant.zone,
            country=tenant.default_country,
            currency=tenant.currency,
            locale=tenant.locale,
            tier_order=tuple(tenant.tier_order),
            placeholder_emails=frozenset(value for value in emails if value),
            placeholder_phones=frozenset(value for value in phones if value),
            placeholder_ids=frozenset(value.strip().casefold() for value in tenant.placeholders),
            default_births=frozenset(tenant.default_births),
            role_emails=role_emails,
            role_domains=role_domains,
        )

    @property
    def today(self) -> date:
        """The day on the club's clock."""
        return datetime.now(self.zone).date()

    def email(self, value: str) -> str | None:
        """The normal form; None when it is no address."""
        return normal_email(value)

    def phone(self, value: str) -> str | None:
        """E.164 by the club's country; None when it is no number."""
        return normal_phone(value, self.country)

    def first_phone(self, value: str) -> str | None:
        """The same of a text with more than a number, as services send it; None when none is in it."""
        return first_phone(value, self.country)

    def identifies(self, kind: str, value: str) -> bool:
        """Whether a normal address or an id may identify somebody: placeholders never do."""
        if kind == "email":
            return value not in self.placeholder_emails and not is_placeholder_email(value)
        if kind == "phoneNumber":
            return value not in self.placeholder_phones and not is_placeholder_phone(value)
        return value.casefold() not in self.placeholder_ids

    def is_role(self, kind: str, value: str) -> bool:
        """Whether an address belongs to a role (`office@…`, the club's own domain), so that many have it."""
        if kind != "email":
            return value in self.role_emails
        local, _, domain = value.partition("@")
        return (
            is_role_email(value)
            or domain in self.role_domains
            or not self.role_emails.isdisjoint((local, value))
        )

    def doubt(self, birth: date, told_at: datetime) -> str:
        """Why a date of birth that was told then is not believed, in words; empty where it is."""
        told_on = told_at.astimezone(self.zone).date()
        return doubt(birth, self.today, self.default_births, told_on=told_on)

    def usable(self, field: str, value: Any, told_at: datetime) -> Any:
        """A value for a golden field: addresses in normal form.

        None where an address is unusable or a placeholder, or a date of birth is not believed.
        """
        if field == "dateOfBirth" and isinstance(value, date):
            return None if self.doubt(value, told_at) else value
        if field == "email":
            value = self.email(value)
        elif field == "phoneNumber":
            value = self.first_phone(value)
        else:
            return value
        return value if value is not None and self.identifies(field, value) else None

    def money(self, amount_cents: int, currency: str | None) -> str:
        """An amount in words for a title; without a currency the club's own is meant."""
        return money(amount_cents, currency or self.currency, self.locale)

    def decimal(self, text: str) -> str:
        """A number as it is written in programs, with the club's decimal sign."""
        return text.replace(".", get_decimal_symbol(self.locale))

    def aware(self, value: datetime | None) -> datetime | None:
        """A payload's time; without an offset the club's clock is meant."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=self.zone)

    def moment(self, value: datetime) -> str:
        """Day and time on the club's clock, as in Sat 14 March 07:30."""
        local = value.astimezone(self.zone) if value.tzinfo else value
        return f"{local:%a} {local.day} {local:%B %H:%M}"

    def day(self, value: date) -> str:
        """A day, as in 14 March 2026."""
        return full_day(value)
