"""A club with accounts in the stand-in, and posts on their way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from social import connecting
from social.library.keeping import add_media
from social.models import Attempt, Connection, Media, Network, Post, Target
from social.networks import meta
from social.posts import Words, schedule_post, write_post
from social.publishing.claiming import claim
from social.publishing.working import work
from social.sandbox.server import Sandbox
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.social.sandboxes import REDIRECT, consent, control

REDIRECT_URI = REDIRECT


class _Files(SimpleHTTPRequestHandler):
    """Gives `/media/<id>?…` from wherever the library keeps it."""

    def translate_path(self, path: str) -> str:
        key = path.partition("?")[0].rpartition("/")[2]
        found = next(Path(self.directory).glob(f"*/{key}.*"), None)
        return str(found or Path(self.directory) / "missing")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@dataclass
class Stage:
    """The stand-in, the club's accounts there, and what a test does with them."""

    sandbox: Sandbox
    club: Club
    accounts: dict[str, Connection]
    made: dict[str, Any]

    def post(self, *networks: str, text: str = "The course is open", **values: Any) -> Post:
        """A post that is due now."""
        ids = [self.accounts[network].pk for network in networks]
        words = Words(text=text, connection_ids=ids, scheduled_at=timezone.now(), **values)
        return schedule_post(write_post(words).pk)

    def picture(self, width: int = 1080, height: int = 1080, color: str = "green") -> Media:
        """A picture of the library."""
        buffer = BytesIO()
        Image.new("RGB", (width, height), color).save(buffer, "JPEG")
        return add_media(BytesIO(buffer.getvalue()), name=f"{color}.jpg", alt_text="Green grass")

    def turn(self, seconds: float = 0, most: int = 20) -> int:
        """Let time go by for what waits in the queue, and work on all that is due."""
        Target.objects.update(due_at=timezone.now() - timedelta(seconds=1)) if seconds else None
        count = 0
        while count < most and (taken := claim(timezone.now())):
            work(taken)
            count += 1
        return count

    def target(self, post: Post, network: str = "") -> Target:
        """The post on its (only) account."""
        rows = Target.objects.filter(post=post).select_related("connection", "post")
        found: Target = rows.get(connection__network=network) if network else rows.get()
        return found

    def outcomes(self, post: Post) -> list[tuple[str, str]]:
        """Kind and outcome of each attempt."""
        rows = Attempt.objects.filter(target__post=post).order_by("pk")
        return list(rows.values_list("kind", "outcome"))

    def seen(self, network: str) -> list[dict[str, Any]]:
        """What stands on the network."""
        rows: list[dict[str, Any]] = control(self.sandbox, "posts", {"network": network})["posts"]
        return [row for row in rows if row.get("is_published", True)]

    def clear_faults(self) -> None:
        """Everything works again."""
        control(self.sandbox, "faults", [])

    def fault(self, action: str, path: str, **values: Any) -> None:
        """One call that goes wrong."""
        control(self.sandbox, "faults", [{"action": action, "path": path, "method": "POST", **values}])


def connect(sandbox: Sandbox, club: Club, name: str = "Fairview", **account: Any) -> dict[str, Any]:
    """Connect Facebook, Instagram and X of a person, by the real way through both consent pages."""
    made: dict[str, Any] = control(sandbox, "account", {"name": name, **account})
    begun = connecting.begin(network=Network.FACEBOOK, redirect_uri=REDIRECT_URI, session="s")
    address, _, query = begun.url.partition("?")
    asked = dict(part.split("=", 1) for part in query.split("&"))
    form = {"client_id": asked["client_id"], "redirect_uri": REDIRECT_URI, "state": begun.state}
    form |= {"scope": ",".join(meta.SCOPES), "person": made["person"], "pages": ",".join(made["pages"])}
    back = consent(address, {**form, "decision": "yes"})
    connecting.finish(state=back["state"], code=back["code"], session="s")
    connect_x(sandbox, made["x"])
    return made


def connect_x(sandbox: Sandbox, user: str) -> Connection:
    """Connect an account of X."""
    begun = connecting.begin(network=Network.TWITTER, redirect_uri=REDIRECT_URI, session="s")
    address, _, query = begun.url.partition("?")
    back = consent(address, {**dict(parse_qsl(query)), "user": user, "decision": "yes"})
    return connecting.finish(state=back["state"], code=back["code"], session="s").connections[0]


@pytest.fixture
def file_server(tmp_path: Path, settings: Settings) -> Iterator[str]:
    """Media by real HTTP."""
    folder = tmp_path / "media"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.CRM_MEDIA_DIR = str(folder)
    settings.CRM_PUBLIC_URL = f"http://127.0.0.1:{server.server_address[1]}"
    yield settings.CRM_PUBLIC_URL
    server.shutdown()
    server.server_close()


@pytest.fixture
def stage(sandbox: Sandbox, fairview: Club, settings: Settings, file_server: str) -> Iterator[Stage]:
    """Fairview with all three accounts, inside its scope."""
    settings.CRM_SOCIAL_SANDBOX_URL = sandbox.url
    with tenant_scope(fairview.tenant):
        made = connect(sandbox, fairview)
        accounts = {row.network: row for row in Connection.objects.all()}
        yield Stage(sandbox, fairview, accounts, made)


def due(post_id: UUID, when: datetime) -> None:
    """Another time for a post's targets."""
    Target.objects.filter(post_id=post_id).update(due_at=when, planned_at=when)
