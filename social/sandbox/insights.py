"""Numbers of posts and media: grow with age, are refused whole where one metric is unknown."""

import math
from typing import Final

from social.sandbox.graph import graph_error, token_of
from social.sandbox.instagram import account_for
from social.sandbox.pages import page_for
from social.sandbox.store import Doc, World, hash_of
from social.sandbox.wire import Answer, Request

REACTIONS: Final = tuple(
    f"post_reactions_{one}_total" for one in ("like", "love", "wow", "haha", "sorry", "anger")
)
POST: Final = frozenset(
    {
        "post_media_view", "post_total_media_view_unique", "post_clicks", "post_clicks_by_type",
        "post_reactions_by_type_total", "post_video_views", "post_activity_by_action_type", *REACTIONS,
    }
)  # fmt: skip
PAGE: Final = frozenset(
    {
        "page_media_view", "page_total_media_view_unique", "page_post_engagements", "page_follows",
        "page_daily_follows", "page_daily_follows_unique", "page_daily_unfollows_unique", "page_views_total",
        "page_video_views", "page_total_actions",
    }
)  # fmt: skip
FEED: Final = frozenset(
    [
        "views",
        "reach",
        "likes",
        "comments",
        "saved",
        "shares",
        "total_interactions",
        "follows",
        "profile_visits",
        "profile_activity",
        "reposts",
    ]
)
REEL: Final = frozenset(
    [
        "views",
        "reach",
        "likes",
        "comments",
        "saved",
        "shares",
        "total_interactions",
        "reposts",
        "ig_reels_avg_watch_time",
        "ig_reels_video_view_total_time",
        "reels_skip_rate",
        "crossposted_views",
    ]
)
STORY: Final = frozenset(
    ["views", "reach", "replies", "navigation", "shares", "follows", "profile_visits", "link_clicks"]
)
ACCOUNT: Final = frozenset(
    [
        "views",
        "reach",
        "accounts_engaged",
        "total_interactions",
        "likes",
        "comments",
        "saves",
        "shares",
        "replies",
        "reposts",
        "follows_and_unfollows",
        "profile_links_taps",
    ]
)
SHARE: Final = {
    "reach": 0.7,
    "likes": 0.04,
    "comments": 0.005,
    "shares": 0.006,
    "clicks": 0.03,
    "saved": 0.01,
}


def grown(world: World, doc: Doc) -> int:
    """Views by now: fast at first, then slower, always the same for the same post and age."""
    hours = max(0.0, world.now() - doc["created"]) / 3600
    most = 200 + int(hash_of(doc["id"]), 16) % 1800
    return int(most * (1 - math.exp(-hours / 18)))


def value_of(world: World, doc: Doc, metric: str) -> int:
    """One number of one post."""
    share = next((part for word, part in SHARE.items() if word in metric), 0.7 if "unique" in metric else 1.0)
    if "reactions" in metric:
        share = 0.04
    return int(grown(world, doc) * share)


def _metrics(world: World, request: Request, known: frozenset[str]) -> list[str]:
    asked = [str(one) for one in request.sequence("metric")]
    if not asked:
        raise graph_error(world, 3001, "No metric was specified to be fetched.", subcode=1504028)
    for name in asked:
        if name not in known or name in world.switches["dead_metrics"]:
            raise graph_error(world, 100, "The value must be a valid insights metric")
    return asked


def of_post(world: World, request: Request, post: Doc) -> Answer:
    """GET /{post}/insights; with a user token it is empty, not refused."""
    token = token_of(world, request)
    if token["kind"] != "page":
        return Answer({"data": []})
    page_for(world, request, post["page"], "read_insights")
    rows = []
    for name in _metrics(world, request, POST):
        value: object = value_of(world, post, name)
        if name == "post_reactions_by_type_total":
            value = {"like": value_of(world, post, name), "love": 1}
        rows.append(_row(post["id"], name, "lifetime", [{"value": value}]))
    return Answer({"data": rows, "paging": {}})


def of_page(world: World, request: Request, page: Doc) -> Answer:
    """GET /{page}/insights."""
    page_for(world, request, page["id"], "read_insights")
    period = request.text("period", "day")
    rows = [
        _row(page["id"], name, period, [{"value": 40 + len(name), "end_time": "2026-11-26T08:00:00+0000"}])
        for name in _metrics(world, request, PAGE)
    ]
    return Answer({"data": rows, "paging": {}})


def of_media(world: World, request: Request, doc: Doc) -> Answer:
    """GET /{media}/insights; what does not fit the kind is refused."""
    account_for(world, request, doc["account"], "instagram_manage_insights")
    known = {"REELS": REEL, "STORY": STORY}.get(doc["media_product_type"], FEED)
    rows = [
        _row(doc["id"], name, "lifetime", [{"value": value_of(world, doc, name)}])
        for name in _metrics(world, request, known)
    ]
    return Answer({"data": rows})


def of_account(world: World, request: Request, account: Doc) -> Answer:
    """GET /{ig}/insights."""
    account_for(world, request, account["id"], "instagram_manage_insights")
    rows = [
        {
            "name": name,
            "period": "day",
            "total_value": {"value": 12 + len(name)},
            "id": f"{account['id']}/{name}",
        }
        for name in _metrics(world, request, ACCOUNT)
    ]
    return Answer({"data": rows})


def _row(key: str, name: str, period: str, values: list[Doc]) -> Doc:
    title = name.replace("_", " ").capitalize()
    return {
        "name": name,
        "period": period,
        "values": values,
        "title": title,
        "description": title,
        "id": f"{key}/insights/{name}/{period}",
    }
