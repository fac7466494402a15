"""The segments of customers in GraphQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from profiles.graphql.edges import edge, many
from segments.discretion import may_read
from segments.graphql.fields import Segment as SegmentType
from segments.models import Segment, SegmentMember
from segments.representation import segment_fields


def _segments(ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Without those that whoever asks may not see."""
    pairs = SegmentMember.objects.filter(profile_id__in=ids).values_list("profile_id", "segment_id")
    wanted = {segment_id for _, segment_id in pairs}
    rows = Segment.objects.filter(pk__in=wanted, deleted_at__isnull=True).order_by("name", "id")
    open_ones = [row for row in rows if may_read(row)]
    fields = dict(zip((row.pk for row in open_ones), segment_fields(open_ones), strict=True))
    members = defaultdict(set)
    for profile_id, segment_id in pairs:
        members[segment_id].add(profile_id)
    found: dict[UUID, list[Any]] = defaultdict(list)
    for segment_id, told in fields.items():
        for profile_id in members[segment_id]:
            found[profile_id].append(told)
    return found


EDGES: Final = {"segments": edge(many(SegmentType), _segments, "Those they are in, by name.", empty=list)}
