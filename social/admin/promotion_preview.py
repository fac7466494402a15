"""What a change of an event would do to its plan, before anybody decides: facts before and after, part by part."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from social.models import (
    Login,
    Network,
    Promotion,
    PromotionStatus,
    Target,
    TargetStatus,
    Touch,
    TouchKind,
    TouchStatus,
)
from social.promoting.actions import GRACE, columns_of, is_after_entries
from social.promoting.campaigning import told_or_in
from social.promoting.facts import LABELS, day_and_time, event_values, moment_of
from social.promoting.log_consumer import MATERIAL
from social.promoting.planning import FIXED, plan_of, words_of
from social.texts import fill
from tenants.admin.formatting import plural

# Facts that people read otherwise than the payload writes them.
READ_AS: Final = {"entryFeeCents": "entryFee"}
MOMENTS: Final = frozenset({"startsAt", "endsAt", "entriesCloseAt", "entriesOpenAt", "withdrawBy"})


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that is different."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one part."""

    part: str
    words: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that one decision would do."""

    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    is_cancelled: bool


def preview_of(promotion: Promotion) -> Preview | None:
    """What following the change would do now; None where nothing waits."""
    if not promotion.pending:
        return None
    after = copy(promotion)
    after.facts = promotion.pending.get("facts") or promotion.facts
    for name, value in columns_of(after.facts).items():
        setattr(after, name, value)
    is_cancelled = bool(promotion.pending.get("isCancelled"))
    names = [str(name) for name in promotion.pending.get("changes") or ()]
    effects = list(_cancelled(promotion) if is_cancelled else _followed(promotion, after, set(names)))
    if "imageUrl" in names and after.facts.get("imageUrl") and not (is_cancelled or after.picture_is_chosen):
        effects.append(Effect("The picture", "is fetched anew for what is still to go out."))
    return Preview(tuple(_changes(promotion, after, names)), tuple(effects), is_cancelled)


def _changes(before: Promotion, after: Promotion, names: list[str]) -> Iterator[Change]:
    for name in names:
        yield Change(LABELS.get(name, name), _read(before, name), _read(after, name))


def _read(promotion: Promotion, name: str) -> str:
    if name in MOMENTS:
        return day_and_time(moment_of(promotion.facts.get(name)), promotion.tenant) or "not known"
    value: Any = event_values(promotion).get(READ_AS.get(name, name))
    return "not known" if value is None else str(value)


def _followed(before: Promotion, after: Promotion, names: set[str]) -> Iterator[Effect]:
    """Parts that move, are dropped or say something else; and corrections of what is out."""
    now, zone = timezone.now(), before.tenant.zone
    drafts = {draft.key: draft for draft in plan_of(after, now=now, zone=zone)}
    for touch in _touches(before, TouchStatus.PLANNED):
        draft = drafts.get(touch.key)
        due = touch.due_at if draft is None or touch.kind == TouchKind.ANNOUNCE else draft.due_at
        is_past = due is not None and due < now - GRACE
        if touch.anchor == FIXED:
            due = touch.due_at
            is_past = touch.kind == TouchKind.REMINDER and is_after_entries(after, touch)
        if is_past:
            yield Effect(_name(touch), "does not go out: its new time is over.")
        elif due != touch.due_at and due is not None:
            yield Effect(_name(touch), f"moves from {_at(touch.due_at, before)} to {_at(due, before)}.")
        elif (said := _says(after, touch)) != _says(before, touch):
            yield Effect(_name(touch), f"will say: {said}")
    known = {touch.key for touch in before.touches.all()}
    for key, draft in drafts.items():
        if key not in known and (draft.due_at is None or draft.due_at >= now):
            yield Effect(TouchKind(draft.kind).label, "is new in the plan.")
    if names & MATERIAL and before.status == PromotionStatus.ACTIVE:
        yield from _corrections(before, "is edited there.", "is corrected by a reply.")
    elif names & MATERIAL and before.status == PromotionStatus.PAUSED:
        yield Effect("What is out already", "is not corrected, because the plan rests. Look there.")


def _cancelled(promotion: Promotion) -> Iterator[Effect]:
    for touch in _touches(promotion, TouchStatus.PLANNED):
        yield Effect(_name(touch), "does not go out.")
    if promotion.status != PromotionStatus.DRAFT:
        yield from _corrections(promotion, "is deleted there.", "is deleted there.")


def _corrections(promotion: Promotion, on_facebook: str, elsewhere: str) -> Iterator[Effect]:
    """Each post that is out, on its network, and whoever is written to."""
    posts = [touch.post_id for touch in promotion.touches.all() if touch.post_id]
    out = Target.objects.filter(post_id__in=posts, deleted_at=None).select_related("connection")
    states = (TargetStatus.PUBLISHED, TargetStatus.PUBLISHING, TargetStatus.UNKNOWN)
    kinds = {touch.post_id: touch.get_kind_display() for touch in promotion.touches.all()}
    for target in out.filter(status__in=states).order_by("published_at", "pk"):
        account = target.connection
        words = on_facebook if account.network == Network.FACEBOOK else elsewhere
        if account.login == Login.INSTAGRAM:
            words = "is answered by a reply, since nobody may delete it from here."
        yield Effect(f"{kinds[target.post_id]} on {account.get_network_display()}", words)
    people = len(told_or_in(promotion)) if set(promotion.channels) - {"POST"} else 0
    if people:
        told = plural(people, "person", "people", club=promotion.tenant)
        yield Effect(
            "A message", f"goes to {told} who were told or have entered, over the ways that each allows."
        )


def _touches(promotion: Promotion, status: str) -> list[Touch]:
    found = [touch for touch in promotion.touches.all() if touch.status == status]
    return sorted(found, key=lambda touch: (touch.due_at is None, touch.due_at or timezone.now(), touch.key))


def _name(touch: Touch) -> str:
    return f"{touch.get_kind_display()} ({touch.channel.lower() if touch.channel != 'SMS' else 'SMS'})"


def _says(promotion: Promotion, touch: Touch) -> str:
    values = {"event": event_values(promotion), "club": {"name": promotion.tenant.name}}
    return fill(touch.text or words_of(promotion, touch.kind), values)


def _at(moment: datetime | None, promotion: Promotion) -> str:
    return day_and_time(moment, promotion.tenant) or "when it happens"
