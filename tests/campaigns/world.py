"""A club with people, a segment of them, and a campaign that is ready; what tests of sending start from."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from campaigns.editing import create_campaign
from campaigns.models import Campaign, CampaignOccurrence
from campaigns.running import run_occurrence
from messaging.models import Delivery
from profiles.models import CustomerProfile
from segments.models import Segment, SegmentMember, SegmentType
from tenants.models import Tenant
from tenants.scope import tenant_scope

MAIL = {"EMAIL": {"subject": "Hello {{ firstName }}", "body": "See https://club.example/open"}}


def people(tenant: Tenant, count: int, **values: Any) -> list[CustomerProfile]:
    """So many who agreed to mail, each with an address."""
    now = timezone.now()
    defaults: dict[str, Any] = {"email_opt_in": True, "created_at": now, "updated_at": now}
    start = CustomerProfile.objects.count() if count else 0
    rows = [
        CustomerProfile(
            tenant=tenant,
            **{"email": f"p{start + number}@example.org", "first_name": f"P{start + number}"}
            | defaults
            | values,
        )
        for number in range(count)
    ]
    made: list[CustomerProfile] = CustomerProfile.objects.bulk_create(rows)
    return made


def segment(tenant: Tenant, members: Sequence[CustomerProfile], name: str = "Everybody") -> Segment:
    """A list with these members."""
    now = timezone.now()
    row: Segment = Segment.objects.create(
        tenant=tenant, name=name, type=SegmentType.STATIC, created_at=now, updated_at=now
    )
    SegmentMember.objects.bulk_create(
        SegmentMember(
            tenant=tenant, segment_id=row.pk, profile_id=one.pk, origin_profile_id=one.pk, joined_at=now
        )
        for one in members
    )
    return row


def draft(members: Segment | None = None, **values: Any) -> Campaign:
    """A mail to the segment, ready to be scheduled."""
    defaults: dict[str, Any] = {"name": "Spring Open", "channels": ["EMAIL"], "content": MAIL}
    if members is not None:
        defaults["segment_ids"] = [members.pk]
    return create_campaign(defaults | values)


def step(campaign: Campaign) -> CampaignOccurrence:
    """The next step of the campaign's latest open occurrence, as a worker takes it."""
    row = campaign.occurrences.filter(due_at__isnull=False).order_by("number").first()
    assert row is not None
    with tenant_scope(campaign.tenant_id):
        run_occurrence(row.pk)
    row.refresh_from_db()
    campaign.refresh_from_db()
    return row


def ledger(campaign: Campaign) -> dict[UUID, Delivery]:
    """Whom the ledger has for the campaign."""
    return {row.profile_id: row for row in Delivery.objects.filter(source_id=campaign.pk)}
