"""The names of competitions, for the timeline."""

from collections.abc import Collection, Mapping

from profiles.timeline_names import Named
from social.models import Competition, Promotion, SourceType


def competitions(ids: Collection[str]) -> Mapping[str, Named]:
    """Competitions as TeeTime last told them, with the page of their promotion where there is one."""
    pages = dict(
        Promotion.objects.filter(source_type=SourceType.COMPETITION, source_id__in=ids).values_list(
            "source_id", "pk"
        )
    )
    rows = Competition.objects.filter(key__in=ids)
    return {
        row.key: Named(str(row), "promotion" if row.key in pages else "", str(pages.get(row.key, "")))
        for row in rows
    }
