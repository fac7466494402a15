"""Putting many customers on a fixed list at once, so that it can be taken back exactly."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from profiles.bulk import keep_act
from profiles.editing import Author
from profiles.models import BulkAct
from segments.actions import Draft, Maker, create_segment, get_segment
from segments.lists import add_members, remove_members
from segments.membership import lock_members
from segments.models import SegmentMember, SegmentType


def put_on_list(segment_id: UUID | None, name: str, ids: Collection[UUID], author: Author) -> BulkAct:
    """Put them on the list, or on a new one with this name. Raises NotAList and the like."""
    with transaction.atomic():
        if segment_id is None:
            maker = Maker(author.name, author.user)
            segment = create_segment(Draft(name=name, type=SegmentType.STATIC, maker=maker))
        else:
            segment = get_segment(segment_id)
        lock_members()
        there = set(
            SegmentMember.objects.filter(segment_id=segment.pk, profile_id__in=ids).values_list(
                "profile_id", flat=True
            )
        )
        add_members(segment.pk, ids)
        joined = [each for each in ids if each not in there]
        return keep_act(
            "list",
            f"Added to “{segment.name}”",
            author,
            chosen=len(ids),
            changed=joined,
            data={"segment": str(segment.pk)},
        )


def take_off_list(act: BulkAct, ids: Collection[UUID]) -> int:
    """Take back: off the list again."""
    return remove_members(UUID(act.data["segment"]), ids)
