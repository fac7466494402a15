"""What staff do day by day, by the official SDKs: schedule, change, reply, albums, films, descriptions, numbers."""

from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.exceptions import FacebookRequestError
from xdk import Client
from xdk.media.models import (
    AppendUploadRequest,
    CreateMetadataRequest,
    InitializeUploadRequest,
)
from xdk.posts.models import CreateRequest

from social.sandbox.server import Sandbox
from social.sandbox.x_login import CLIENT_ID, CLIENT_SECRET
from tests.social.films import film
from tests.social.sandboxes import REDIRECT, X_SCOPES, committed, consent, control, sandbox
from tests.social.test_sandbox_sdks import graph, page_api, picture, served

__all__ = ["graph", "sandbox"]


def test_facebooks_sdk_schedules_moves_changes_and_replies(sandbox: Sandbox, graph: Any) -> None:
    account, api = page_api(graph)
    page, now = Page(account["id"], api=api), sandbox.world.now()

    later = page.create_feed(
        params={"message": "Cup", "published": False, "scheduled_publish_time": int(now) + 7_200}
    )
    (planned,) = page.get_scheduled_posts(fields=["id", "scheduled_publish_time"])
    PagePost(later["id"], api=api).api_update(params={"scheduled_publish_time": int(now) + 9_000})
    (moved,) = page.get_scheduled_posts(fields=["id", "scheduled_publish_time"])
    assert (planned["id"], moved["scheduled_publish_time"]) == (later["id"], int(now) + 9_000)
    assert committed(sandbox) == []

    made = page.create_feed(params={"message": "Open"})
    post = PagePost(made["id"], api=api)
    post.api_update(params={"message": "Open again"})
    reply = post.create_comment(params={"message": "See you"})
    (comment,) = post.get_comments(fields=["id", "message"])

    assert post.api_get(fields=["message"])["message"] == "Open again"
    assert (comment["id"], comment["message"]) == (reply["id"], "See you")
    with pytest.raises(FacebookRequestError):
        page.create_feed(
            params={"message": "Too soon", "published": False, "scheduled_publish_time": int(now) + 9}
        )


def test_facebooks_sdk_puts_up_a_film_a_reel_and_photos_and_lists_them(
    sandbox: Sandbox, graph: Any, tmp_path: Path
) -> None:
    account, api = page_api(graph)
    page, path = Page(account["id"], api=api), tmp_path / "round.mp4"
    path.write_bytes(film(seconds=4))
    address = served(sandbox, path.read_bytes())

    video = page.create_video(params={"file_url": address, "description": "The 9th"})
    begun = page.create_video_reel(params={"upload_phase": "start"})
    sent = requests.post(
        begun["upload_url"],
        headers={"Authorization": f"OAuth {account['access_token']}", "file_url": address},
        timeout=60,
    )
    page.create_video_reel(
        params={"upload_phase": "finish", "video_id": begun["video_id"], "video_state": "PUBLISHED",
                "description": "A reel"}
    )  # fmt: skip
    page.create_photo(params={"url": served(sandbox, picture()), "caption": "Green"})

    assert sent.json() == {"success": True}
    listed = {one["id"]: one["description"] for one in page.get_videos(fields=["id", "description"])}
    assert listed == {video["id"]: "The 9th", begun["video_id"]: "A reel"}
    assert begun["video_id"] in [one["id"] for one in page.get_video_reels(fields=["id"])]
    assert len(committed(sandbox)) == 3
    numbers = page.get_insights(params={"metric": "page_media_view", "period": "day"})
    assert numbers[0]["name"] == "page_media_view"


def test_facebooks_sdk_makes_an_album_on_instagram_and_reads_it(sandbox: Sandbox, graph: Any) -> None:
    account, api = page_api(graph)
    found = Page(account["id"], api=api).api_get(fields=["instagram_business_account"])
    user = IGUser(found["instagram_business_account"]["id"], api=api)
    parts = [
        user.create_media(
            params={"image_url": served(sandbox, picture(1080, 1080 + size)), "is_carousel_item": True}
        )["id"]
        for size in range(3)
    ]

    album = user.create_media(params={"media_type": "CAROUSEL", "children": parts, "caption": "Three"})
    made = user.create_media_publish(params={"creation_id": album["id"]})
    media = IGMedia(made["id"], api=api)
    control(sandbox, "clock", {"advance": 7200})
    media.create_comment(params={"message": "See you"})

    assert len(media.get_children(fields=["id"])) == 3
    assert [one["text"] for one in media.get_comments(fields=["id", "text"])] == ["See you"]
    told = {
        one["name"]: one["values"][0]["value"] for one in media.get_insights(params={"metric": "views,reach"})
    }
    assert told["views"] > 0
    (room,) = user.get_content_publishing_limit(fields=["config", "quota_usage"])
    assert (room["quota_usage"], room["config"]["quota_total"]) == (1, 50)
    media.api_delete()
    assert list(user.get_media(fields=["id"])) == []


def test_xs_sdk_sends_a_film_in_parts_describes_replies_and_reads(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    made = control(sandbox, "account", {"name": "Fairview"})
    client = Client(
        base_url=f"{sandbox.url}/x-api",
        authorization_base_url=f"{sandbox.url}/x/i",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uri=REDIRECT,
        scope=X_SCOPES,
    )
    address, _, query = client.get_authorization_url("state").partition("?")
    back = consent(address, {**dict(parse_qsl(query)), "user": made["x"], "decision": "yes"})
    client.exchange_code(back["code"])
    content = film(seconds=4)

    begun = client.media.initialize_upload(
        InitializeUploadRequest.model_validate(
            {"media_type": "video/mp4", "total_bytes": len(content), "media_category": "tweet_video"}
        )
    )
    half = len(content) // 2
    for index, part in enumerate((content[:half], content[half:])):
        body = {"segment_index": index, "media": b64encode(part).decode()}
        client.media.append_upload(begun.data.id, AppendUploadRequest.model_validate(body))
    client.media.finalize_upload(begun.data.id)
    state = client.media.get_upload_status(begun.data.id, command="STATUS")
    words = {"id": begun.data.id, "metadata": {"alt_text": {"text": "A round"}}}
    client.media.create_metadata(CreateMetadataRequest.model_validate(words))
    body = {"text": "A film", "media": {"media_ids": [begun.data.id]}}
    post = client.posts.create(CreateRequest.model_validate(body))
    reply = client.posts.create(
        CreateRequest.model_validate({"text": "See you", "reply": {"in_reply_to_tweet_id": post.data.id}})
    )
    timeline = next(iter(client.users.get_posts(made["x"], max_results=10, exclude=["replies"])))

    assert state.data.processing_info.state == "succeeded"
    assert [one.id for one in timeline.data] == [post.data.id]
    assert committed(sandbox) == [post.data.id, reply.data.id]
