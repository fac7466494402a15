"""Whether a post is still to go out: its event may have ended it while it was on its way, or an outage made it late."""

from datetime import timedelta

from django.utils import timezone

from social.models import Attempt, Post, Promotion, PromotionStatus, Target, Touch, TouchStatus


def is_withdrawn(post: Post) -> bool:
    """Whether the plan that made the post does not want it any more.

    What waits is cancelled with its plan; this is for what a worker held at that moment and had to put back.
    """
    if post.promotion_id is None:
        return False
    stopped = (PromotionStatus.CANCELLED, PromotionStatus.PAUSED)
    if Promotion.objects.filter(pk=post.promotion_id, status__in=stopped).exists():
        return True
    return bool(Touch.objects.filter(post_id=post.pk, status=TouchStatus.CANCELLED).exists())


def is_late(target: Target) -> bool:
    """Whether the first worker that comes to a claimed target comes later than its post may go out unasked.

    A post that waited for its account's own limits is not late by an outage, and one of which something was done is
    brought to its end.
    """
    if timezone.now() < target.planned_at + timedelta(minutes=target.post.late_after_minutes):
        return False
    closed_until = target.connection.closed_until
    if target.tries - target.lost_workers > 1 or (closed_until and closed_until > target.planned_at):
        return False
    return not Attempt.objects.filter(target=target).exists()
