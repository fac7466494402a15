"""The list of posts."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse

from social.admin.formatting import TONES
from social.contents import shown_texts
from social.health import ailing
from social.models import Connection, ConnectionStatus, PostStatus
from social.posts import whole_posts
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

PAGE: Final = 30
MOST_SKIPPED: Final = 100_000
TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "All": (),
    "Planned": (PostStatus.SCHEDULED, PostStatus.PUBLISHING),
    "To approve": (PostStatus.IN_REVIEW,),
    "Drafts": (PostStatus.DRAFT,),
    "Published": (PostStatus.PUBLISHED,),
    "Needs a look": (PostStatus.FAILED, PostStatus.UNKNOWN),
}


@page("social/", name="social_posts", right=Right.VIEW_PROFILES)
def social_posts(request: StaffRequest) -> HttpResponse:
    """Posts of the club, newest first, by state."""
    chosen = request.GET.get("tab", "All")
    chosen = chosen if chosen in TABS else "All"
    first = min(whole_number(request.GET.get("from", "")) or 0, MOST_SKIPPED)
    rows = whole_posts().order_by("-created_at", "pk")
    rows = rows.filter(status__in=TABS[chosen]) if TABS[chosen] else rows
    found = list(rows[first : first + PAGE + 1])
    texts = shown_texts(found)
    more = urlencode({"tab": chosen, "from": first + PAGE}) if len(found) > PAGE else ""
    return show(
        request,
        "social/posts.html",
        "Social posts",
        rows=[(post, TONES[post.status], texts[post.pk]) for post in found[:PAGE]],
        tabs=list(TABS),
        chosen=chosen,
        more=more,
        ailing=ailing(),
        has_accounts=Connection.objects.filter(status=ConnectionStatus.ACTIVE).exists(),
        is_continued=first > 0,
    )
