"""What staff change of one part of a plan: its words, its time, whether it happens at all."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from social.checking import problems_of
from social.errors import IllegalMove, PromotionNotFound
from social.models import Media, Network, Promotion, PromotionStatus, Touch, TouchStatus
from social.promoting.actions import (
    check_alive,
    get_promotion,
    locked,
    pictures_of,
    prepare,
    renew,
    stop_touches,
)
from social.promoting.change_log import log_changes, name_of, part_of
from social.promoting.facts import event_values
from social.promoting.planning import FIXED
from social.promoting.wording import LONGEST, is_outward
from social.texts import fill, token_problem
from tenants.errors import InvalidError

LEFT_OUT: Final = "Left out by staff."


def change_part(promotion_id: UUID, touch_id: UUID, *, text: str, at: datetime | None = None) -> Promotion:
    """Other words (empty: the usual ones) and, where it has a time, another time for a part that is still planned.

    Raises InvalidError where a network would refuse it, and IllegalMove where it is going out already.
    """
    with transaction.atomic():
        promotion, touch = _part(promotion_id, touch_id)
        if touch.status != TouchStatus.PLANNED:
            raise IllegalMove("part of the plan", touch.status, "changed")
        before = part_of(promotion, touch)
        touch.text = _fit(promotion, touch, text.strip())
        if at is not None and touch.due_at is not None and at != touch.due_at:
            if at < timezone.now():
                raise InvalidError("That time is past.", field="dueAt")
            touch.due_at, touch.anchor = at, FIXED
        touch.save(update_fields=["text", "due_at", "anchor"])
        renew(promotion, touch)
        after = part_of(promotion, touch)
        log_changes(promotion, {name: (before[name], after[name]) for name in before})
    return get_promotion(promotion_id)


def leave_out(promotion_id: UUID, touch_id: UUID) -> Promotion:
    """A part that is planned does not happen; the others do. Raises IllegalMove."""
    with transaction.atomic():
        promotion, touch = _part(promotion_id, touch_id)
        if touch.status != TouchStatus.PLANNED:
            raise IllegalMove("part of the plan", touch.status, TouchStatus.CANCELLED)
        stop_touches([touch], LEFT_OUT)
        log_changes(promotion, {name_of(touch): ("planned", "left out")})
    return get_promotion(promotion_id)


def put_back(promotion_id: UUID, touch_id: UUID) -> Promotion:
    """A part that staff left out happens after all, unless its time is over. Raises IllegalMove and InvalidError."""
    with transaction.atomic():
        promotion, touch = _part(promotion_id, touch_id)
        if touch.status != TouchStatus.CANCELLED or touch.reason != LEFT_OUT:
            raise IllegalMove("part of the plan", touch.status, TouchStatus.PLANNED)
        if touch.due_at is not None and touch.due_at < timezone.now():
            raise InvalidError("Its time is over.", field="dueAt")
        touch.status, touch.reason, touch.post_id, touch.campaign_id = TouchStatus.PLANNED, "", None, None
        touch.save(update_fields=["status", "reason", "post_id", "campaign_id"])
        if promotion.status == PromotionStatus.ACTIVE and touch.due_at is not None:
            prepare(promotion, touch)
        log_changes(promotion, {name_of(touch): ("left out", "planned")})
    return get_promotion(promotion_id)


def _part(promotion_id: UUID, touch_id: UUID) -> tuple[Promotion, Touch]:
    promotion = locked(promotion_id)
    check_alive(promotion)
    touch = Touch.objects.select_for_update().filter(promotion=promotion, pk=touch_id).first()
    if touch is None:
        raise PromotionNotFound
    if is_outward(touch):
        raise InvalidError("It corrects a post that is out; change the event, or the post itself.")
    return promotion, touch


def _fit(promotion: Promotion, touch: Touch, text: str) -> str:
    """The words, if tokens and networks take them."""
    if len(text) > LONGEST:
        raise InvalidError(f"At most {LONGEST:,} characters.", field="text")
    values = {"event": event_values(promotion), "club": {"name": promotion.tenant.name}}
    broken = token_problem(text, values)
    if broken:
        raise InvalidError(f"A token is wrong: {broken}", field="text")
    if touch.channel != "POST" or not text:
        return text
    media, link = (
        list(Media.objects.filter(pk__in=pictures_of(promotion))),
        str(promotion.facts.get("url") or ""),
    )
    for network in Network.values:
        if network == Network.INSTAGRAM and not media:
            continue
        for problem in problems_of(network=network, text=fill(text, values), link=link, media=media):
            if problem.is_refused:
                raise InvalidError(problem.message, field="text")
    return text
