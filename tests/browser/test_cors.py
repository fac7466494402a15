"""A page of another origin calls the API as a front end does; Chromium decides what it may read."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from profiles.editing import create_customer
from tenants.scope import tenant_scope
from tests import factories
from tests.browser.conftest import PATIENCE_MS
from tests.cast import Club

# Each name is another origin than the API's, and than the other one's.
LISTED_HOST, OTHER_HOST = "localhost", "127.0.0.1"
CALL = """
async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        const text = await answer.text();
        return {status: answer.status, etag: answer.headers.get('ETag'), requestId: answer.headers.get('X-Request-Id'),
                body: text ? JSON.parse(text) : null};
    } catch (error) {
        return {error: error.name};
    }
}
"""


class EmptyPage(BaseHTTPRequestHandler):
    """A web site with one page and nothing on it."""

    def do_GET(self) -> None:
        """The page."""
        content = b"<!doctype html><title>App</title><h1>App</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Where the other web site listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def app(browser: Browser, port: int, settings: Any) -> Iterator[Page]:
    """The page of the listed origin."""
    settings.CRM_CORS_ORIGINS = [f"http://{LISTED_HOST}:{port}"]
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.goto(f"http://{LISTED_HOST}:{port}/")
    yield opened
    opened.close()


def call(page: Page, url: str, **options: Any) -> Any:
    return page.evaluate(CALL, [url, options])


@pytest.fixture
def customer(live_server: LiveServer, fairview: Club) -> tuple[str, dict[str, str]]:
    """The address of a customer at the API, and the headers of a front end that may edit."""
    with tenant_scope(fairview.tenant):
        made = create_customer({"firstName": "Ann", "lastName": "Nel", "email": "ann@example.com"})
    headers = factories.bearer(fairview.tenant) | {"X-Tenant-Id": fairview.tenant.slug}
    return f"{live_server.url}/api/v1/customers/{made.pk}", headers


@pytest.mark.django_db(transaction=True)
def test_a_listed_page_reads_edits_and_is_told_of_a_conflict(
    app: Page, customer: tuple[str, dict[str, str]]
) -> None:
    url, headers = customer
    sent = headers | {"Content-Type": "application/json", "Idempotency-Key": "edit-1"}

    read = call(app, url, headers=headers)
    edited = call(
        app, url, method="PATCH", headers=sent | {"If-Match": read["etag"]}, body='{"firstName": "Anna"}'
    )
    late = call(
        app,
        url,
        method="PATCH",
        headers=sent | {"If-Match": read["etag"], "Idempotency-Key": "edit-2"},
        body='{"firstName": "Anne"}',
    )

    assert (read["status"], read["body"]["firstName"]) == (200, "Ann")
    assert read["etag"]
    assert read["requestId"]
    assert (edited["status"], edited["body"]["firstName"]) == (200, "Anna")
    assert edited["etag"] != read["etag"]
    assert late["status"] == 412


@pytest.mark.django_db(transaction=True)
def test_a_listed_page_can_read_a_refusal(app: Page, customer: tuple[str, dict[str, str]]) -> None:
    url, _ = customer

    refused = call(app, url, headers={"Authorization": "Bearer nonsense"})

    assert (refused["status"], refused["body"]["error"]["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_not_listed_is_refused_before_anything_is_done(
    app: Page, port: int, customer: tuple[str, dict[str, str]], fairview: Club
) -> None:
    url, headers = customer
    app.goto(f"http://{OTHER_HOST}:{port}/")
    sent = headers | {"Content-Type": "application/json"}

    read = call(app, url, headers=headers)
    edited = call(app, url, method="PATCH", headers=sent, body='{"firstName": "Eve"}')
    plain = call(app, url.rpartition("/api/")[0] + "/livez")

    assert (read, edited, plain) == ({"error": "TypeError"},) * 3
    app.goto(f"http://{LISTED_HOST}:{port}/")
    assert call(app, url, headers=headers)["body"]["firstName"] == "Ann"
