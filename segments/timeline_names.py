"""The names of lists, for the timeline."""

from collections.abc import Collection, Mapping

from profiles.timeline_names import Named, uuids_in
from segments.models import Segment


def segments(ids: Collection[str]) -> Mapping[str, Named]:
    """Segments that there still are."""
    rows = Segment.objects.filter(pk__in=uuids_in(ids)).values_list("pk", "name")
    return {str(key): Named(name, "segment", str(key)) for key, name in rows}
