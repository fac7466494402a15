"""A front end of another origin works with the generated TypeScript client, in a real browser."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.conftest import PATIENCE_MS
from tests.cast import Club
from tests.profiles.api_callers import thandi
from tests.typescript import WITHOUT_NODE, built_client

pytestmark = WITHOUT_NODE

# As bundlers resolve the names of packages; a plain page does it by a map.
MAP: Final = {
    "imports": {
        "@clubhouse-crm/client": "/dist/src/index.js",
        "openapi-fetch": "/node_modules/openapi-fetch/dist/index.mjs",
    }
}
PAGE: Final = f"""<!doctype html><title>App</title><script type="importmap">{json.dumps(MAP)}</script>"""
USE: Final = """
async ({url, token, tenant}) => {
    const {createClient, everything, unwrap, CrmError} = await import('@clubhouse-crm/client');
    const crm = createClient({url, token: async () => token, tenant});
    const me = await unwrap(crm.GET('/api/v1/me'));
    const made = await unwrap(crm.POST('/api/v1/customers', {
        params: {header: {'Idempotency-Key': 'made-1'}},
        body: {firstName: 'Sipho', lastName: 'Dlamini', tags: ['guest']},
    }));
    const one = {params: {path: {customerId: made.id}}};
    const read = await crm.GET('/api/v1/customers/{customerId}', one);
    const etag = read.response.headers.get('ETag');
    const change = (tags) => crm.PATCH('/api/v1/customers/{customerId}', {
        params: {...one.params, header: {'If-Match': etag}}, body: {tags},
    });
    const changed = await unwrap(change(['vip']));
    const late = await unwrap(change(['late'])).catch((error) => error);
    const names = [];
    for await (const row of everything((cursor) =>
        crm.GET('/api/v1/customers', {params: {query: {take: 1, ...(cursor ? {cursor} : {})}}}))) {
        names.push(row.displayName);
    }
    const nobody = createClient({url, token: 'nonsense', tenant});
    const refused = await unwrap(nobody.GET('/api/v1/me')).catch((error) => error);
    return {
        scopes: me.scopes, tags: changed.tags, names, isTyped: refused instanceof CrmError,
        late: [late.status, late.code], refused: [refused.status, refused.code, Boolean(refused.requestId)],
    };
}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, generated and compiled, with a page beside it."""
    folder = built_client(tmp_path_factory.mktemp("client"))
    (folder / "app.html").write_text(PAGE)
    return folder


class Files(SimpleHTTPRequestHandler):
    """The files of a folder."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def origin(client: Path) -> Iterator[str]:
    """Another web site, with the client and a page that loads it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(client)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_a_front_end_of_another_origin_uses_the_client(
    browser: Browser, origin: str, live_server: LiveServer, fairview: Club, settings: Any
) -> None:
    settings.CRM_CORS_ORIGINS = [origin]
    thandi(fairview.tenant)
    token = factories.bearer(fairview.tenant)["Authorization"].removeprefix("Bearer ")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        page.goto(f"{origin}/app.html")
        said = page.evaluate(USE, {"url": live_server.url, "token": token, "tenant": fairview.tenant.slug})
    finally:
        page.close()

    assert "crm:read" in said["scopes"]
    assert said["tags"] == ["vip"]
    assert len(said["names"]) == 2
    assert "Sipho Dlamini" in said["names"]
    assert said["late"][0] == 412
    assert (said["isTyped"], said["refused"]) == (True, [401, "INVALID_TOKEN", True])
