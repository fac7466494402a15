"""What X costs: an estimate before anybody approves, and a ceiling a month."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils import timezone

from social.links import links
from social.models import Network, Post, Target, TargetStatus
from tenants.models import Tenant

# Thousandths of a US dollar a call (prices of August 2026).
CREATE, CREATE_WITH_LINK, ALT_TEXT, OWN_READ = 15, 200, 5, 1
NUMBERS_READ: Final = 74  # samples of one post in thirty days
DEFAULT_CEILING: Final = 50_000


def cost_of(*, text: str, link: str, described: int, comment: str) -> int:
    """Thousandths of a dollar for one post on X: making it, its pictures' descriptions, its comment, its numbers."""
    has_link = bool(link) or any(True for _ in links(text))
    comments = (CREATE_WITH_LINK if any(True for _ in links(comment)) else CREATE) if comment else 0
    return (
        (CREATE_WITH_LINK if has_link else CREATE) + comments + described * ALT_TEXT + NUMBERS_READ * OWN_READ
    )


def cost_of_post(post: Post) -> int:
    """What a post costs at X; 0 where it does not go there."""
    if not any(target.connection.network == Network.TWITTER for target in post.targets.all()):
        return 0
    texts = {one.network: one.text for one in post.variants.all()}
    described = sum(1 for use in post.media.all() if use.media.alt_text)
    return cost_of(
        text=texts.get(Network.TWITTER, post.text),
        link=post.link,
        described=described,
        comment=post.first_comment,
    )


def spent_this_month(now: datetime | None = None) -> int:
    """What the club's posts of this month cost, planned ones included."""
    now = now or timezone.now()
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    planned: Iterable[Post] = (
        Post.objects.filter(
            targets__in=Target.objects.filter(
                connection__network=Network.TWITTER, planned_at__gte=first
            ).exclude(status__in=(TargetStatus.DRAFT, TargetStatus.CANCELLED, TargetStatus.FAILED))
        )
        .distinct()
        .prefetch_related("variants", "media__media", "targets__connection")
    )
    return sum(map(cost_of_post, planned))


def ceiling(tenant: Tenant) -> int:
    """What a month may cost, in thousandths of a dollar (setting `xCeilingMills`)."""
    given = tenant.settings.get("xCeilingMills", DEFAULT_CEILING)
    return given if isinstance(given, int) else DEFAULT_CEILING


def dollars(mills: int) -> str:
    """An amount as people read it."""
    return f"US$ {mills / 1000:.2f}"
