"""Videos and reels of a Page: sessions, bytes, processing, the step that makes them public."""

from typing import Final

from social.sandbox import media
from social.sandbox.graph import graph_error
from social.sandbox.pages import page_for, put_up
from social.sandbox.store import Doc, World, graph_time
from social.sandbox.wire import Answer, Request

PART: Final = 4 * media.MEBIBYTE
DAY: Final = 86_400


def create_video(world: World, request: Request, page_id: str) -> Answer:
    """POST /{page}/videos in one go, or by start, transfer, finish, cancel."""
    page = page_for(world, request, page_id, "pages_manage_posts")
    phase = request.text("upload_phase")
    if phase == "start":
        video = _new(world, page, request.number("file_size", 0))
        window = {"start_offset": "0", "end_offset": str(min(PART, video["size"]))}
        return Answer({"upload_session_id": video["id"], "video_id": video["id"], **window})
    if phase:
        return _continue(world, request, page, phase)
    content = request.files["source"].content if "source" in request.files else _fetch(world, request)
    video = _new(world, page, len(content))
    _receive(world, video, content)
    _publish(world, request, page, video, request.text("description"))
    return Answer({"id": video["id"]}, commits=[video["id"]])


def _continue(world: World, request: Request, page: Doc, phase: str) -> Answer:
    video = world.store.get("video", request.text("upload_session_id"))
    if video is None:
        raise graph_error(world, 6000, "There was a problem uploading your video", subcode=1363031)
    if phase == "transfer":
        if request.number("start_offset", -1) != video["received"]:
            raise graph_error(world, 6001, "OffsetInvalidError", subcode=1363037)
        _receive(world, video, request.files["video_file_chunk"].content)
        end = min(video["received"] + PART, video["size"])
        return Answer({"start_offset": str(video["received"]), "end_offset": str(end)})
    if phase == "cancel":
        world.store.drop("video", video["id"])
        return Answer({"success": True})
    _publish(world, request, page, video, request.text("description"))
    return Answer({"success": True}, commits=[video["id"]])


def reels(world: World, request: Request, page_id: str) -> Answer:
    """POST /{page}/video_reels: start gives id and address, finish publishes."""
    page = page_for(world, request, page_id, "pages_manage_posts")
    if request.text("upload_phase") == "start":
        video = _new(world, page, 0)
        version = request.params.get("_version", "v26.0")
        return Answer(
            {
                "video_id": video["id"],
                "upload_url": f"{world.base_url}/rupload/video-upload/{version}/{video['id']}",
            }
        )
    found = world.store.get("video", request.text("video_id"))
    if found is None or not found["received"]:
        raise graph_error(world, 6000, "There was a problem uploading your video", subcode=1363031)
    if request.text("video_state") != "PUBLISHED":
        world.store.put("video", found["id"], found | {"publish_status": "draft"}, owner=page_id)
        return Answer({"success": True})
    with world.store.lock:
        recent = [
            one
            for one in world.store.find("video", page_id)
            if one.get("published_at", 0) > world.now() - DAY
        ]
        if len(recent) >= world.switches["reel_limit"]:
            raise graph_error(
                world, 368, "The action attempted has been deemed abusive or is otherwise disallowed"
            )
        commits = [] if found.get("published_at") else [found["id"]]
        if commits:
            _publish(world, request, page, found, request.text("description"))
    return Answer({"success": True}, commits=commits)


def receive_bytes(world: World, request: Request, key: str) -> Answer:
    """The upload host: bytes from an offset, or the address of a file."""
    video = world.store.get("video", key)
    if video is None or not request.bearer:
        info = {"retriable": False, "type": "NotAuthorizedError", "message": "Not authorized"}
        return Answer({"debug_info": info}, 400)
    if request.headers.get("file_url"):
        content = _fetch(world, request, request.headers["file_url"])
    else:
        content = request.body
        if int(request.headers.get("offset", "0")) != video["received"]:
            info = {"retriable": True, "type": "OffsetInvalidError", "message": "Offset does not match"}
            return Answer({"debug_info": info}, 400)
    _receive(world, video, content)
    return Answer({"success": True})


def status_of(world: World, video: Doc) -> Doc:
    """`status` of a video by its phases."""
    is_ready = video["received"] > 0 and world.now() >= video["ready_at"]
    state = "ready" if is_ready else "processing" if video["received"] else "uploading"
    publishing: Doc = {"status": "complete" if video.get("published_at") else "not_started"}
    if video.get("published_at"):
        publishing |= {"publish_status": "published", "publish_time": graph_time(video["published_at"])}
    return {
        "video_status": state,
        "uploading_phase": {
            "status": "complete" if video["received"] else "in_progress",
            "bytes_transfered": video["received"],
        },
        "processing_phase": {"status": "complete" if is_ready else "in_progress"},
        "publishing_phase": publishing,
    }


def _new(world: World, page: Doc, size: int) -> Doc:
    key = world.store.next_id()
    video = {
        "id": key,
        "page": page["id"],
        "size": size,
        "received": 0,
        "ready_at": 0,
        "created": world.now(),
    }
    return world.store.put("video", key, video, owner=page["id"])


def _receive(world: World, video: Doc, content: bytes) -> None:
    if not video["received"] and media.look(content).kind != "video":
        raise graph_error(world, 6001, "The video file you selected is in a format that we don't support.")
    ready = world.now() + world.switches["processing_seconds"]
    video |= {"received": video["received"] + len(content), "ready_at": ready}
    world.store.put("video", video["id"], video, owner=video["page"])


def _publish(world: World, request: Request, page: Doc, video: Doc, text: str) -> None:
    draft = {"message": text, "link": "", "photos": [], "status_type": "added_video", "video": video["id"]}
    post = put_up(world, request, page, draft).body["id"]
    world.store.put(
        "video", video["id"], video | {"published_at": world.now(), "post": post}, owner=page["id"]
    )


def _fetch(world: World, request: Request, url: str = "") -> bytes:
    try:
        return media.fetch(url or request.text("file_url"))
    except media.NotFetched as error:
        raise graph_error(world, 389, "Unable to fetch video file from URL.") from error
