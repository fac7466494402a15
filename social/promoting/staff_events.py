"""Events that staff bring themselves, a club event or a special: made, changed and called off like TeeTime's own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from social.errors import IllegalMove
from social.models import Promotion, PromotionStatus, SourceType
from social.promoting.actions import get_promotion, make_promotion
from social.promoting.facts import NAMES, moment_of
from social.promoting.log_consumer import apply_change
from tenants.errors import InvalidError

OVER = frozenset({PromotionStatus.CANCELLED, PromotionStatus.COMPLETED})


def plan_event(
    *, source_type: str, facts: Mapping[str, Any], channels: Sequence[str], reminder_days: Sequence[int]
) -> Promotion:
    """The plan of an event of staff; raises InvalidError."""
    if source_type not in (SourceType.CLUB_EVENT, SourceType.SPECIAL):
        raise InvalidError("Competitions come from TeeTime; choose a club event or a special.", field="kind")
    check_facts(facts)
    if not channels:
        raise InvalidError("Choose at least one way to tell people.", field="channels")
    return make_promotion(
        source_type=source_type,
        source_id=f"own-{uuid4()}",
        facts=dict(facts),
        channels=channels,
        reminder_days=reminder_days,
    )


def check_facts(facts: Mapping[str, Any]) -> None:
    """What a plan cannot do without; raises InvalidError."""
    starts, closes = moment_of(facts.get("startsAt")), moment_of(facts.get("entriesCloseAt"))
    if not str(facts.get("name") or "").strip():
        raise InvalidError("What is it called?", field="name")
    if starts is None or starts <= timezone.now():
        raise InvalidError("When does it start? It must be in the future.", field="startsAt")
    if closes is not None and closes > starts:
        raise InvalidError("Entries must close before it starts.", field="entriesCloseAt")
    url = str(facts.get("url") or "")
    if url and not url.startswith(("https://", "http://")):
        raise InvalidError("Write the whole address, with https:// in front.", field="url")


def change_event(promotion_id: UUID, facts: Mapping[str, Any]) -> Promotion:
    """State what is different; the plan waits for a decision, or follows by itself once it has been calm."""
    check_facts(facts)
    with transaction.atomic():
        row = _own(promotion_id)
        merged = {name: value for name, value in {**row.facts, **facts}.items() if value not in (None, "")}
        different = sorted(name for name in NAMES if merged.get(name) != row.facts.get(name))
        if different:
            row.pending = {"facts": merged, "changes": different, "isCancelled": False}
            row.pending_since = row.pending_since or timezone.now()
            row.save(update_fields=["pending", "pending_since"])
    return get_promotion(promotion_id)


def call_off(promotion_id: UUID) -> Promotion:
    """The event does not take place: everything that waits is stopped, what is out is taken back, now."""
    with transaction.atomic():
        row = _own(promotion_id)
        row.pending = {"facts": row.facts, "changes": [], "isCancelled": True}
        apply_change(row)
    return get_promotion(promotion_id)


def _own(promotion_id: UUID) -> Promotion:
    get_promotion(promotion_id)
    row: Promotion = (
        Promotion.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=promotion_id)
    )
    if row.source_type == SourceType.COMPETITION:
        raise InvalidError("TeeTime owns this competition: change it there, and the plan follows.")
    if row.status in OVER:
        raise IllegalMove("promotion", row.status, "changed")
    return row
