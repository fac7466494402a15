"""Facebook Pages: what publishes, edits and deletes."""

from typing import Any, Final

from social.sandbox import media
from social.sandbox.graph import check_page_role, check_scope, graph_error, token_of
from social.sandbox.store import Doc, World, graph_time
from social.sandbox.wire import Answer, Request

LONGEST_TEXT: Final = 63_206
MOST_PHOTO_BYTES: Final = 10 * media.MEBIBYTE
EARLIEST: Final = 600
LATEST: Final = 75 * 86_400
PICTURES: Final = frozenset({"JPEG", "PNG", "BMP", "GIF", "TIFF", "MPO"})


def page_for(world: World, request: Request, page_id: str, *scopes: str) -> Doc:
    """The Page, after token, role and scopes were checked."""
    token = token_of(world, request)
    page = world.store.get("page", page_id)
    if page is None:
        raise missing(world, page_id)
    check_page_role(world, token, page)
    check_scope(world, token, *scopes)
    if world.switches["usage_percent"] >= 100:  # noqa: PLR2004 - percent
        raise graph_error(world, 80001, "There have been too many calls to this Page account.")
    return page


def missing(world: World, key: str) -> Exception:
    """The refusal for an object that is not there."""
    words = f"Unsupported request. Object with ID '{key}' does not exist"
    return graph_error(world, 100, words, subcode=33)


def create_post(world: World, request: Request, page_id: str) -> Answer:
    """POST /{page}/feed: text, link, photos put up before; live, scheduled or draft."""
    page = page_for(world, request, page_id, "pages_manage_posts")
    message, link = request.text("message"), request.text("link")
    attached = [_attachment(world, page_id, one) for one in request.sequence("attached_media")]
    if not (message or link or attached):
        raise graph_error(world, 100, "Post must have a message, link or attachment")
    if len(message) > LONGEST_TEXT:
        raise graph_error(world, 100, "Param message is too long")
    if link and not link.startswith(("http://", "https://")):
        raise graph_error(world, 100, "Invalid link", subcode=2061006)
    status = "added_photos" if attached else "shared_story" if link else "mobile_status_update"
    draft = {"message": message, "link": link, "photos": attached, "status_type": status}
    return put_up(world, request, page, draft)


def _attachment(world: World, page_id: str, value: Any) -> str:
    given = value if isinstance(value, dict) else {}
    photo = world.store.get("photo", str(given.get("media_fbid", "")))
    if photo is None or photo["page"] != page_id:
        raise graph_error(world, 100, "Invalid media_fbid", subcode=33)
    if photo.get("used"):
        raise graph_error(world, 100, "Photo was already posted", subcode=1366051)
    return str(photo["id"])


def put_up(world: World, request: Request, page: Doc, draft: Doc) -> Answer:
    """Make the post; a live one is a commit."""
    is_live = request.flag("published", True) or world.switches["drafts_go_live"]
    at = request.number("scheduled_publish_time", 0)
    if at and not EARLIEST <= at - world.now() <= LATEST:
        raise graph_error(world, 100, "The specified scheduled publish time is invalid.")
    with world.store.lock:
        if is_live:
            refuse_repeated(world, page["id"], draft["message"])
        post = new_post(world, page, draft, is_live, scheduled=at or None)
        for photo in draft["photos"]:
            doc = world.store.get("photo", photo) or {}
            world.store.put("photo", photo, doc | {"used": True}, owner=page["id"])
    return Answer({"id": post["id"]}, commits=[post["id"]] if is_live else [])


def new_post(
    world: World, page: Doc, draft: Doc, is_live: bool, *, scheduled: int | None = None, by: str = "app"
) -> Doc:
    """Write a post into the store."""
    key = f"{page['id']}_{world.store.next_id()}"
    post = {
        "id": key,
        "page": page["id"],
        "created": world.now(),
        "updated": world.now(),
        "is_published": is_live,
        "scheduled": scheduled,
        "by": by,
        "comments": [],
        "reactions": 0,
        "shares": 0,
        "commits": 1 if is_live else 0,
        **draft,
    }
    return world.store.put("post", key, post, owner=page["id"])


def refuse_repeated(world: World, page_id: str, message: str) -> None:
    """Code 506 where the same words just went up."""
    since = world.now() - world.switches["facebook_duplicate_seconds"]
    for post in world.store.find("post", page_id, 50):
        if message and post["is_published"] and post["message"] == message and post["created"] > since:
            raise graph_error(world, 506, "Duplicate status message")


def create_photo(world: World, request: Request, page_id: str) -> Answer:
    """POST /{page}/photos by address or bytes; `published=false` keeps it for a later post."""
    page = page_for(world, request, page_id, "pages_manage_posts")
    content = _bytes_of(world, request, "source", "url")
    found = media.look(content)
    if found.kind != "image" or found.format not in PICTURES:
        raise graph_error(world, 324, "Missing or invalid image file")
    if found.size > MOST_PHOTO_BYTES:
        raise graph_error(world, 1, "Photo too large", subcode=1366046, status=400)
    key = world.store.next_id()
    alt = request.text("alt_text_custom")
    photo = {"id": key, "page": page_id, "width": found.width, "height": found.height, "alt": alt}
    photo["created"] = world.now()
    world.store.put("photo", key, photo, owner=page_id)
    world.store.put("bytes", key, {"hex": content.hex() if found.size < 2 * media.MEBIBYTE else ""})
    if not request.flag("published", True):
        return Answer({"id": key})
    draft = {"message": request.text("caption") or request.text("message"), "link": ""}
    made = put_up(world, request, page, {**draft, "photos": [key], "status_type": "added_photos"})
    return Answer({"id": key, "post_id": made.body["id"]}, commits=made.commits)


def _bytes_of(world: World, request: Request, file_name: str, url_name: str) -> bytes:
    if file_name in request.files:
        return request.files[file_name].content
    try:
        return media.fetch(request.text(url_name))
    except media.NotFetched as error:
        raise graph_error(world, 389, "Unable to fetch the file from the URL") from error


def publish_draft(world: World, request: Request, post: Doc) -> Answer:
    """POST /{post}: a draft goes live (once, however often it is asked), or its words change."""
    page = page_for(world, request, post["page"], "pages_manage_posts")
    commits: list[str] = []
    with world.store.lock:
        post = world.store.get("post", post["id"]) or post
        if request.flag("is_published", False) and not post["is_published"]:
            refuse_repeated(world, page["id"], post["message"])
            made = post["created"] if world.switches["draft_time"] == "draft" else world.now()
            post |= {"is_published": True, "created": made, "scheduled": None, "commits": post["commits"] + 1}
            commits = [post["id"]]
        if "message" in request.params:
            if post["by"] != "app":
                raise graph_error(world, 200, "You do not have permission to edit this post", status=403)
            post["message"] = request.text("message")
        if request.number("scheduled_publish_time", 0):
            post["scheduled"] = request.number("scheduled_publish_time", 0)
        world.store.put("post", post["id"], post | {"updated": world.now()}, owner=page["id"])
    return Answer({"success": True}, commits=commits)


def delete_post(world: World, request: Request, post: Doc) -> Answer:
    """DELETE /{post}."""
    page_for(world, request, post["page"], "pages_manage_posts")
    world.store.drop("post", post["id"])
    return Answer({"success": True})


def comment(world: World, request: Request, kind: str, doc: Doc, owner: str) -> Answer:
    """POST /{object}/comments."""
    scope = "instagram_manage_comments" if kind == "ig_media" else "pages_manage_engagement"
    token = token_of(world, request)
    check_scope(world, token, scope)
    message = request.text("message")
    if not message:
        raise graph_error(world, 100, "Missing message")
    key = f"{doc['id'].rpartition('_')[2]}_{world.store.next_id()}"
    made = {"id": key, "message": message, "created_time": graph_time(world.now())}
    world.store.put(kind, doc["id"], doc | {"comments": [*doc["comments"], made]}, owner=owner)
    return Answer({"id": key}, commits=[key])


def comments(world: World, request: Request, kind: str, doc: Doc) -> Answer:
    """GET /{object}/comments, newest first; the words are `message` on Facebook and `text` on Instagram."""
    token_of(world, request)
    rows = doc["comments"][::-1]
    if world.switches["list_lag_seconds"]:
        seen = graph_time(world.now() - world.switches["list_lag_seconds"])
        rows = [one for one in rows if one["created_time"] <= seen]
    if kind == "ig_media":
        account = world.store.get("instagram", doc["account"]) or {}
        rows = [
            {
                "id": one["id"],
                "text": one["message"],
                "timestamp": one["created_time"],
                "username": account.get("username", ""),
            }
            for one in rows
        ]
    else:
        rows = [{**one, "from": {"id": doc["page"]}} for one in rows]
    return Answer({"data": rows[: request.number("limit", 25)], "paging": {}})


def subscribe(world: World, request: Request, page_id: str) -> Answer:
    """POST /{page}/subscribed_apps."""
    page_for(world, request, page_id, "pages_manage_metadata")
    world.store.put("subscription", page_id, {"fields": request.sequence("subscribed_fields")})
    return Answer({"success": True})
