"""Facebook Pages: lists of posts, one post, the Page itself."""

from typing import Final

from social.sandbox.graph import check_scope, chosen, field_names, listing, token_of
from social.sandbox.page_videos import status_of
from social.sandbox.pages import page_for
from social.sandbox.store import Doc, World, graph_time
from social.sandbox.wire import Answer, Request

SHORT: Final = ("message", "created_time")


def page_itself(world: World, request: Request, page: Doc) -> Answer:
    """GET /{page}: name, the Instagram account that hangs on it."""
    token_of(world, request)
    doc: Doc = {"id": page["id"], "name": page["name"], "username": page.get("username")}
    doc["link"] = f"https://www.facebook.com/{page['id']}"
    if page.get("instagram"):
        doc["instagram_business_account"] = {"id": page["instagram"]}
    doc["followers_count"] = 1_240
    return Answer(chosen(doc, request, ("name",)))


def posts(world: World, request: Request, page_id: str, which: str) -> Answer:
    """GET /{page}/published_posts, /feed, /scheduled_posts, newest first, as late as the list lags."""
    page_for(world, request, page_id, "pages_read_engagement")
    seen_until = world.now() - world.switches["list_lag_seconds"]
    since, until = request.number("since", 0), request.number("until", 2**40)
    rows = []
    for post in sorted(world.store.find("post", page_id), key=lambda one: one["created"], reverse=True):
        if not since <= post["created"] <= min(until, seen_until):
            continue
        if which == "scheduled_posts" and (post["is_published"] or not post["scheduled"]):
            continue
        if which == "published_posts" and not post["is_published"]:
            continue
        rows.append(chosen(post_fields(world, post, request), request, SHORT))
    return Answer(listing(world, request, f"{page_id}/{which}", rows))


def one_post(world: World, request: Request, post: Doc) -> Answer:
    """GET /{post}; a user token reads nothing of comments."""
    token = token_of(world, request)
    check_scope(world, token, "pages_read_engagement")
    return Answer(chosen(post_fields(world, post, request), request, SHORT))


def one_video(world: World, request: Request, video: Doc) -> Answer:
    """GET /{video}."""
    token_of(world, request)
    return Answer(chosen(_video_fields(world, video), request, ("created_time",)))


def _video_fields(world: World, video: Doc) -> Doc:
    post = world.store.get("post", video.get("post") or "") or {}
    return {
        "id": video["id"],
        "status": status_of(world, video),
        "created_time": graph_time(video["created"]),
        "updated_time": graph_time(video.get("published_at") or video["created"]),
        "permalink_url": f"/{video['page']}/videos/{video['id']}/",
        "post_id": video.get("post"),
        "description": post.get("message") or None,
    }


def post_fields(world: World, post: Doc, request: Request) -> Doc:
    """A post as Graph tells it; counts that are zero or were not asked for are missing."""
    doc: Doc = {
        "id": post["id"],
        "message": post["message"] or None,
        "created_time": graph_time(post["created"]),
        "updated_time": graph_time(post["updated"]),
        "permalink_url": f"{world.base_url}/feeds/facebook/{post['page']}#{post['id']}",
        "is_published": post["is_published"],
        "is_hidden": False,
        "scheduled_publish_time": post["scheduled"],
        "status_type": post["status_type"],
        "from": {"id": post["page"], "name": (world.store.get("page", post["page"]) or {}).get("name")},
        "attachments": _attachments(world, post),
    }
    asked = field_names(request.text("fields"))
    if "shares" in asked and post["shares"]:
        doc["shares"] = {"count": post["shares"]}
    if "comments" in asked:
        doc["comments"] = {"data": [], "summary": {"total_count": len(post["comments"])}}
    if "reactions" in asked:
        doc["reactions"] = {"data": [], "summary": {"total_count": post["reactions"]}}
    return doc


def _attachments(world: World, post: Doc) -> Doc | None:
    if post.get("video"):
        return {"data": [{"media_type": "video", "type": "video_inline", "target": {"id": post["video"]}}]}
    pictures = [_picture(world, key) for key in post["photos"]]
    if len(pictures) > 1:
        return {"data": [{"media_type": "album", "type": "album", "subattachments": {"data": pictures}}]}
    if pictures:
        return {"data": pictures}
    if post["link"]:
        return {
            "data": [
                {"media_type": "link", "type": "share", "url": post["link"], "target": {"url": post["link"]}}
            ]
        }
    return None


def _picture(world: World, key: str) -> Doc:
    photo = world.store.get("photo", key) or {"width": 0, "height": 0}
    image = {"src": f"{world.base_url}/feeds/bytes/{key}", "width": photo["width"], "height": photo["height"]}
    return {"media_type": "photo", "type": "photo", "target": {"id": key}, "media": {"image": image}}


def videos(world: World, request: Request, page_id: str, which: str) -> Answer:
    """GET /{page}/videos and /video_reels, newest first."""
    page_for(world, request, page_id, "pages_read_engagement")
    rows = [
        _video_fields(world, one) for one in world.store.find("video", page_id) if one.get("published_at")
    ]
    told = [chosen(one, request, ("description", "updated_time")) for one in rows]
    return Answer(listing(world, request, f"{page_id}/{which}", told))


def photos(world: World, request: Request, page_id: str) -> Answer:
    """GET /{page}/photos: those that stand in posts, newest first."""
    page_for(world, request, page_id, "pages_read_engagement")
    rows = [
        {"id": one["id"], "created_time": graph_time(one["created"]), "alt_text_custom": one["alt"] or None}
        for one in world.store.find("photo", page_id)
        if one.get("used")
    ]
    told = [chosen(one, request, ("created_time",)) for one in rows]
    return Answer(listing(world, request, f"{page_id}/photos", told))
