"""Which part of the Graph answers which path."""

import re
from collections.abc import Callable
from typing import Final

from social.sandbox import graph_login as login
from social.sandbox import insights, instagram, page_reading, page_videos, pages
from social.sandbox.graph import graph_error, token_of, usage_headers
from social.sandbox.store import Doc, World
from social.sandbox.wire import Answer, Request

Act = Callable[[World, Request], Answer]
VERSION: Final = re.compile(r"v\d+\.\d+")
FIXED: Final[dict[tuple[str, str], Act]] = {
    ("GET", "oauth/access_token"): login.exchange,
    ("POST", "oauth/access_token"): login.exchange,
    ("GET", "debug_token"): login.inspect,
    ("GET", "me"): login.me,
    ("GET", "me/accounts"): login.accounts,
    ("GET", "me/businesses"): login.businesses,
    ("DELETE", "me/permissions"): login.withdraw,
}
PAGE_POSTS: Final[dict[str, Callable[[World, Request, str], Answer]]] = {
    "feed": pages.create_post,
    "photos": pages.create_photo,
    "videos": page_videos.create_video,
    "video_reels": page_videos.reels,
    "subscribed_apps": pages.subscribe,
}
LISTS: Final = frozenset({"feed", "published_posts", "scheduled_posts"})


def answer(world: World, request: Request, path: str) -> Answer:
    """Answer a call of the Graph; every answer carries the headers of use."""
    version, _, rest = path.partition("/")
    if not VERSION.fullmatch(version):
        version, rest = "v26.0", path
    request.params["_version"] = version
    if request.method == "POST" and "method" in request.params:
        # The method may be told as a field, for clients that can only send forms.
        request.method = str(request.params.pop("method")).upper()
    if version in world.switches["dead_versions"]:
        raise graph_error(world, 2635, f"You are calling a deprecated version of the API: {version}")
    fixed = FIXED.get((request.method, rest))
    made = fixed(world, request) if fixed else _of_object(world, request, rest)
    owner = rest.partition("/")[0].partition("_")[0]
    kind = "instagram" if world.store.get("instagram", owner) else "pages"
    made.headers |= usage_headers(world, kind, owner)
    return made


def _of_object(world: World, request: Request, rest: str) -> Answer:
    key, _, edge = rest.partition("/")
    for kind, act in (
        ("page", _page), ("post", _post), ("instagram", _account), ("container", _container),
        ("ig_media", _media), ("video", _video), ("photo", _photo), ("business", _business),
    ):  # fmt: skip
        doc = world.store.get(kind, key)
        if doc is not None:
            return act(world, request, doc, edge)
    token_of(world, request)
    raise pages.missing(world, key)


def _page(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    if request.method == "GET" and edge in LISTS:
        return page_reading.posts(world, request, doc["id"], edge)
    if request.method == "GET" and edge in ("videos", "video_reels"):
        return page_reading.videos(world, request, doc["id"], edge)
    if request.method == "GET" and edge == "photos":
        return page_reading.photos(world, request, doc["id"])
    if request.method == "GET" and edge == "insights":
        return insights.of_page(world, request, doc)
    if request.method == "GET" and not edge:
        return page_reading.page_itself(world, request, doc)
    if request.method == "POST" and edge in PAGE_POSTS:
        return PAGE_POSTS[edge](world, request, doc["id"])
    raise _unsupported(world, request)


def _post(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    if edge == "comments" and request.method == "POST":
        return pages.comment(world, request, "post", doc, doc["page"])
    if edge == "comments" and request.method == "GET":
        return pages.comments(world, request, "post", doc)
    if edge == "insights":
        return insights.of_post(world, request, doc)
    acts = {"GET": page_reading.one_post, "POST": pages.publish_draft, "DELETE": pages.delete_post}
    if edge or request.method not in acts:
        raise _unsupported(world, request)
    return acts[request.method](world, request, doc)


def _account(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    if request.method == "POST" and edge == "media":
        return instagram.create_container(world, request, doc["id"])
    if request.method == "POST" and edge == "media_publish":
        return instagram.publish(world, request, doc["id"])
    if request.method != "GET":
        raise _unsupported(world, request)
    if edge == "media":
        return instagram.media_list(world, request, doc["id"])
    if edge == "content_publishing_limit":
        return instagram.limit(world, request, doc["id"])
    if edge == "insights":
        return insights.of_account(world, request, doc)
    return instagram.itself(world, request, doc)


def _container(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    return instagram.container_status(world, request, doc)


def _media(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    if edge == "comments" and request.method == "POST":
        return pages.comment(world, request, "ig_media", doc, doc["account"])
    if edge == "comments" and request.method == "GET":
        return pages.comments(world, request, "ig_media", doc)
    if edge == "insights":
        return insights.of_media(world, request, doc)
    if edge == "children":
        return instagram.children(world, request, doc)
    if request.method == "DELETE":
        return instagram.delete(world, request, doc)
    return instagram.one_media(world, request, doc)


def _video(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    return page_reading.one_video(world, request, doc)


def _photo(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    token_of(world, request)
    if request.method == "DELETE":
        world.store.drop("photo", doc["id"])
        return Answer({"success": True})
    return Answer({"id": doc["id"], "width": doc["width"], "height": doc["height"]})


def _business(world: World, request: Request, doc: Doc, edge: str) -> Answer:
    if edge == "owned_pages":
        return login.accounts(world, request, path=f"{doc['id']}/owned_pages", portfolio=True)
    token_of(world, request)
    return Answer({"data": []})


def _unsupported(world: World, request: Request) -> Exception:
    return graph_error(world, 100, f"Unsupported {request.method.lower()} request.")
