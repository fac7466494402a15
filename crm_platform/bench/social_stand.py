"""What the benchmarks of publishing stand on: the stand-in as a process, pictures, clubs with accounts, workers."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID

import requests
from django.conf import settings
from django.db import connection
from PIL import Image

from crm_platform import env
from crm_platform.bench.figures import BenchError
from crm_platform.bench.setting import Setting
from social import demo
from social.library.keeping import add_media
from social.models import Connection, Network, Post, PostMedia, PostStatus, Target, TargetStatus
from social.publishing.working import drain
from social.sandbox_address import sandbox_url
from tenants.directory import create_tenant
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

THREADS: Final = 6
PORT: Final = 18_199
POSTS_OF_CLUB: Final = 240


@contextmanager
def stand_in(setting: Setting) -> Iterator[None]:
    """The stand-in as a process of its own."""
    settings.CRM_SOCIAL_SANDBOX_URL = f"http://127.0.0.1:{PORT}"
    os.environ["CRM_SOCIAL_SANDBOX_URL"] = settings.CRM_SOCIAL_SANDBOX_URL
    command = [
        sys.executable,
        "manage.py",
        "social_sandbox",
        "--store",
        str(setting.folder / "stand-in.sqlite"),
    ]
    process = subprocess.Popen(command, cwd=env.PROJECT_DIR, stdout=subprocess.DEVNULL)
    try:
        _wait_for_it()
        without_limits()
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for_it() -> None:
    for _ in range(1200):
        try:
            requests.get(f"{sandbox_url()}/feeds", timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise BenchError("The stand-in does not come up.")


def pull(path: str, body: Any) -> Any:
    """Pull a lever of the stand-in."""
    return requests.post(f"{sandbox_url()}/control/{path}", json=body, timeout=60).json()


def without_limits() -> None:
    """Let one account publish as much as it likes, the same words included."""
    pull("switches", {"x_post_limit": 10**6, "instagram_quota_total": 10**6, "x_duplicate_seconds": 0,
                      "facebook_duplicate_seconds": 0})  # fmt: skip


class _Picture(BaseHTTPRequestHandler):
    content = b""

    def do_GET(self) -> None:
        """One picture, whatever is asked."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def pictures() -> Iterator[None]:
    """Every address of a file answers with one picture."""
    buffer = BytesIO()
    Image.new("RGB", (400, 400), "green").save(buffer, "JPEG")
    _Picture.content = buffer.getvalue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Picture)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.CRM_PUBLIC_URL = f"http://127.0.0.1:{server.server_address[1]}"
    os.environ["CRM_PUBLIC_URL"] = settings.CRM_PUBLIC_URL
    try:
        yield
    finally:
        server.shutdown()


def clubs_named(name: str, count: int) -> list[Tenant]:
    """Clubs with an account on each network."""
    made = []
    for number in range(count):
        tenant = create_tenant(slug=f"{name}-{number}", name=f"{name.title()} {number}")
        with tenant_scope(tenant):
            demo.connect_club(tenant.name)
        made.append(tenant)
    return made


def plan(
    tenant: Tenant, texts: list[str], first: datetime, every: timedelta, *, first_comment: str = ""
) -> None:
    """Posts of one club, in turn on its accounts, due one after the other."""
    with tenant_scope(tenant):
        accounts = list(Connection.objects.order_by("network"))
        picture = add_media(BytesIO(_Picture.content), name="green.jpg")
        posts, targets, uses = [], [], []
        for place, text in enumerate(texts):
            due, account = first + every * place, accounts[place % len(accounts)]
            post = Post(tenant=tenant, text=text, status=PostStatus.SCHEDULED, scheduled_at=due,
                        first_comment=f"{first_comment} {text}" if first_comment else "")  # fmt: skip
            posts.append(post)
            targets.append(Target(tenant=tenant, post=post, connection=account, status=TargetStatus.WAITING,
                                  planned_at=due, due_at=due))  # fmt: skip
            if account.network == Network.INSTAGRAM:
                uses.append(PostMedia(tenant=tenant, post=post, media=picture, position=0))
        Post.objects.bulk_create(posts)
        Target.objects.bulk_create(targets)
        PostMedia.objects.bulk_create(uses)


@contextmanager
def worker() -> Iterator[None]:
    """One worker's threads."""
    stop = Event()

    def work() -> None:
        while not stop.is_set():
            if not drain(1):
                time.sleep(0.1)
        connection.close()

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def left(tenants: list[UUID]) -> int:
    """How many posts of these clubs have not ended."""
    with all_tenants():
        return int(
            Target.objects.filter(tenant_id__in=tenants).exclude(status__in=("PUBLISHED", "FAILED")).count()
        )


def percentile(values: list[float], share: float) -> float:
    """The value that such a share of the others stays under."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
