"""Filters of the back office's templates; the words themselves are in `tenants.admin.formatting`."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants import days
from tenants.admin import formatting
from tenants.models import Tenant

register = template.Library()


@register.filter
def initials(name: str) -> str:
    """Letters of an avatar."""
    return formatting.initials(str(name))


@register.filter
def hue(key: object) -> int:
    """Colour number of an avatar."""
    return formatting.hue(key)


@register.filter
def ago(value: datetime | None) -> str:
    """Distance from now."""
    return formatting.ago(value) if value else ""


@register.filter
def duration(seconds: float) -> str:
    """A length of time."""
    return formatting.duration(seconds)


@register.filter
def moment(value: datetime | None, tenant: Tenant) -> str:
    """Day and time on the club's clock."""
    return formatting.moment(value, tenant) if value else ""


@register.filter
def exactly(value: datetime, tenant: Tenant) -> str:
    """A moment with its year, for evidence."""
    return formatting.exactly(value, tenant)


@register.filter
def day(value: date | None) -> str:
    """A day; of a moment the one on the club's clock."""
    return formatting.day(_local(value)) if value else ""


@register.filter
def full_day(value: date | None) -> str:
    """A day with its year; of a moment the one on the club's clock."""
    return days.full_day(_local(value)) if value else ""


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) else value


@register.filter
def clock(value: datetime, tenant: Tenant) -> str:
    """The time of day on the club's clock."""
    return f"{value.astimezone(tenant.zone):%H:%M}"


@register.filter
def when(value: datetime | None, tenant: Tenant) -> SafeString | str:
    """How long ago, with the exact moment on hover."""
    return "" if value is None else _time(value, formatting.ago(value), formatting.moment(value, tenant))


@register.filter
def at(value: datetime | None, tenant: Tenant) -> SafeString | str:
    """The exact moment, with how long ago on hover."""
    return "" if value is None else _time(value, formatting.moment(value, tenant), formatting.ago(value))


def _time(value: datetime, shown: str, on_hover: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), on_hover, shown)


@register.filter
def money(cents: int, tenant: Tenant) -> str:
    """An amount as the club writes it."""
    return formatting.money(cents, tenant)


@register.filter
def number(value: int | None, tenant: Tenant) -> str:
    """A count as the club writes it."""
    return "" if value is None else formatting.number(value, tenant)


@register.filter
def whole(value: float, tenant: Tenant) -> str:
    """A measure without places, halves rounded to even."""
    return formatting.number(round(value), tenant)


@register.filter
def tenths(value: float, tenant: Tenant) -> str:
    """A measure with one place after the club's decimal sign."""
    return formatting.decimals(value, tenant, 1)


@register.filter
def hundredths(value: float, tenant: Tenant) -> str:
    """A measure with two places after the club's decimal sign."""
    return formatting.decimals(value, tenant, 2)


@register.filter
def size(value: int, tenant: Tenant) -> str:
    """How large a file is."""
    return formatting.size(value, tenant)


@register.filter
def source_name(source: str) -> str:
    """A service as staff know it."""
    return formatting.source_name(source)


@register.filter
def pretty_json(value: Any) -> str:
    """Indented JSON."""
    return formatting.pretty_json(value)


@register.filter
def phone(value: str) -> str:
    """A number as people write it, with its country."""
    return formatting.phone(value)
