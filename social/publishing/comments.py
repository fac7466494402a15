"""First comments: written once, after the post is out; one without an answer is looked for, as posts are."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from social.contents import content_of
from social.models import Attempt, Outcome, StepKind, Target
from social.networks.calling import CallFailed
from social.networks.content import normal
from social.networks.errors import Effect, Verdict, verdict
from social.networks.registry import publisher_of
from social.publishing.attempts import close, close_by
from social.publishing.settling import LOOKS
from social.publishing.states import COMMENT_PATIENCE
from social.tokens import account_of, asked
from tenants.one_by_one import EVERYBODYS, one_by_one
from tenants.postgresql.commits import waiting
from tenants.scope import all_tenants, tenant_scope

MOST: Final = 20
# So many workers may die at a comment, one after the other.
MOST_TRIES: Final = 5
AGAIN: Final = timedelta(minutes=15)
# One at a time, so that a comment at which workers die takes no other with it. Taken for some minutes: a worker that
# dies leaves the row due again.
CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT t.id FROM social_target AS t
    WHERE t.comment_due_at <= %(now)s ORDER BY t.comment_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE social_target AS t SET comment_due_at = %(until)s, comment_tries = t.comment_tries + 1
FROM due WHERE t.id = due.id
RETURNING t.tenant_id, t.id
"""


def is_any_due(now: datetime | None = None) -> bool:
    """Whether a comment waits for somebody."""
    with all_tenants():
        return bool(Target.objects.filter(comment_due_at__lte=now or timezone.now()).exists())


def catch_up(now: datetime | None = None) -> int:
    """Write or look for the comments that are due; returns how many."""
    now = now or timezone.now()
    for count in range(MOST):
        taken = _claim(now)
        if taken is None:
            return count
        one_by_one([taken], _write_claimed, what="writing a first comment")
    return MOST


def _claim(now: datetime) -> tuple[UUID, UUID] | None:
    values: dict[str, Any] = {"now": now, "until": timezone.now() + COMMENT_PATIENCE}
    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row: tuple[UUID, UUID] | None = cursor.fetchone()
    return row


def _write_claimed(claimed: tuple[UUID, UUID]) -> None:
    tenant_id, target_id = claimed
    with tenant_scope(tenant_id):
        target = Target.objects.select_related("post", "connection").get(pk=target_id)
        if target.comment_tries > MOST_TRIES:
            _give_up(target, verdict("COMMENT_WORKER_DIED"))
            return
        try:
            account_of(target.connection)
            write(target)
        except CallFailed:
            # The account does not work now; the comment waits with its other jobs.
            Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now() + AGAIN)
        except EVERYBODYS:
            raise
        except Exception as error:
            # The comment cannot be made: staff see why, and may write it again.
            _give_up(target, verdict("BROKEN", type(error).__name__, str(error)[:300]))
            raise
        # The worker lives.
        Target.objects.filter(pk=target.pk).update(comment_tries=0)


def write(target: Target) -> None:
    """The first comment of a published target: one call, written down before; looked for where it has no answer."""
    words = content_of(target.post, target.connection.network).first_comment
    tried = Attempt.objects.filter(target=target, kind=StepKind.COMMENT, position=0)
    before = tried.filter(outcome__in=(Outcome.STARTED, Outcome.UNKNOWN)).order_by("-started_at").first()
    if before is not None:
        _look(target, before, before.said or words)
        return
    with waiting():
        # The row lets one worker through, and only while the comment is still wanted.
        row = Target.objects.select_for_update(of=("self",)).filter(pk=target.pk).first()
        if row is None or not words or row.comment_due_at is None or row.deleted_at is not None:
            Target.objects.filter(pk=target.pk).update(comment_due_at=None)
            return
        if tried.filter(outcome__in=(Outcome.STARTED, Outcome.UNKNOWN)).exists():
            return
        Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now() + COMMENT_PATIENCE)
        attempt = Attempt.objects.create(
            tenant_id=target.tenant_id,
            target=target,
            kind=StepKind.COMMENT,
            lease=target.pk,
            said=words,
            started_at=timezone.now(),
        )
    try:
        publisher, key = publisher_of(target.connection.network), row.network_post_id or ""
        made = asked(target.connection, lambda account: publisher.comment(account, key, words))
    except CallFailed as failed:
        _failed(target, attempt, failed)
        return
    _settle(target, attempt, made)


def _failed(target: Target, attempt: Attempt, failed: CallFailed) -> None:
    close_by(attempt, failed, is_decisive=True)
    effect = failed.verdict.meaning.effect
    if failed.is_unclear:
        Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now() + LOOKS[0], looks=0)
    elif effect in (Effect.CLOSE, Effect.PAUSE_APP, Effect.RECONNECT, Effect.RETRY):
        # Certainly not written: it waits until the network takes it.
        Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now() + AGAIN)
    else:
        _give_up(target, failed.verdict)


def _look(target: Target, attempt: Attempt, words: str) -> None:
    """Whether the comment stands there; four looks in vain end it, and staff may write it again."""
    try:
        publisher, key = publisher_of(target.connection.network), target.network_post_id or ""
        found = asked(target.connection, lambda account: publisher.comments(account, key))
    except CallFailed:
        Target.objects.filter(pk=target.pk).update(comment_due_at=timezone.now() + LOOKS[-1])
        return
    ours = next((key for key, text in found if normal(text) == normal(words)), None)
    looks = target.looks + 1
    if ours is not None:
        _settle(target, attempt, ours)
    elif looks < len(LOOKS):
        due = timezone.now() + LOOKS[looks]
        Target.objects.filter(pk=target.pk).update(comment_due_at=due, looks=looks)
    else:
        close(attempt, Outcome.NOT_SENT)
        _give_up(target, verdict("COMMENT_LOST"))


def _settle(target: Target, attempt: Attempt, comment_id: str) -> None:
    with transaction.atomic():
        close(attempt, Outcome.SUCCEEDED)
        Target.objects.filter(pk=target.pk).update(comment_id=comment_id[:100], comment_due_at=None)


def _give_up(target: Target, said: Verdict) -> None:
    Target.objects.filter(pk=target.pk).update(
        comment_due_at=None,
        problem=said.meaning.name,
        problem_code=said.code[:40],
        problem_text=said.message,
    )
