"""Touches whose time has come: what is out is corrected or taken back, what went out is done, what is over is over."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from social.contents import token_values
from social.models import (
    Post,
    PostStatus,
    Promotion,
    PromotionStatus,
    Target,
    TargetStatus,
    Touch,
    TouchKind,
    TouchStatus,
)
from social.networks.calling import CallFailed
from social.networks.content import NotPossible
from social.networks.registry import publisher_of
from social.promoting.log_consumer import widen
from social.promoting.planning import words_of
from social.texts import fill
from social.tokens import asked
from tenants.one_by_one import first_of_each_club, within_each_club
from tenants.postgresql.commits import waiting
from tenants.scope import all_tenants

UNDECIDED: Final = (TargetStatus.WAITING, TargetStatus.PUBLISHING, TargetStatus.UNKNOWN)
OUTWARD: Final = (TouchKind.CORRECTION, TouchKind.CANCELLATION)
MOST_OF_CLUB: Final = 100
OVER: Final = timedelta(days=3)
# A worker that died while it spoke to the network: the call is not repeated, and staff are told to look.
UNDER_WAY: Final = "Under way."
NOBODY_KNOWS: Final = "Nobody knows whether it was done: look there."
LONGEST_CALL: Final = timedelta(minutes=10)


def run_touches(now: datetime | None = None) -> int:
    """Bring due touches on; returns how many ended. A touch is taken before its network is spoken to."""
    now = now or timezone.now()
    with all_tenants():
        waiting = Touch.objects.filter(_under_way(), status=TouchStatus.PLANNED, due_at__lte=now)
        due = list(first_of_each_club(waiting, "due_at", MOST_OF_CLUB).values_list("pk", "tenant_id"))
        Touch.objects.filter(reason=UNDER_WAY, done_at__lt=now - LONGEST_CALL).update(reason=NOBODY_KNOWS)

    return within_each_club(due, partial(_run, now=now), what="running a touch")


def _under_way() -> Q:
    """Touches that something may have happened to: those of paused plans and of drafts wait, and hold nobody up."""
    corrective = Q(kind__in=OUTWARD, channel="POST")
    return corrective | Q(post_id__isnull=False) | Q(campaign_id__isnull=False)


def _run(touch_id: UUID, now: datetime) -> int:
    touch = Touch.objects.select_related("promotion").filter(pk=touch_id, status=TouchStatus.PLANNED).first()
    if touch is None:
        return 0
    if touch.kind in OUTWARD and touch.channel == "POST":
        return _correct(touch, now)
    if touch.channel == "POST" and touch.post_id:
        return _follow_post(touch, now)
    if touch.campaign_id:
        done = _end(touch, TouchStatus.DONE, "Handed to the campaign.", now)
        _widen_after(touch, done)
        return done
    return 0


def _follow_post(touch: Touch, now: datetime) -> int:
    post = Post.objects.filter(pk=touch.post_id).first()
    if post is None or post.status == PostStatus.CANCELLED:
        return _end(touch, TouchStatus.DROPPED, "Its post did not go out.", now)
    if post.status not in (PostStatus.PUBLISHED, PostStatus.FAILED):
        return 0
    targets = Target.objects.filter(post_id=post.pk).select_related("connection")
    missing = [row.connection.account_name for row in targets if row.status != TargetStatus.PUBLISHED]
    if missing and len(missing) == len(targets):
        return _end(touch, TouchStatus.DROPPED, "Its post did not go out.", now)
    done = _end(touch, TouchStatus.DONE, f"Not on {', '.join(missing)}." if missing else "", now)
    _widen_after(touch, done)
    return done


def _widen_after(touch: Touch, done: int) -> None:
    """After the first touch of a reminder's day that went out, whatever the channel, the next band may be invited."""
    if not done or touch.kind != TouchKind.REMINDER:
        return
    gone = Touch.objects.filter(promotion=touch.promotion, kind=TouchKind.REMINDER, status=TouchStatus.DONE)
    days = set(gone.values_list("offset_days", flat=True))
    promotion = Promotion.objects.select_related("tenant").get(pk=touch.promotion_id)
    if promotion.band < len(days):
        widen(promotion)


def _end(touch: Touch, status: str, reason: str, now: datetime) -> int:
    still = Touch.objects.filter(pk=touch.pk, status=TouchStatus.PLANNED)
    return still.update(status=status, reason=reason[:200], done_at=now)


def _correct(touch: Touch, now: datetime) -> int:
    """Correct or take back one post on one network, once: what is not answered is said, never repeated.

    A post of which nobody knows yet whether it is out is waited for.
    """
    target = Target.objects.select_related("connection", "post__tenant").filter(pk=UUID(touch.text)).first()
    if target is not None and target.status in UNDECIDED:
        return 0
    if target is not None and target.status != TargetStatus.PUBLISHED:
        return _end(touch, TouchStatus.DROPPED, "It did not go out.", now)
    with waiting():
        taken = Touch.objects.select_for_update(skip_locked=True).filter(
            pk=touch.pk, status=TouchStatus.PLANNED
        )
        if not taken.exists():
            return 0
        Touch.objects.filter(pk=touch.pk).update(status=TouchStatus.DONE, reason=UNDER_WAY, done_at=now)
    outcome = _on_network(touch, target) if target is not None else "The post is not there any more."
    Touch.objects.filter(pk=touch.pk).update(reason=outcome[:200])
    return 1


def _on_network(touch: Touch, target: Target) -> str:
    publisher, post_id = publisher_of(target.connection.network), target.network_post_id or ""
    where = target.connection.get_network_display()
    try:
        if touch.kind == TouchKind.CANCELLATION:
            try:
                asked(target.connection, lambda account: publisher.delete(account, post_id))
            except NotPossible:
                said = fill(words_of(touch.promotion, touch.kind), token_values(target.post))
                asked(target.connection, lambda account: publisher.comment(account, post_id, said))
                return f"{where} lets nobody delete it from outside: called off by a reply. Delete it in the app."
            Target.objects.filter(pk=target.pk).update(deleted_at=timezone.now(), metrics_due_at=None)
            return f"Deleted on {where}."
        text = fill(words_of(touch.promotion, touch.kind), token_values(target.post))
        try:
            asked(target.connection, lambda account: publisher.edit(account, post_id, text))
        except NotPossible:
            asked(target.connection, lambda account: publisher.comment(account, post_id, text))
            return f"Corrected by a reply on {where}."
        # These are our words now, not somebody else's.
        Target.objects.filter(pk=target.pk).update(said=text, shown="")
        return f"Edited on {where}."
    except CallFailed as failed:
        return f"{where}: {failed.verdict.meaning.words}"


def complete_over(now: datetime | None = None) -> int:
    """Plans whose event is over and that have nothing left to do are completed."""
    now = now or timezone.now()
    with all_tenants():
        over = Promotion.objects.filter(Q(starts_at__lt=now - OVER), status=PromotionStatus.ACTIVE)
        return int(over.exclude(touches__status=TouchStatus.PLANNED, touches__due_at__isnull=False).update(
            status=PromotionStatus.COMPLETED
        ))  # fmt: skip
