"""Segments and what the log would say, made directly."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from events.consumers import Entry
from segments.actions import Draft, create_segment
from segments.log_consumer import follow
from segments.models import Segment, SegmentMember, SegmentTransition, SegmentType
from segments.refreshing import refresh_waiting
from tenants.models import Tenant
from tenants.scope import tenant_scope


def leaf(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A rule of one leaf."""
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def all_of(*rules: dict[str, Any], negated: bool = False) -> dict[str, Any]:
    """A group of which all must be true."""
    return {"combinator": "AND", "not": negated, "rules": list(rules)}


def segment(tenant: Tenant, criteria: Any, name: str | None = None, **values: Any) -> Segment:
    """A segment by rule, refreshed."""
    with tenant_scope(tenant):
        made = create_segment(Draft(name=name or f"Segment {uuid4()}", criteria=criteria, **values))
    refresh(tenant)
    return made


def a_list(tenant: Tenant, name: str = "The list") -> Segment:
    """A fixed list."""
    with tenant_scope(tenant):
        return create_segment(Draft(name=name, type=SegmentType.STATIC))


def refresh(tenant: Tenant) -> int:
    """Do what waits."""
    with tenant_scope(tenant):
        return refresh_waiting()


def tell(tenant: Tenant, kind: str, profile_id: UUID | None, **data: Any) -> None:
    """Let the reader of the log read one entry."""
    tell_all(tenant, [(kind, profile_id, data)])


def tell_all(tenant: Tenant, happened: Iterable[tuple[str, UUID | None, dict[str, Any]]]) -> None:
    """The same of several, in one batch."""
    entries = [
        Entry("1", number, tenant.pk, kind, profile_id, data, datetime.now(UTC))
        for number, (kind, profile_id, data) in enumerate(happened)
    ]
    with tenant_scope(tenant), transaction.atomic():
        follow(tenant, entries)


def members(tenant: Tenant, of: Segment) -> set[UUID]:
    """Who is in it."""
    with tenant_scope(tenant):
        return set(SegmentMember.objects.filter(segment_id=of.pk).values_list("profile_id", flat=True))


def history(tenant: Tenant, of: Segment) -> list[tuple[UUID, bool, str, Any]]:
    """Who came and went, in order: person, joined, cause, rule."""
    with tenant_scope(tenant):
        rows = SegmentTransition.objects.filter(segment_id=of.pk).order_by("id")
        return [(row.profile_id, row.is_join, row.cause, row.rule) for row in rows]
