"""Posts and promotions in the calendar of sends."""

from datetime import datetime
from typing import Final

from django.urls import reverse

from campaigns.calendar import Entry
from social.contents import shown_texts
from social.models import Post, PostStatus, Touch, TouchStatus

TONES: Final = {"PUBLISHED": "good", "FAILED": "bad", "UNKNOWN": "warn", "IN_REVIEW": "warn"}
MOST: Final = 500
LONGEST: Final = 70


def entries(start: datetime, end: datetime) -> list[Entry]:
    """What goes out, or went out, on the club's accounts; and touches of plans that nobody has approved yet."""
    rows = Post.objects.select_related("tenant").filter(scheduled_at__gte=start, scheduled_at__lt=end)
    posts = list(rows.exclude(status__in=(PostStatus.DRAFT, PostStatus.CANCELLED))[:MOST])
    texts = shown_texts(posts)
    found = [
        Entry(
            at=post.scheduled_at or start,
            title=(texts[post.pk] or "(no text)")[:LONGEST],
            kind="Post",
            url=reverse("admin:social_post", args=[post.pk]),
            tone=TONES.get(post.status, "info"),
        )
        for post in posts
    ]
    waiting = Touch.objects.select_related("promotion").filter(
        due_at__gte=start, due_at__lt=end, status=TouchStatus.PLANNED, post_id=None, campaign_id=None
    )
    return found + [
        Entry(
            at=touch.due_at or start,
            title=f"{touch.promotion.name}: {touch.get_kind_display()}"[:LONGEST],
            kind="Promotion",
            url=reverse("admin:promotion", args=[touch.promotion_id]),
            tone="warn",
        )
        for touch in waiting[:MOST]
    ]
