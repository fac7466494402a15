"""The part of the dashboard about social publishing."""

from typing import Any

from django.http import HttpRequest

from social.health import ailing
from social.models import Connection, Post, PostStatus

SHOWN = 4


def context(request: HttpRequest) -> dict[str, Any] | None:
    """Accounts that need somebody, posts that wait or failed; None for a club without any account."""
    if not Connection.objects.exists():
        return None
    planned = Post.objects.filter(status=PostStatus.SCHEDULED).order_by("scheduled_at")[:SHOWN]
    troubled = Post.objects.filter(status__in=(PostStatus.FAILED, PostStatus.UNKNOWN)).order_by(
        "-updated_at"
    )[:SHOWN]
    return {"ailing": ailing(), "planned": list(planned), "troubled": list(troubled)}
