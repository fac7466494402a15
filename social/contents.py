"""A post as one network gets it: its variant, its link with UTM, its files under signed addresses."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from social.library.serving import file_of
from social.models import MediaKind, Network, Post, Promotion
from social.networks.content import Content
from social.texts import fill


def content_of(post: Post, network: str) -> Content:
    """What is said there. Tokens of club and event are filled in now."""
    variants = {one.network: one.text for one in post.variants.all()}
    values = token_values(post)
    files = [
        (one.media.kind, file_of(one.media))
        for one in post.media.select_related("media").order_by("position")
    ]
    text, link = fill(variants.get(network, post.text), values), tagged_link(post, network)
    if network == Network.INSTAGRAM and link:
        # Links in captions are dead text there; the words say where to find it.
        link = ""
    return Content(
        text=text.strip(),
        link=link,
        pictures=tuple(file for kind, file in files if kind == MediaKind.IMAGE),
        video=next((file for kind, file in files if kind == MediaKind.VIDEO), None),
        first_comment=fill(post.first_comment, values).strip(),
    )


def token_values(post: Post) -> dict[str, Any]:
    """What `{{ … }}` may name: the club and the event, never a person."""
    from social.promoting.facts import values_of_promotion  # noqa: PLC0415 - promotions make posts

    values: dict[str, Any] = {"club": {"name": post.tenant.name}}
    if post.promotion_id:
        values["event"] = values_of_promotion(post.promotion_id)
    return values


def shown_texts(posts: Sequence[Post]) -> dict[UUID, str]:
    """What posts say, with their tokens filled in; events are read at once. Each post's tenant must be loaded."""
    from social.promoting.facts import event_values  # noqa: PLC0415 - promotions make posts

    keys = {post.promotion_id for post in posts if post.promotion_id and "{" in post.text}
    found = Promotion.objects.select_related("tenant").filter(pk__in=keys) if keys else []
    events = {row.pk: event_values(row) for row in found}
    return {
        post.pk: fill(
            post.text, {"club": {"name": post.tenant.name}, "event": events.get(post.promotion_id, {})}
        )
        for post in posts
    }


def tagged_link(post: Post, network: str) -> str:
    """The link with where it was found, so that visits can be told apart; "" without a link."""
    if not post.link:
        return ""
    parts = urlsplit(post.link)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query.setdefault("utm_source", {"TWITTER": "x"}.get(network, network.lower()))
    query.setdefault("utm_medium", "social")
    query.setdefault("utm_campaign", post.utm_campaign or f"post-{str(post.pk)[:8]}")
    query.setdefault("utm_content", str(post.pk)[:8])
    return urlunsplit(parts._replace(query=urlencode(query)))
