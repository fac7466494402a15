"""Races: cancelling against publishing, and many workers on one expired token."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from crm_platform.bench.figures import Figure
from crm_platform.bench.setting import Setting
from crm_platform.bench.social_stand import clubs_named, plan, pull
from social.errors import IllegalMove
from social.models import Connection, Network, Post, Target
from social.posts import cancel_post
from social.publishing.working import drain
from social.tokens import account_of
from tenants.models import Tenant
from tenants.scope import tenant_scope

WORKERS = 20
BATCH = 50


def cancels(setting: Setting, count: int) -> list[Figure]:
    """Each post is cancelled while workers take it: it is out and not cancelled, or cancelled and not out."""
    pull("faults", [])
    (club,) = clubs_named("cancelled", 1)
    lost = 0
    with ThreadPoolExecutor(4) as workers:
        for start in range(0, count, BATCH):
            texts = [f"Race {number}" for number in range(start, min(start + BATCH, count))]
            plan(club, texts, timezone.now(), timedelta(0))
            with tenant_scope(club):
                keys = list(
                    Post.objects.filter(text__in=texts)
                    .order_by("scheduled_at", "pk")
                    .values_list("pk", flat=True)
                )
            working = [workers.submit(_drain) for _ in range(3)]
            lost += sum(workers.submit(_cancel, club, keys).result())
            for one in working:
                one.result()
    drain(60)
    out = {str(row[field]) for network, field in (("facebook", "message"), ("instagram", "caption"), ("x", "text"))
           for row in pull("posts", {"network": network})["posts"] if row.get("is_published", True)}  # fmt: skip
    with tenant_scope(club):
        rows = list(Target.objects.values_list("post__text", "status"))
    wrong = sum(1 for text, status in rows if (status == "PUBLISHED") != (text in out))
    wrong += sum(1 for _, status in rows if status not in ("PUBLISHED", "CANCELLED"))
    cancelled = sum(1 for _, status in rows if status == "CANCELLED")
    setting.reporter.note(f"{len(rows)} races: {cancelled} cancelled, {lost} too late")
    words = f"{len(rows):,} races of cancel and publish ({cancelled} cancelled): both or neither"
    return [Figure("social", words, wrong, "posts", target=0, met=wrong == 0)]


def _drain() -> None:
    drain(30)
    connection.close()


def _cancel(club: Tenant, keys: list[UUID]) -> list[bool]:
    """Cancel from the end, since workers begin at the front; which came too late."""
    late = []
    with tenant_scope(club):
        for key in reversed(keys):
            try:
                cancel_post(key)
                late.append(False)
            except IllegalMove:
                late.append(True)
    connection.close()
    return late


def renewals(setting: Setting, rounds: int) -> list[Figure]:
    """Twenty workers meet an expired token of X, again and again: one renewal a round, and all get the same token."""
    (club,) = clubs_named("renewed", 1)
    with tenant_scope(club):
        row = Connection.objects.get(network=Network.TWITTER)
    wrong, started = 0, time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as workers:
        for _ in range(rounds):
            before = _renewed()
            with tenant_scope(club):
                Connection.objects.filter(pk=row.pk).update(access_expires_at=timezone.now())
            got = set(workers.map(_ask, [(club, row.pk)] * WORKERS))
            wrong += len(got) != 1 or _renewed() != before + 1
        list(workers.map(lambda _: connection.close(), range(WORKERS * 4)))
    setting.reporter.note(f"{rounds} rounds of renewal in {time.perf_counter() - started:.1f} s")
    words = f"{WORKERS} workers × {rounds} rounds on an expired token: rounds without exactly one renewal"
    return [Figure("social", words, wrong, "rounds", target=0, met=wrong == 0)]


def _ask(given: tuple[Tenant, UUID]) -> str:
    club, key = given
    with tenant_scope(club):
        return account_of(Connection.objects.get(pk=key)).token


def _renewed() -> int:
    calls = pull("ledger", {})["calls"]
    return sum(1 for call in calls if call["path"].endswith("/oauth2/token") and call["status"] == 200)  # noqa: PLR2004 - OK
