"""What staff changed of a plan, old and new, as the action log tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from segments.models import Segment
from social.models import Connection, Media, Promotion, Touch
from social.promoting.facts import day_and_time, event_values
from social.promoting.planning import WAY_WORDS
from social.promoting.wording import plain, said_by
from tenants.action_log import log_action

LONGEST: Final = 300
CHANGEABLE: Final = (
    "channels", "reminder_days", "announce_at", "segment_id", "audience", "connection_ids", "picture_id", "template",
)  # fmt: skip
# As staff read them.
NAMES: Final = {
    "segment_id": "segment",
    "connection_ids": "accounts",
    "picture_id": "picture",
    "template": "words",
}


def log_changes(promotion: Promotion, changes: Mapping[str, tuple[Any, Any]]) -> None:
    """Note the changes in the action log; nothing where nothing is different."""
    different = {name: list(pair) for name, pair in changes.items() if pair[0] != pair[1]}
    if different:
        details = {"changes": different}
        log_action("promotion.changed", subject_kind="promotion", subject_id=promotion.pk, details=details)


def state_of(promotion: Promotion) -> dict[str, Any]:
    """What staff may change of the whole plan, in words."""
    return {NAMES.get(name, name): _told(promotion, name) for name in CHANGEABLE}


def _told(promotion: Promotion, name: str) -> Any:
    value: Any = getattr(promotion, name)
    if name == "segment_id":
        return _name(Segment.objects.filter(pk=value).values_list("name", flat=True)) if value else ""
    if name == "picture_id":
        return _name(Media.objects.filter(pk=value).values_list("name", flat=True)) if value else ""
    if name == "connection_ids":
        found = Connection.objects.filter(pk__in=value).order_by("network", "account_name")
        return [str(one) for one in found] if value else "all"
    if isinstance(value, datetime):
        return day_and_time(value, promotion.tenant)
    if name == "template":
        return {kind: str(words)[:LONGEST] for kind, words in value.items()}
    return value


def _name(names: Any) -> str:
    return str(names.first() or "one that is gone")


def part_of(promotion: Promotion, touch: Touch) -> dict[str, Any]:
    """Words and time of one part, each under the part's name."""
    name = name_of(touch)
    values = {"event": event_values(promotion), "club": {"name": promotion.tenant.name}}
    return {
        f"{name}, words": plain(said_by(promotion, touch), values)[:LONGEST],
        f"{name}, time": day_and_time(touch.due_at, promotion.tenant),
    }


def name_of(touch: Touch) -> str:
    """Reminder 7 days before (post)."""
    days = f" {-touch.offset_days} days before" if touch.offset_days < 0 else ""
    return f"{touch.get_kind_display().lower()}{days} ({WAY_WORDS[touch.channel]})"
