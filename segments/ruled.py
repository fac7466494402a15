"""The segments that go by a rule, as those who keep members need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from segments.models import Segment
from segments.models.segment import RULED, rule_if_known
from segments.rules import Rule


@dataclass(frozen=True, slots=True)
class Ruled:
    """A segment that goes by a rule, as weighing needs it; `level`: 1 more than the deepest segment it names."""

    id: UUID
    version: int
    rule: Rule
    level: int = 0


def followed_segments() -> QuerySet[Segment]:
    """The open scope's segments that go by a rule and are kept."""
    return Segment.objects.filter(deleted_at__isnull=True, is_active=True, type__in=RULED)


def ruled_segments() -> dict[UUID, Ruled]:
    """The open scope's segments that go by a rule and are kept, by level; trees that were read before stay there."""
    kept = followed_segments()
    versions = list(kept.order_by("id").values_list("pk", "version"))
    rules = {pk: rule_if_known(pk, version) for pk, version in versions}
    unread = [pk for pk, rule in rules.items() if rule is None]
    if unread:
        rows = list(kept.filter(pk__in=unread).only("id", "tenant_id", "version", "criteria"))
        versions = [*((pk, version) for pk, version in versions if rules[pk] is not None),
                    *((row.pk, row.version) for row in rows)]  # fmt: skip
        rules |= {row.pk: row.rule for row in rows}
    found = {pk: Ruled(pk, version, rule) for pk, version in versions if (rule := rules[pk]) is not None}
    levels: dict[UUID, int] = {}
    for each in found.values():
        _level(each.id, found, levels)
    leveled = (Ruled(each.id, each.version, each.rule, levels[each.id]) for each in found.values())
    return {each.id: each for each in sorted(leveled, key=lambda each: (each.level, each.id))}


def _level(segment_id: UUID, found: Mapping[UUID, Ruled], levels: dict[UUID, int]) -> int:
    """Cycles are refused when a rule is saved; one that came to be anyway ends here at 0."""
    if segment_id in levels:
        return levels[segment_id]
    if segment_id not in found:
        return -1
    levels[segment_id] = 0
    below = [_level(each, found, levels) for each in found[segment_id].rule.mentions.segments]
    levels[segment_id] = max(below, default=-1) + 1
    return levels[segment_id]
