"""Whom a campaign means: segments in and out, a rule, minus those who got another one. Conditions on the alias `p`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from campaigns import statements as sql
from campaigns.models import Campaign
from campaigns.models.campaign import ENDED
from segments.actions import is_refreshing
from segments.compiler import compile as compile_rule
from segments.models import Segment
from segments.rules import InvalidRule, parse
from tenants.models import Tenant
from tenants.scope import current_tenant_id


@dataclass(frozen=True, slots=True)
class Audience:
    """A condition on profiles with its parameters."""

    condition: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def audience_of(campaign: Campaign, tenant: Tenant, now: datetime) -> Audience:
    """Everybody whom the campaign means at the moment, before consent, caps and hold-out."""
    parts, parameters = [sql.PEOPLE], dict[str, Any](tenant=tenant.pk)
    if campaign.segment_ids:
        parts.append(sql.IN_SEGMENTS)
        parameters["segments"] = list(campaign.segment_ids)
    if campaign.excluded_segment_ids:
        parts.append(sql.NOT_IN_SEGMENTS)
        parameters["excluded_segments"] = list(campaign.excluded_segment_ids)
    if campaign.excluded_campaign_ids:
        parts.append(sql.NOT_OF_CAMPAIGNS)
        parameters["excluded_campaigns"] = list(campaign.excluded_campaign_ids)
    if campaign.rule:
        condition = compile_rule(parse(campaign.rule), tenant, now, prefix="audience")
        parts.append(f"({condition.sql})")
        parameters |= condition.params
    return Audience(" AND ".join(parts), parameters)


def broken_parts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Field and words of segments that are gone and of a rule that cannot be read."""
    for name, ids in (
        ("segmentIds", campaign.segment_ids),
        ("excludedSegmentIds", campaign.excluded_segment_ids),
    ):
        known = (
            set(Segment.objects.filter(pk__in=ids, deleted_at=None).values_list("pk", flat=True))
            if ids
            else set()
        )
        if set(ids) - known:
            yield name, "A segment that was chosen is gone."
    others = set(campaign.excluded_campaign_ids)
    if others and Campaign.objects.filter(pk__in=others).count() < len(others):
        yield "excludedCampaignIds", "A campaign whose recipients were to be left out is gone."
    if campaign.rule:
        try:
            parse(campaign.rule)
        except InvalidRule as error:
            yield "rule", str(error)


def uncertain_segments(campaign: Campaign) -> list[str]:
    """Names of chosen segments whose members are not those of their rule at present: counted anew, or not countable."""
    ids = [*campaign.segment_ids, *campaign.excluded_segment_ids]
    rows = list(Segment.objects.filter(pk__in=ids, deleted_at=None).order_by("name")) if ids else []
    busy = is_refreshing([row.pk for row in rows])
    return [row.name for row in rows if row.is_stale or row.refresh_error or row.pk in busy]


def count_audience(campaign: Campaign, *, now: datetime | None = None) -> int:
    """How many people the campaign means now."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    meant = audience_of(campaign, tenant, now or timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNT.format(condition=meant.condition), meant.parameters)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def sample_of(campaign: Campaign, most: int = 5) -> list[UUID]:
    """A few of them, the oldest customers first."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    meant = audience_of(campaign, tenant, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql.SAMPLE.format(condition=meant.condition), {**meant.parameters, "most": most})
        return [profile_id for (profile_id,) in cursor.fetchall()]


def users_of_segment(segment_id: UUID) -> list[str]:
    """Campaigns that have not ended and name the segment, also within a rule of their own, in words."""
    naming = Q(segment_ids__contains=[segment_id]) | Q(excluded_segment_ids__contains=[segment_id])
    rows = Campaign.objects.filter(naming | Q(rule__isnull=False)).exclude(status__in=ENDED).order_by("name")
    return [f"the campaign “{each.name}”" for each in rows if segment_id in _segments_of(each)]


def _segments_of(campaign: Campaign) -> set[UUID]:
    """Every segment that it names."""
    found = {*campaign.segment_ids, *campaign.excluded_segment_ids}
    try:
        return found | (set(parse(campaign.rule).mentions.segments) if campaign.rule else set())
    except InvalidRule:
        return found


def unsettled_segments(campaign: Campaign) -> list[str]:
    """Names of segments that it names whose members are not yet, or cannot be, those of their rule."""
    rows = Segment.objects.filter(pk__in=_segments_of(campaign), deleted_at=None).order_by("name")
    return [row.name for row in rows if row.is_stale or row.refresh_error]
