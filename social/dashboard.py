"""The part of the dashboard about social publishing."""

from typing import Any

from django.http import HttpRequest

from social.contents import shown_texts
from social.health import ailing
from social.models import Connection, Post, PostStatus

SHOWN = 4


def context(request: HttpRequest) -> dict[str, Any] | None:
    """Accounts that need somebody, posts that wait or failed; None for a club without any account."""
    if not Connection.objects.exists():
        return None
    planned = (
        Post.objects.select_related("tenant")
        .filter(status=PostStatus.SCHEDULED)
        .order_by("scheduled_at")[:SHOWN]
    )
    troubled = (
        Post.objects.select_related("tenant")
        .filter(status__in=(PostStatus.FAILED, PostStatus.UNKNOWN))
        .order_by("-updated_at")[:SHOWN]
    )
    rows = {"planned": list(planned), "troubled": list(troubled)}
    texts = shown_texts([*rows["planned"], *rows["troubled"]])
    return {"ailing": ailing()} | {
        name: [(post, texts[post.pk] or "(no text)") for post in found] for name, found in rows.items()
    }
