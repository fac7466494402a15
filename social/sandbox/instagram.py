"""Instagram by Facebook Login: containers, the quota, publishing, reading, deleting."""

from typing import Final

from social.sandbox import media
from social.sandbox.graph import check_scope, chosen, graph_error, listing, token_of
from social.sandbox.store import Doc, World, graph_time
from social.sandbox.wire import Answer, Request

DAY: Final = 86_400
MOST_IMAGE_BYTES: Final = 8 * media.MEBIBYTE
NARROWEST, WIDEST = 0.8, 1.91
LONGEST_CAPTION: Final = 2_200
MOST_HASHTAGS: Final = 30
MOST_CONTAINERS: Final = 400
MOST_CHILDREN: Final = 10
NOT_FETCHED: Final = "Only photo or video can be accepted as media type."


def account_for(world: World, request: Request, key: str, *scopes: str) -> Doc:
    """The account, after the token of its Page was checked."""
    token = token_of(world, request)
    account = world.store.get("instagram", key)
    if account is None:
        raise graph_error(world, 100, f"Object with ID '{key}' does not exist", subcode=33)
    if token["kind"] == "instagram" and token["account"] != key:
        raise graph_error(world, 10, "Application does not have permission for this action")
    if token["kind"] == "page" and token["page"] != account["page"]:
        raise graph_error(world, 10, "Application does not have permission for this action")
    check_scope(world, token, "instagram_basic", *scopes)
    return account


def create_container(world: World, request: Request, key: str) -> Answer:
    """POST /{ig}/media: a picture is looked at now, a video while it is processed."""
    account = account_for(world, request, key, "instagram_content_publish")
    recent = [
        one for one in world.store.find("container", key, MOST_CONTAINERS + 1) if _is_of_today(world, one)
    ]
    if len(recent) > MOST_CONTAINERS:
        raise graph_error(world, 9, "Container limit reached", subcode=2207042)
    kind = request.text("media_type")
    caption = request.text("caption")
    if len(caption) > LONGEST_CAPTION or caption.count("#") > MOST_HASHTAGS:
        raise graph_error(world, 36004, "The caption was too long.", subcode=2207010)
    container: Doc = {
        "id": world.store.next_id(),
        "account": account["id"],
        "kind": kind or "IMAGE",
        "caption": caption,
        "is_item": request.flag("is_carousel_item", False),
        "children": [],
        "pictures": [],
        "alt": request.text("alt_text"),
        "created": world.now(),
        "ready_at": 0.0,
        "error": "",
        "media": None,
    }
    _fill(world, request, container)
    world.store.put("container", container["id"], container, owner=account["id"])
    return Answer({"id": container["id"]})


def _fill(world: World, request: Request, container: Doc) -> None:
    if container["kind"] == "CAROUSEL":
        children = [str(one) for one in request.sequence("children")]
        found = [world.store.get("container", one) for one in children]
        if not 2 <= len(children) <= MOST_CHILDREN or not all(found):  # noqa: PLR2004 - a carousel
            raise graph_error(world, 100, "Carousel needs 2 to 10 children", subcode=2207028)
        container["children"] = children
        container["pictures"] = [picture for child in found if child for picture in child["pictures"]]
        container["ready_at"] = max(child["ready_at"] for child in found if child)
    elif request.text("image_url"):
        container["pictures"] = [_picture(world, request.text("image_url"))]
    elif request.text("video_url"):
        container["ready_at"] = world.now() + world.switches["processing_seconds"]
        content = _fetched(world, request.text("video_url"))
        if media.look(content).kind != "video":
            container["error"] = "Error: Unsupported video format. 2207026"
    else:
        raise graph_error(world, 100, "The parameter image_url is required", subcode=2207023)


def _picture(world: World, url: str) -> str:
    content = _fetched(world, url)
    found = media.look(content)
    if found.kind != "image":
        raise graph_error(world, 9004, NOT_FETCHED, subcode=2207052)
    if found.size > MOST_IMAGE_BYTES:
        raise graph_error(world, 36000, "The image size is too large.", subcode=2207004)
    if found.format not in ("JPEG", "MPO"):
        raise graph_error(world, 36001, "The image format is not supported.", subcode=2207005)
    if not NARROWEST - 0.01 <= found.ratio <= WIDEST + 0.01:
        raise graph_error(world, 36003, "The submitted image has an invalid aspect ratio.", subcode=2207009)
    key = world.store.next_id()
    world.store.put("bytes", key, {"hex": content.hex() if found.size < 2 * media.MEBIBYTE else ""})
    return key


def _fetched(world: World, url: str) -> bytes:
    try:
        return media.fetch(url)
    except media.NotFetched as error:
        raise graph_error(world, 9004, NOT_FETCHED, subcode=2207052) from error


def _is_of_today(world: World, doc: Doc) -> bool:
    return bool(doc["created"] > world.now() - DAY)


def container_status(world: World, request: Request, container: Doc) -> Answer:
    """GET /{container}."""
    token_of(world, request)
    code = _code(world, container)
    words = {
        "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
        "IN_PROGRESS": "In Progress: Media is still being processed.",
        "PUBLISHED": "Published: Media has been successfully published.",
        "EXPIRED": "Expired: Media was not published within 24 hours. 2207020",
        "ERROR": container["error"],
    }
    return Answer(chosen({"id": container["id"], "status_code": code, "status": words[code]}, request, ()))


def _code(world: World, container: Doc) -> str:
    if container["media"]:
        return "PUBLISHED"
    if container["error"]:
        return "ERROR"
    if not _is_of_today(world, container):
        return "EXPIRED"
    return "FINISHED" if world.now() >= container["ready_at"] else "IN_PROGRESS"


def publish(world: World, request: Request, key: str) -> Answer:
    """POST /{ig}/media_publish: the quota counts here, and a container is published once."""
    account = account_for(world, request, key, "instagram_content_publish")
    with world.store.lock:
        container = world.store.get("container", request.text("creation_id"))
        if container is None or container["account"] != key:
            raise graph_error(world, 24, "The requested resource does not exist", subcode=2207008)
        code = _code(world, container)
        if code == "PUBLISHED" and world.switches["republish_container"] == "same":
            return Answer({"id": container["media"]})
        if code == "EXPIRED":
            raise graph_error(world, -2, "The media is expired", subcode=2207020)
        if code != "FINISHED":
            raise graph_error(world, 9007, "Media ID is not available", subcode=2207027)
        if _used(world, key) >= world.switches["instagram_quota_total"]:
            raise graph_error(world, 9, "Application request limit reached", subcode=2207042)
        made = new_media(world, account, container)
        world.store.put("container", container["id"], container | {"media": made["id"]}, owner=key)
    return Answer({"id": made["id"]}, commits=[made["id"]])


def new_media(world: World, account: Doc, container: Doc, by: str = "app") -> Doc:
    """Write a media into the store."""
    is_video = container["kind"] in ("REELS", "VIDEO")
    types = {"CAROUSEL": "CAROUSEL_ALBUM", "REELS": "VIDEO", "STORIES": "IMAGE", "VIDEO": "VIDEO"}
    key = world.store.next_id()
    doc = {
        "id": key,
        "account": account["id"],
        "caption": container["caption"],
        "media_type": types.get(container["kind"], "IMAGE"),
        "media_product_type": {"REELS": "REELS", "STORIES": "STORY"}.get(container["kind"], "FEED"),
        "created": world.now(),
        "children": container["children"],
        "pictures": container["pictures"],
        "is_video": is_video,
        "comments": [],
        "likes": 0,
        "by": by,
        "commits": 1,
    }
    return world.store.put("ig_media", key, doc, owner=account["id"])


def _used(world: World, key: str) -> int:
    made = world.store.find("ig_media", key, 500)
    return len([one for one in made if _is_of_today(world, one) and one["by"] == "app"])


def limit(world: World, request: Request, key: str) -> Answer:
    """GET /{ig}/content_publishing_limit."""
    account_for(world, request, key, "instagram_content_publish")
    config = {"quota_total": world.switches["instagram_quota_total"], "quota_duration": DAY}
    return Answer({"data": [{"quota_usage": _used(world, key), "config": config}]})


def itself(world: World, request: Request, account: Doc) -> Answer:
    """GET /{ig}."""
    account_for(world, request, account["id"])
    doc = {
        "id": account["id"],
        "username": account["username"],
        "name": account["name"],
        "followers_count": 830,
    }
    return Answer(chosen(doc, request, ()))


def media_list(world: World, request: Request, key: str) -> Answer:
    """GET /{ig}/media, newest first."""
    account = account_for(world, request, key)
    seen_until = world.now() - world.switches["list_lag_seconds"]
    since, until = request.number("since", 0), request.number("until", 2**40)
    rows = [
        chosen(media_fields(world, one, account), request, ())
        for one in world.store.find("ig_media", key)
        if since <= one["created"] <= min(until, seen_until) and one["media_product_type"] != "STORY"
    ]
    return Answer(listing(world, request, f"{key}/media", rows))


def children(world: World, request: Request, doc: Doc) -> Answer:
    """GET /{media}/children: the parts of an album."""
    account_for(world, request, doc["account"])
    found = [world.store.get("container", key) or {} for key in doc["children"]]
    rows = [{"id": one["id"], "media_type": "IMAGE"} for one in found if one]
    return Answer({"data": [chosen(one, request, ()) for one in rows]})


def one_media(world: World, request: Request, doc: Doc) -> Answer:
    """GET /{media}."""
    account = account_for(world, request, doc["account"])
    return Answer(chosen(media_fields(world, doc, account), request, ()))


def media_fields(world: World, doc: Doc, account: Doc) -> Doc:
    """A media as Graph tells it."""
    picture = doc["pictures"][0] if doc["pictures"] else None
    return {
        "id": doc["id"],
        "caption": doc["caption"] or None,
        "media_type": doc["media_type"],
        "media_product_type": doc["media_product_type"],
        "timestamp": graph_time(doc["created"]),
        "permalink": f"{world.base_url}/feeds/instagram/{account['id']}#{doc['id']}",
        "media_url": f"{world.base_url}/feeds/bytes/{picture}" if picture else None,
        "children": {"data": [{"id": one} for one in doc["children"]]} if doc["children"] else None,
        "like_count": doc["likes"],
        "comments_count": len(doc["comments"]),
        "username": account["username"],
        "owner": {"id": account["id"]},
    }


def delete(world: World, request: Request, doc: Doc) -> Answer:
    """DELETE /{media}."""
    account_for(world, request, doc["account"], "instagram_manage_contents")
    world.store.drop("ig_media", doc["id"])
    return Answer({"success": True, "deleted_id": doc["id"]})
