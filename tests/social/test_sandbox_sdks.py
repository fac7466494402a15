"""The official SDKs, unchanged but for the address, connect, publish, read, delete and read numbers."""

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from PIL import Image
from xdk import Client
from xdk.media.models import UploadRequest
from xdk.posts.models import CreateRequest

from social.sandbox.graph import APP_ID, APP_SECRET
from social.sandbox.server import Sandbox
from social.sandbox.x_login import CLIENT_ID, CLIENT_SECRET
from tests.social.sandboxes import META_SCOPES, REDIRECT, X_SCOPES, committed, consent, control, sandbox

__all__ = ["sandbox"]


def picture(width: int = 1080, height: int = 1080, kind: str = "JPEG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), "green").save(buffer, kind)
    return buffer.getvalue()


def served(sandbox: Sandbox, content: bytes) -> str:
    """The bytes behind an address, as a club's media server gives them."""
    key = sandbox.world.store.next_id()
    sandbox.world.store.put("bytes", key, {"hex": content.hex()})
    return f"{sandbox.url}/feeds/bytes/{key}"


@pytest.fixture
def graph(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A user's long token in the official SDK."""
    monkeypatch.setattr(FacebookSession, "GRAPH", f"{sandbox.url}/graph")
    made = control(sandbox, "account", {"name": "Fairview"})
    values = {"client_id": APP_ID, "redirect_uri": REDIRECT, "state": "s", "scope": META_SCOPES}
    values |= {"person": made["person"], "decision": "yes", "pages": ",".join(made["pages"])}
    back = consent(f"{sandbox.url}/facebook/v26.0/dialog/oauth", values)
    app = {"client_id": APP_ID, "client_secret": APP_SECRET}
    address = f"{sandbox.url}/graph/v26.0/oauth/access_token"
    short = requests.get(address, {**app, "redirect_uri": REDIRECT, "code": back["code"]}, timeout=60).json()
    grant = {"grant_type": "fb_exchange_token", "fb_exchange_token": short["access_token"]}
    long = requests.get(address, {**app, **grant}, timeout=60).json()
    assert long["expires_in"] == 5_183_944
    yield FacebookAdsApi.init(APP_ID, APP_SECRET, long["access_token"], crash_log=False)
    FacebookAdsApi.set_default_api(None)


def page_api(graph: Any) -> tuple[Any, FacebookAdsApi]:
    (account,) = User("me", api=graph).get_accounts(fields=["name", "access_token"])
    session = FacebookSession(APP_ID, APP_SECRET, account["access_token"])
    return account, FacebookAdsApi(session)


def test_facebooks_sdk_publishes_reads_counts_and_deletes(sandbox: Sandbox, graph: Any) -> None:
    account, api = page_api(graph)
    page = Page(account["id"], api=api)

    made = page.create_feed(params={"message": "Course open", "link": "https://club.example/"})
    control(sandbox, "clock", {"advance": 7200})
    read = PagePost(made["id"], api=api).api_get(fields=["message", "permalink_url", "is_published"])
    (listed,) = page.get_published_posts(fields=["id", "message"])
    numbers = PagePost(made["id"], api=api).get_insights(params={"metric": "post_media_view,post_clicks"})

    assert committed(sandbox) == [made["id"]]
    assert (read["message"], read["is_published"], listed["id"]) == ("Course open", True, made["id"])
    assert numbers[0]["values"][0]["value"] > 0
    with pytest.raises(FacebookRequestError) as refused:
        PagePost(made["id"], api=api).get_insights(params={"metric": "post_media_view,post_impressions"})
    assert refused.value.api_error_code() == 100
    PagePost(made["id"], api=api).api_delete()
    assert list(page.get_published_posts()) == []


def test_facebooks_sdk_makes_a_draft_with_two_photos_live_once(sandbox: Sandbox, graph: Any) -> None:
    account, api = page_api(graph)
    page, photos = Page(account["id"], api=api), []
    for number in range(2):
        url = served(sandbox, picture(1080, 1080 + number))
        photos.append(page.create_photo(params={"url": url, "published": False})["id"])

    attached = [{"media_fbid": one} for one in photos]
    draft = page.create_feed(params={"message": "Two", "published": False, "attached_media": attached})
    assert committed(sandbox) == []
    for _ in range(2):
        PagePost(draft["id"], api=api).api_update(params={"is_published": True})

    assert committed(sandbox) == [draft["id"]]


def test_facebooks_sdk_publishes_a_container_once(sandbox: Sandbox, graph: Any) -> None:
    account, api = page_api(graph)
    found = Page(account["id"], api=api).api_get(fields=["instagram_business_account"])
    user = IGUser(found["instagram_business_account"]["id"], api=api)
    control(sandbox, "switches", {"instagram_quota_total": 1})
    url = served(sandbox, picture())

    container = user.create_media(params={"image_url": url, "caption": "Green"})
    made = user.create_media_publish(params={"creation_id": container["id"]})

    assert committed(sandbox) == [made["id"]]
    with pytest.raises(FacebookRequestError):
        user.create_media_publish(params={"creation_id": container["id"]})
    second = user.create_media(params={"image_url": url, "caption": "Two"})
    with pytest.raises(FacebookRequestError) as refused:
        user.create_media_publish(params={"creation_id": second["id"]})
    assert (refused.value.api_error_code(), refused.value.api_error_subcode()) == (9, 2207042)
    (listed,) = user.get_media(fields=["id", "caption", "timestamp"])
    assert (listed["id"], listed["caption"]) == (made["id"], "Green")


def test_xs_sdk_connects_publishes_reads_counts_and_deletes(
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
    plain = dict(parse_qsl(query))
    back = consent(address, {**plain, "user": made["x"], "decision": "yes"})
    client.exchange_code(back["code"])

    media = client.media.upload(
        UploadRequest.model_validate(
            {"media": b64encode(picture()).decode(), "media_category": "tweet_image"}
        )
    )
    body = {"text": "Open again https://club.example/a & more", "media": {"media_ids": [media.data.id]}}
    post = client.posts.create(CreateRequest.model_validate(body))
    me = client.users.get_me()
    control(sandbox, "clock", {"advance": 1800})
    read = client.posts.get_by_ids([post.data.id], post_fields=["public_metrics", "entities"])

    assert me.data.username == "fairview"
    assert "https://t.co/" in read.data[0].text
    assert "&amp;" in read.data[0].text
    assert read.data[0].public_metrics.impression_count > 0
    assert committed(sandbox) == [post.data.id]
    with pytest.raises(requests.HTTPError) as refused:
        client.posts.create(CreateRequest.model_validate(body))
    assert refused.value.response.status_code == 403
    client.posts.delete(post.data.id)
    assert client.posts.get_by_ids([post.data.id]).errors
