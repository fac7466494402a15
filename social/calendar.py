"""Posts and promotions in the calendar of sends."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from campaigns.calendar import Entry
from social.contents import shown_texts
from social.health import ailing
from social.models import Post, PostStatus, Target, Touch, TouchStatus
from social.promoting.planning import WAY_WORDS

TONES: Final = {"PUBLISHED": "good", "FAILED": "bad", "UNKNOWN": "warn", "IN_REVIEW": "warn"}
MOST: Final = 500
MOVABLE: Final = frozenset({PostStatus.SCHEDULED, PostStatus.IN_REVIEW})
CROWDED: Final = timedelta(minutes=30)
LONGEST: Final = 70


def entries(start: datetime, end: datetime) -> list[Entry]:
    """What goes out, or went out, on the club's accounts; touches that nobody has approved yet; accounts that end."""
    rows = Post.objects.select_related("tenant").filter(scheduled_at__gte=start, scheduled_at__lt=end)
    posts = list(rows.exclude(status__in=(PostStatus.DRAFT, PostStatus.CANCELLED))[:MOST])
    promotions = _promotions_of(posts)
    texts = shown_texts(posts)
    accounts_of = _busy_accounts(posts)
    found = [
        Entry(
            at=post.scheduled_at or start,
            title=(texts[post.pk] or "(no text)")[:LONGEST],
            kind="Post",
            url=reverse("admin:social_post", args=[post.pk]),
            tone=TONES.get(post.status, "info"),
            move_url=reverse("admin:social_post_move", args=[post.pk]) if post.status in MOVABLE else "",
            reaches=accounts_of[post.pk] if post.status in MOVABLE else frozenset(),
            belongs_to=promotions.get(post.pk, ""),
        )
        for post in posts
    ]
    waiting = Touch.objects.select_related("promotion").filter(
        due_at__gte=start, due_at__lt=end, status=TouchStatus.PLANNED, post_id=None, campaign_id=None
    )
    return (
        found
        + _ends(start, end)
        + [
            Entry(
                at=touch.due_at or start,
                title=_title(touch)[:LONGEST],
                kind="Promotion",
                url=reverse("admin:promotion", args=[touch.promotion_id]),
                tone="warn",
                belongs_to=touch.promotion.name,
            )
            for touch in waiting[:MOST]
        ]
    )


def _promotions_of(posts: list[Post]) -> dict[UUID, str]:
    """The promotion's name of each post that a promotion made."""
    made = Touch.objects.filter(post_id__in=[post.pk for post in posts])
    return dict(made.values_list("post_id", "promotion__name"))


def _title(touch: Touch) -> str:
    way = WAY_WORDS[touch.channel]
    return f"{touch.promotion.name}: {touch.get_kind_display()} ({way})"


def _ends(start: datetime, end: datetime) -> list[Entry]:
    """When an account stops working, from a week ahead; one that has stopped stands at today."""
    now = timezone.now()
    told = [(row, max(health.ends_at or now, now)) for row, health in ailing(now)]
    return [
        Entry(
            at=at,
            title=f"{row.account_name}: {'access ends' if at > now else 'must be connected again'}"[:LONGEST],
            kind="Account",
            url=reverse("admin:social_accounts"),
            tone="bad",
        )
        for row, at in told
        if start <= at < end
    ]


def _busy_accounts(posts: list[Post]) -> dict[UUID, frozenset[str]]:
    """What a post may clash over: accounts on which another one goes out within half an hour."""
    times: dict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
    rows = Target.objects.filter(post__in=posts).values_list("connection_id", "planned_at", "post_id")
    for account, at, post_id in rows.order_by("planned_at"):
        times[account].append((at, post_id))
    busy: dict[UUID, set[str]] = {post.pk: set() for post in posts}
    for account, planned in times.items():
        for (at, one), (later, other) in pairwise(planned):
            if later - at < CROWDED:
                # A name for this very meeting, so that neither clashes with a third one of the day.
                meeting = f"{account}:{one}:{other}"
                busy[one].add(meeting)
                busy[other].add(meeting)
    return {key: frozenset(found) for key, found in busy.items()}
