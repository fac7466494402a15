"""Media of X: in one go, in parts, processed for a while, with an alternative text."""

import base64
from typing import Final

from social.sandbox import media
from social.sandbox.store import Doc, World
from social.sandbox.wire import Answer, Request
from social.sandbox.x_errors import count_call, invalid, problem, token_of

DAY: Final = 86_400
MOST_IMAGE_BYTES: Final = 5 * media.MEBIBYTE
MOST_VIDEO_BYTES: Final = 512 * media.MEBIBYTE
MOST_PARTS: Final = 999
LONGEST_ALT: Final = 1000
IMAGES: Final = frozenset({"JPEG", "PNG", "WEBP", "MPO"})


def upload(world: World, request: Request) -> Answer:
    """POST /2/media/upload: an image in one go."""
    token = token_of(world, request, "media.write")
    headers = count_call(world, "POST media", token["user"])
    doc = _new(world, token["user"], "tweet_image")
    _finish(world, doc, _content(request))
    return Answer({"data": _fields(world, doc)}, headers=headers)


def initialize(world: World, request: Request) -> Answer:
    """POST /2/media/upload/initialize."""
    token = token_of(world, request, "media.write")
    headers = count_call(world, "POST media", token["user"])
    if request.number("total_bytes", 0) < 1:
        raise invalid("total_bytes is required")
    if request.number("total_bytes", 0) > MOST_VIDEO_BYTES:
        raise problem(400, "Bad Request", "maxFileSizeExceeded", "invalid-request")
    doc = _new(world, token["user"], request.text("media_category", "tweet_image"))
    doc["total"] = request.number("total_bytes", 0)
    world.store.put("x_media", doc["id"], doc)
    return Answer({"data": _fields(world, doc)}, headers=headers)


def append(world: World, request: Request, key: str) -> Answer:
    """POST /2/media/upload/{id}/append."""
    token = token_of(world, request, "media.write")
    headers = count_call(world, "POST media", token["user"])
    doc = _own(world, key, token["user"])
    index = request.number("segment_index", -1)
    if not 0 <= index <= MOST_PARTS:
        raise invalid("segment_index is not between 0 and 999", segment_index=[str(index)])
    world.store.put("x_part", f"{key}:{index:04d}", {"hex": _content(request).hex()}, owner=key)
    return Answer({"data": {"expires_at": int(doc["until"])}}, headers=headers)


def finalize(world: World, request: Request, key: str) -> Answer:
    """POST /2/media/upload/{id}/finalize: parts become a file, a video is processed for a while."""
    token = token_of(world, request, "media.write")
    headers = count_call(world, "POST media", token["user"])
    doc = _own(world, key, token["user"])
    parts = [world.store.get("x_part", one) or {} for one in sorted(world.store.keys("x_part", key))]
    content = b"".join(bytes.fromhex(part["hex"]) for part in parts)
    if len(content) != doc["total"]:
        raise invalid("Segments do not add up to provided total file size.")
    _finish(world, doc, content)
    for one in world.store.keys("x_part", key):
        world.store.drop("x_part", one)
    return Answer({"data": _fields(world, doc)}, headers=headers)


def status(world: World, request: Request) -> Answer:
    """GET /2/media/upload?command=STATUS."""
    token = token_of(world, request, "media.write")
    headers = count_call(world, "POST media", token["user"])
    return Answer(
        {"data": _fields(world, _own(world, request.text("media_id"), token["user"]))}, headers=headers
    )


def describe(world: World, request: Request) -> Answer:
    """POST /2/media/metadata: the alternative text."""
    token = token_of(world, request, "media.write")
    doc = _own(world, request.text("id"), token["user"])
    given = request.params.get("metadata")
    text = str(((given if isinstance(given, dict) else {}).get("alt_text") or {}).get("text", ""))
    if len(text) > LONGEST_ALT:
        raise invalid("alt_text is longer than 1000")
    world.store.put("x_media", doc["id"], doc | {"alt": text})
    return Answer({"data": {"id": doc["id"], "associated_metadata": {"alt_text": {"text": text}}}})


def _content(request: Request) -> bytes:
    if "media" in request.files:
        return request.files["media"].content
    try:
        return base64.b64decode(request.text("media"), validate=True)
    except ValueError as error:
        raise invalid("media is not base64") from error


def _new(world: World, user: str, category: str) -> Doc:
    doc: Doc = {
        "id": world.store.next_id(),
        "user": user,
        "category": category,
        "type": {"tweet_gif": "animated_gif", "tweet_image": "photo"}.get(category, "video"),
        "until": world.now() + DAY,
        "finalized": False,
        "ready_at": 0.0,
        "size": 0,
        "width": 0,
        "height": 0,
        "error": "",
    }
    return world.store.put("x_media", doc["id"], doc)


def _own(world: World, key: str, user: str) -> Doc:
    doc = world.store.get("x_media", key)
    if doc is None or doc["user"] != user:
        raise problem(400, "Bad Request", "Your media IDs are invalid.", "invalid-request")
    return doc


def _finish(world: World, doc: Doc, content: bytes) -> None:
    found = media.look(content)
    is_image = doc["type"] == "photo"
    if is_image and (found.kind != "image" or found.format not in IMAGES):
        raise problem(400, "Bad Request", "media type unrecognized.", "invalid-request")
    if is_image and found.size > MOST_IMAGE_BYTES:
        raise problem(400, "Bad Request", f"File size exceeds {MOST_IMAGE_BYTES} bytes.", "invalid-request")
    wait = 0 if is_image else world.switches["processing_seconds"]
    if doc["type"] == "video" and found.kind != "video":
        doc["error"] = "InvalidMedia"
    doc |= {"finalized": True, "size": found.size, "width": found.width, "height": found.height}
    doc["ready_at"] = world.now() + wait
    world.store.put("x_media", doc["id"], doc)
    small = content.hex() if is_image and found.size < 2 * media.MEBIBYTE else ""
    world.store.put("bytes", doc["id"], {"hex": small})


def _fields(world: World, doc: Doc) -> Doc:
    fields: Doc = {"id": doc["id"], "media_key": f"3_{doc['id']}", "expires_after_secs": DAY}
    if doc["finalized"]:
        fields["size"] = doc["size"]
    if doc["finalized"] and doc["type"] == "photo":
        fields["image"] = {"w": doc["width"], "h": doc["height"], "image_type": "image/jpeg"}
    elif doc["finalized"]:
        fields["processing_info"] = _processing(world, doc)
    return fields


def _processing(world: World, doc: Doc) -> Doc:
    if doc["error"]:
        error = {"code": 1, "name": doc["error"], "message": "Unsupported video format"}
        return {"state": "failed", "progress_percent": 100, "error": error}
    left = doc["ready_at"] - world.now()
    if left > 0:
        return {"state": "in_progress", "check_after_secs": max(1, min(5, int(left))), "progress_percent": 40}
    return {"state": "succeeded", "progress_percent": 100}
