"""The stand-in for tests, and the consent of a person in it without a browser."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from social.sandbox.server import Sandbox

REDIRECT = "https://club.example/callback"
META_SCOPES = (
    "pages_show_list,pages_manage_posts,pages_read_engagement,pages_manage_engagement,read_insights,"
    "instagram_basic,instagram_content_publish,instagram_manage_insights,instagram_manage_comments,"
    "instagram_manage_contents,pages_manage_metadata,business_management"
)
X_SCOPES = "tweet.read tweet.write users.read media.write offline.access"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-in on a port of its own."""
    server = Sandbox().start()
    yield server
    server.stop()


def control(sandbox: Sandbox, path: str, body: Any = None) -> Any:
    """Pull a lever of the stand-in."""
    return requests.post(
        f"{sandbox.url}/control/{path}", json=body if body is not None else {}, timeout=10
    ).json()


def committed(sandbox: Sandbox) -> list[str]:
    """Everything that became visible, by the ledger."""
    return [one for call in control(sandbox, "ledger")["calls"] for one in call["commits"]]


def consent(url: str, values: dict[str, str]) -> dict[str, str]:
    """Say yes on a consent page; what the app is called back with."""
    answer = requests.post(url, data=values, allow_redirects=False, timeout=60)
    assert answer.status_code == 302, answer.text
    return {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
