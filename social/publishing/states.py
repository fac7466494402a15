"""Changes of a target's state: under its post's lock, through the table of moves; the post's own state follows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from social.contents import content_of
from social.errors import IllegalMove
from social.models import Network, Post, Target, TargetStatus
from social.models.target import TARGET_MOVES
from social.networks.content import Content
from social.networks.errors import Verdict
from social.networks.x import post_address, with_link
from social.publishing import statements as sql
from social.publishing.claiming import LeaseLost
from tenants.postgresql.commits import without_waiting
from tenants.scope import current_tenant_id

FIRST_NUMBERS: Final = timedelta(hours=1)
# By then the worker that published has written the first comment, or is dead.
COMMENT_PATIENCE: Final = timedelta(minutes=3)


@contextmanager
def locked(target: Target, *, by_worker: bool = False) -> Iterator[None]:
    """A transaction that holds the post; its state is settled at the end. Lock order: post, then targets.

    `by_worker`: what a worker found out, which is not waited for; a crash of the server leaves the target as after the
    worker's own death.
    """
    with without_waiting() if by_worker else transaction.atomic():
        Post.objects.select_for_update(of=("self",)).filter(pk=target.post_id).first()
        yield
        settle_posts([target.post_id])


def settle_posts(post_ids: Sequence[UUID]) -> None:
    """Let posts follow their targets."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SETTLE_POSTS, {"tenant": current_tenant_id(), "posts": list(post_ids)})


def move(target: Target, after: str, *, lease: UUID | None = None, **changes: Any) -> None:
    """Move a target on; raises LeaseLost where it is not in the hands of this lease, IllegalMove where it may not."""
    before = TargetStatus(target.status)
    if after != before and TargetStatus(after) not in TARGET_MOVES[before]:
        raise IllegalMove("post on an account", before, after)
    still = Target.objects.filter(pk=target.pk, status=before)
    if lease is not None:
        still = still.filter(lease=lease)
    if not still.update(status=after, **{"lease": None, "leased_until": None, "lost_workers": 0, **changes}):
        raise LeaseLost
    target.status = after


def fail(target: Target, said: Verdict, *, lease: UUID | None = None) -> None:
    """The end: it is not out, and this is why."""
    with locked(target, by_worker=lease is not None):
        move(
            target,
            TargetStatus.FAILED,
            lease=lease,
            problem=said.meaning.name,
            problem_code=said.code[:40],
            problem_text=said.message,
        )


def withdraw(target: Target, *, lease: UUID) -> None:
    """It is not wanted any more, and nothing of it is out."""
    with locked(target, by_worker=True):
        move(target, TargetStatus.CANCELLED, lease=lease)


def hold(target: Target, *, lease: UUID) -> None:
    """An outage made it too late: a human is asked before anything goes out."""
    with locked(target, by_worker=True):
        move(target, TargetStatus.HELD, lease=lease)


def postpone(
    target: Target, due_at: datetime, *, lease: UUID, said: Verdict | None = None, **changes: Any
) -> None:
    """Back into the queue; nothing is out."""
    words = (
        {"problem": said.meaning.name, "problem_code": said.code[:40], "problem_text": said.message}
        if said
        else {}
    )
    with locked(target, by_worker=True):
        move(target, TargetStatus.WAITING, lease=lease, due_at=due_at, **words, **changes)


def doubt(target: Target, due_at: datetime, *, lease: UUID, **changes: Any) -> None:
    """Nobody knows whether it is out: look at this time."""
    with locked(target, by_worker=True):
        move(target, TargetStatus.UNKNOWN, lease=lease, due_at=due_at, **changes)


def publish(
    target: Target,
    post_id: str,
    *,
    lease: UUID | None,
    permalink: str = "",
    at: datetime | None = None,
    content: Content | None = None,
) -> None:
    """It is out, under this id. To be called inside `locked`. `content`: what was said, where the caller knows it."""
    now = timezone.now()
    content = content or content_of(target.post, target.connection.network)
    if not permalink and target.connection.network == Network.TWITTER:
        permalink = post_address(target.connection.account_id, post_id)
    said = with_link(content) if target.connection.network == Network.TWITTER else content.text
    move(
        target,
        TargetStatus.PUBLISHED,
        lease=lease,
        network_post_id=post_id,
        permalink=permalink,
        published_at=at or now,
        metrics_due_at=now + FIRST_NUMBERS,
        comment_due_at=now + COMMENT_PATIENCE if content.first_comment else None,
        comment_tries=0,
        looks=0,
        said=said,
        problem="",
        problem_code="",
        problem_text="",
        asks_human=False,
        seen=[],
    )
