"""Publishing to the stand-in: punctuality, fairness between clubs, the count of a text, and workers that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID

import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone
from PIL import Image

from crm_platform import env
from crm_platform.bench.figures import BenchError, Figure, duration, rate
from crm_platform.bench.setting import Setting
from social import demo
from social.library.keeping import add_media
from social.models import Attempt, Connection, Network, Post, PostMedia, PostStatus, Target, TargetStatus
from social.publishing.claiming import count_due
from social.publishing.working import drain
from social.sandbox_address import sandbox_url
from social.texts import weigh
from tenants.directory import create_tenant
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope

THREADS: Final = 6
POSTS_OF_CLUB: Final = 240
MOST_LATE_MS, MOST_WAIT_MS = 5_000, 10_000
MOST_LENGTH_MS, MOST_HOSTILE_MS = 1.0, 50.0
FLOODED: Final = 20
PORT: Final = 18_199
WORKER: Final = (
    "import django; django.setup(); import time\n"
    "from social.publishing.working import drain\n"
    "while True:\n    drain(5); time.sleep(0.05)"
)
FAULTS: Final = ("cut_after", "cut_before", "status_after", "status_before", "html", "empty")
COMMITS: Final = r"media_publish|/x-api/2/tweets$|/graph/v[\d.]+/\d+_\d+$"


def run(setting: Setting) -> list[Figure]:
    """`events`: posts due within a minute, `people`: posts of the club that floods, `rounds`: hundreds of the kills."""
    sizes = setting.sizes
    with _stand_in(setting), _pictures():
        return [
            *_texts(),
            *_punctual(setting, sizes.events),
            *_fair(setting, sizes.people),
            *_kills(setting, sizes.rounds * 100),
        ]


# --- Around it -------------------------------------------------------------------------------------------------------


@contextmanager
def _stand_in(setting: Setting) -> Iterator[None]:
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
        _pull("switches", {"x_post_limit": 10**6, "instagram_quota_total": 10**6, "x_duplicate_seconds": 0,
                           "facebook_duplicate_seconds": 0})  # fmt: skip
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


def _pull(path: str, body: Any) -> Any:
    return requests.post(f"{sandbox_url()}/control/{path}", json=body, timeout=60).json()


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
def _pictures() -> Iterator[None]:
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


def _clubs(name: str, count: int) -> list[Tenant]:
    """Clubs with an account on each network."""
    made = []
    for number in range(count):
        tenant = create_tenant(slug=f"{name}-{number}", name=f"{name.title()} {number}")
        with tenant_scope(tenant):
            demo.connect_club(tenant.name)
        made.append(tenant)
    return made


def _plan(tenant: Tenant, texts: list[str], first: Any, every: timedelta) -> None:
    """Posts of one club, in turn on its accounts, due one after the other."""
    with tenant_scope(tenant):
        accounts = list(Connection.objects.order_by("network"))
        picture = add_media(BytesIO(_Picture.content), name="green.jpg")
        posts, targets, uses = [], [], []
        for place, text in enumerate(texts):
            due, account = first + every * place, accounts[place % len(accounts)]
            post = Post(tenant=tenant, text=text, status=PostStatus.SCHEDULED, scheduled_at=due)
            posts.append(post)
            targets.append(Target(tenant=tenant, post=post, connection=account, status=TargetStatus.WAITING,
                                  planned_at=due, due_at=due))  # fmt: skip
            if account.network == Network.INSTAGRAM:
                uses.append(PostMedia(tenant=tenant, post=post, media=picture, position=0))
        Post.objects.bulk_create(posts)
        Target.objects.bulk_create(targets)
        PostMedia.objects.bulk_create(uses)


@contextmanager
def _worker() -> Iterator[None]:
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


def _left(tenants: list[UUID]) -> int:
    with all_tenants():
        return int(
            Target.objects.filter(tenant_id__in=tenants).exclude(status__in=("PUBLISHED", "FAILED")).count()
        )


def _percentile(values: list[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


# --- What is measured ------------------------------------------------------------------------------------------------


def _texts() -> list[Figure]:
    usual = ("Fairview: the 9th is open ⛳ golf.club " * 8)[:280]
    hostile = ("a." * 4_000 + "http" * 2_000 + "👨‍👩‍👧" * 1_000 + "-" * 12_000)[:25_000]
    figures = []
    for words, text, most in (
        ("280 characters", usual, MOST_LENGTH_MS),
        ("25,000 hostile", hostile, MOST_HOSTILE_MS),
    ):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            weigh(text)
            times.append((time.perf_counter() - start) * 1000)
        figures.append(
            duration("social", f"length of {words}, median", _percentile(times, 0.5), most_ms=most)
        )
    return figures


def _punctual(setting: Setting, count: int) -> list[Figure]:
    clubs = _clubs("punctual", max(2, -(-count // POSTS_OF_CLUB)))
    share = count // len(clubs)
    first = timezone.now() + timedelta(seconds=3)
    # A thousand in a minute; fewer in as much less time.
    every = timedelta(seconds=60 * share * len(clubs) / 1000 / max(1, share))
    for place, club in enumerate(clubs):
        _plan(
            club,
            [f"Post {place}-{number}" for number in range(share)],
            first + every / len(clubs) * place,
            every,
        )
    start, keys = time.perf_counter(), [club.pk for club in clubs]
    with _worker():
        while _left(keys) and time.perf_counter() - start < 600:  # noqa: PLR2004 - patience
            time.sleep(0.5)
    with all_tenants():
        rows = list(
            Target.objects.filter(tenant_id__in=keys).values_list("status", "planned_at", "published_at")
        )
    late = [(out - planned).total_seconds() * 1000 for status, planned, out in rows if status == "PUBLISHED"]
    if len(late) < len(rows):
        setting.reporter.note(f"{len(rows) - len(late)} of {len(rows)} posts were not published")
    setting.reporter.note(f"punctual: {len(late)} out, p95 {_percentile(late, 0.95):.0f} ms")
    return [
        duration("social", f"{len(rows):,} posts within a minute, lateness p95", _percentile(late, 0.95),
                 most_ms=MOST_LATE_MS),
        rate("social", "posts a second", len(late) / max(0.001, time.perf_counter() - start), "posts/s"),
    ]  # fmt: skip


def _fair(setting: Setting, flood: int) -> list[Figure]:
    many = _clubs("flood", max(1, -(-flood // 5_000)))
    (other,) = _clubs("other", 1)
    now = timezone.now()
    for club in many:
        _plan(club, [f"Flood {number}" for number in range(flood // len(many))], now, timedelta(0))
    waits = []
    with _worker():
        for number in range(FLOODED):
            time.sleep(0.3)
            _plan(other, [f"Other {number}"], timezone.now(), timedelta(0))
            start = time.perf_counter()
            while _left([other.pk]) and time.perf_counter() - start < 60:  # noqa: PLR2004 - patience
                time.sleep(0.05)
            waits.append((time.perf_counter() - start) * 1000)
    with all_tenants():
        Target.objects.filter(tenant_id__in=[club.pk for club in many], status="WAITING").update(
            status="CANCELLED"
        )
    setting.reporter.note(f"fair: {waits}")
    words = f"another club has {flood:,} posts due: one post, p95"
    return [duration("social", words, _percentile(waits, 0.95), most_ms=MOST_WAIT_MS)]


def _kills(setting: Setting, count: int) -> list[Figure]:
    """A worker process is killed again and again, and every third commit loses its answer one way or another."""
    clubs = _clubs("killed", max(1, -(-count // POSTS_OF_CLUB)))
    for place, club in enumerate(clubs):
        texts = [f"Killed {place}-{number}" for number in range(count // len(clubs))]
        _plan(club, texts, timezone.now(), timedelta(0))
    _pull("faults", [{"action": action, "method": "POST", "path": COMMITS, "nth": 3 + 5 * place, "times": count // 18}
                     for place, action in enumerate(FAULTS)])  # fmt: skip
    keys, kills, start = [club.pk for club in clubs], 0, time.perf_counter()
    while _left(keys) and time.perf_counter() - start < 900:  # noqa: PLR2004 - patience
        kills += _live_and_die(3.0 + kills % 5 * 0.5)
        with all_tenants():
            # The moved clock: leases end, looks and retries come.
            moved = timezone.now() - timedelta(seconds=1)
            Target.objects.filter(tenant_id__in=keys, status__in=("PUBLISHING", "UNKNOWN")).update(
                leased_until=moved
            )
            Target.objects.filter(tenant_id__in=keys, status__in=("WAITING", "UNKNOWN")).update(due_at=moved)
    return _verdict(setting, keys, kills)


def _live_and_die(seconds: float) -> int:
    """A worker that lives for so long after it has begun to work, and is killed in the middle of it."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "crm_platform.settings"}
    process = subprocess.Popen([sys.executable, "-c", WORKER], cwd=env.PROJECT_DIR, env=environment,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    with all_tenants():
        before = Attempt.objects.count()
        for _ in range(300):
            time.sleep(0.1)
            if Attempt.objects.count() > before:
                break
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return 1


def _verdict(setting: Setting, keys: list[UUID], kills: int) -> list[Figure]:
    live: dict[str, int] = {}
    for network, field in (("facebook", "message"), ("instagram", "caption"), ("x", "text")):
        for row in _pull("posts", {"network": network})["posts"]:
            if row.get("is_published", True) and str(row[field]).startswith("Killed"):
                live[row[field]] = live.get(row[field], 0) + 1
    with all_tenants():
        rows = list(Target.objects.filter(tenant_id__in=keys).values_list("post__text", "status"))
        attempts = Attempt.objects.filter(tenant_id__in=keys).count()
    doubles = sum(count - 1 for count in live.values())
    wrong = sum(1 for text, status in rows if status == "FAILED" and text in live)
    open_still = sum(1 for _, status in rows if status not in ("PUBLISHED", "FAILED"))
    setting.reporter.note(f"{len(rows)} posts, {kills} kills, {attempts} calls, due now {count_due()}")
    words = f"{len(rows):,} posts, {kills} kills"
    return [
        Figure("social", f"{words}: doubles", doubles, "posts", target=0, met=doubles == 0),
        Figure("social", f"{words}: live but called failed", wrong, "posts", target=0, met=wrong == 0),
        Figure("social", f"{words}: not settled", open_still, "posts", target=0, met=open_still == 0),
    ]
