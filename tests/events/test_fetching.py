"""One file from an address that somebody named: only from the public Internet, in time, of a bounded size."""

import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from events.fetching import NotFetched, fetch
from tests.events.file_host import FileHost, Page, file_host
from tests.events.test_webhook_addresses import PUBLIC, names_lead_to

MOST = 1_000


@pytest.fixture
def host(settings: Settings) -> Iterator[FileHost]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with file_host() as running:
        yield running


def get(url: str, seconds: float = 15) -> bytes:
    return fetch(url, longest=MOST, accept="image/*", seconds=seconds)


def refusal(url: str, seconds: float = 15) -> tuple[str, bool]:
    with pytest.raises(NotFetched) as refused:
        get(url, seconds)
    return refused.value.message, refused.value.is_passing


def test_a_file_comes_whole_also_over_redirects_and_without_a_length(host: FileHost) -> None:
    host.pages["/a.jpg"] = Page(b"x" * MOST)
    host.pages["/b.jpg"] = Page(status=302, headers={"location": "/a.jpg#top"})
    host.pages["/c.jpg"] = Page(b"y" * 10, length=None)

    assert get(f"{host.url}/b.jpg") == b"x" * MOST
    assert get(f" {host.url}/c.jpg#part ") == b"y" * 10
    assert host.asked == ["/b.jpg", "/a.jpg", "/c.jpg"]


@pytest.mark.parametrize(
    ("page", "words", "is_passing"),
    [
        (Page(b"x", status=404), "answered with status 404", False),
        (Page(b"x", status=403), "answered with status 403", False),
        (Page(b"x", status=204), "answered with status 204", False),
        (Page(b"x", status=429), "answered with status 429", True),
        (Page(b"x", status=503), "answered with status 503", True),
        (Page(b"", length=10**12), "larger than", False),
        (Page(b"", length=10**30), "larger than", False),
        (Page(b"x" * (MOST + 1), length=None), "larger than", False),
        (Page(b"x" * 5, length=9), "cannot be reached", True),
        (Page(status=301, headers={"location": "/self"}), "sends on more than 3 times", False),
        (Page(status=301, headers={"location": "file:///etc/passwd"}), "begin with https", False),
        (Page(status=301, headers={"location": "http://user:pw@127.0.0.1/"}), "user name", False),
    ],
)
def test_what_is_no_file_is_refused_with_the_reason(
    host: FileHost, page: Page, words: str, is_passing: bool
) -> None:
    host.pages["/self"] = page

    said, passes = refusal(f"{host.url}/self")

    assert words in said
    assert passes is is_passing


def test_one_that_drips_is_cut_when_the_time_is_up(host: FileHost) -> None:
    host.pages["/slow"] = Page(b"x" * 10, length=None, waits_for=threading.Event())

    assert refusal(f"{host.url}/slow", seconds=0.3) == ("Its address did not answer in time.", True)


def test_private_addresses_are_not_asked_not_even_over_a_redirect_or_another_name(
    host: FileHost, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False
    port = host.server.server_port

    inside = ("Its address leads into a private network.", False)
    assert refusal(f"https://127.0.0.1:{port}/a") == inside
    assert refusal(f"https://[::ffff:127.0.0.1]:{port}/a") == inside
    assert refusal("https://169.254.169.254/latest/meta-data/") == inside
    assert refusal(f"{host.url}/a") == ("The URL must begin with https://.", False)
    names_lead_to(monkeypatch, [PUBLIC, "127.0.0.1"])
    assert refusal(f"https://both.example:{port}/a") == inside
    assert host.asked == []


def test_a_name_that_leads_nowhere_may_lead_somewhere_later() -> None:
    assert refusal("https://nowhere.invalid/a.jpg") == ("The name nowhere.invalid cannot be found.", True)
