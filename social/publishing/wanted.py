"""Whether a post is still to go out: its event may have been cancelled, or become full, while it was on its way."""

from social.models import Post, Promotion, PromotionStatus, Touch, TouchStatus


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
