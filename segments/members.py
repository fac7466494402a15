"""Reading members."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from profiles.models import CustomerProfile
from segments.actions import get_segment
from segments.discretion import check_may_read
from segments.explaining import members_at
from segments.models import SegmentMember


def list_members(segment_id: UUID, at: datetime | None = None) -> QuerySet[Any]:
    """Members, the newest first, with their profile ids; at a past moment whoever was in then, by id.

    Raises SegmentNotFound, MoneyHidden.
    """
    segment = get_segment(segment_id)
    check_may_read(segment)
    if at is not None:
        return CustomerProfile.objects.filter(pk__in=members_at(segment.pk, at)).order_by("pk")
    rows: QuerySet[Any] = SegmentMember.objects.filter(segment_id=segment.pk)
    return rows.order_by("-joined_at", "-profile_id")


def member_fields(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of `list_members` with the names of the API; two queries however many."""
    ids = [row.profile_id if isinstance(row, SegmentMember) else row.pk for row in rows]
    people = CustomerProfile.objects.in_bulk(ids)
    return [
        {
            "customerId": str(profile_id),
            "displayName": people[profile_id].told_name,
            "email": people[profile_id].email,
            "joinedAt": row.joined_at if isinstance(row, SegmentMember) else None,
        }
        for profile_id, row in zip(ids, rows, strict=True)
        if profile_id in people
    ]
