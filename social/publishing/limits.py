"""Room: how much an account may still publish, read live where the network says it."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from social.models import Connection, Network, Target
from social.networks.calling import CallFailed
from social.networks.content import Account
from social.networks.errors import verdict
from social.networks.instagram import Instagram
from social.networks.registry import publisher_of
from tenants.postgresql.commits import without_waiting

FACEBOOK_DAY: Final = 200
X_WINDOW, X_POSTS = timedelta(minutes=15), 100
DAY: Final = timedelta(days=1)
ROOM_AGE: Final = timedelta(minutes=5)


def check_room(connection: Connection, account: Account) -> None:
    """Raise CallFailed (DAY_QUOTA_USED or TOO_MANY_CALLS) where the account is full."""
    if connection.network == Network.INSTAGRAM:
        used, total = _instagram_room(connection, account)
        if total is not None and used >= total:
            raise CallFailed(verdict("DAY_QUOTA_USED", f"{used} of {total}"), is_sent=False)
        return
    window, most = (X_WINDOW, X_POSTS) if connection.network == Network.TWITTER else (DAY, FACEBOOK_DAY)
    since = timezone.now() - window
    newest = Target.objects.filter(connection=connection, published_at__gt=since).order_by("-published_at")
    # The one that makes the account full, if so many went out since.
    full_since = newest.values_list("published_at", flat=True)[most - 1 : most].first()
    if full_since is not None:
        name = "TOO_MANY_CALLS" if connection.network == Network.TWITTER else "DAY_QUOTA_USED"
        wait = (full_since + window - timezone.now()).total_seconds()
        raise CallFailed(verdict(name, f"{most} of {most}", retry_after=max(1.0, wait)), is_sent=False)


def _instagram_room(connection: Connection, account: Account) -> tuple[int, int | None]:
    client = publisher_of(connection.network)
    assert isinstance(client, Instagram)  # noqa: S101 - for the type checker
    told = client.quota(account)
    if told is None:
        return 0, None
    used, total = told
    with without_waiting():
        Connection.objects.filter(pk=connection.pk).update(
            quota_used=used, quota_total=total, quota_read_at=timezone.now()
        )
    return used, total


def day_limit(connection: Connection) -> int | None:
    """How many posts of a day the account may have, as far as it is known; X counts by quarters of an hour."""
    if connection.network == Network.INSTAGRAM:
        return connection.quota_total
    return FACEBOOK_DAY if connection.network == Network.FACEBOOK else None


def planned_on(connection: Connection, day: datetime) -> int:
    """How many targets of the account are planned or published in the 24 hours from `day`."""
    return int(
        Target.objects.filter(connection=connection, planned_at__gte=day, planned_at__lt=day + DAY)
        .exclude(status__in=("DRAFT", "CANCELLED", "FAILED"))
        .count()
    )
