"""Acts on posts that are out: change, delete, reply, write the first comment again; each call is tried once."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from social.errors import IllegalMove, NetworkAway, PostNotFound
from social.models import Attempt, Network, StepKind, Target, TargetStatus
from social.networks.calling import CallFailed
from social.networks.content import Account, NotPossible, Publisher
from social.networks.registry import publisher_of
from social.publishing.attempts import close, close_by
from social.texts import weigh
from social.tokens import asked
from tenants.action_log import log_action
from tenants.errors import ConflictError, InvalidError
from tenants.postgresql.commits import waiting

EDITABLE_THERE = frozenset({Network.FACEBOOK})
LONGEST = 8_000


def edit_there(post_id: UUID, target_id: UUID, *, text: str) -> Target:
    """Change the words on the network; raises ConflictError where it does not let anybody."""
    target, words = _published(post_id, target_id), _checked(text, "FACEBOOK")
    _speak(target, lambda publisher, account, key: publisher.edit(account, key, words))
    Target.objects.filter(pk=target.pk).update(said=words, shown="")
    log_action("post.edited_there", subject_kind="post", subject_id=post_id)
    return _published(post_id, target_id)


def delete_there(post_id: UUID, target_id: UUID) -> Target:
    """Delete it on the network; already gone is the same end."""
    target = _published(post_id, target_id)
    _speak(target, lambda publisher, account, key: publisher.delete(account, key))
    Target.objects.filter(pk=target.pk).update(
        deleted_at=timezone.now(), metrics_due_at=None, comment_due_at=None
    )
    log_action("post.deleted_there", subject_kind="post", subject_id=post_id)
    target.refresh_from_db()
    return target


def reply_there(post_id: UUID, target_id: UUID, *, text: str) -> Target:
    """Comment on the own post. A call without an answer is not repeated: staff look at the network."""
    target = _published(post_id, target_id)
    words = _checked(text, target.connection.network)
    if target.comment_due_at is not None:
        raise ConflictError("The first comment is still on its way; reply after it.", code="COMMENT_PENDING")
    with waiting():
        attempt = Attempt.objects.create(
            tenant_id=target.tenant_id,
            target=target,
            kind=StepKind.COMMENT,
            position=1,
            lease=target.pk,
            started_at=timezone.now(),
        )
    try:
        _speak(target, lambda publisher, account, key: publisher.comment(account, key, words))
    except NetworkAway as away:
        cause = away.__cause__
        if isinstance(cause, CallFailed):
            close_by(attempt, cause, is_decisive=True)
        raise
    except ConflictError as refused:
        cause = refused.__cause__
        if isinstance(cause, CallFailed):
            close_by(attempt, cause, is_decisive=True)
        raise
    with transaction.atomic():
        close(attempt, "SUCCEEDED")
        log_action("post.replied", subject_kind="post", subject_id=post_id)
    return target


def comment_again(post_id: UUID, target_id: UUID) -> Target:
    """Let the first comment be written once more, after it was lost or refused."""
    target = _published(post_id, target_id)
    content = target.post.first_comment.strip()
    if not content or target.comment_id or target.comment_due_at is not None or not target.problem:
        raise IllegalMove("first comment", "written or on its way", "written again")
    Target.objects.filter(pk=target.pk).update(
        comment_due_at=timezone.now(), looks=0, problem="", problem_code="", problem_text=""
    )
    log_action("post.comment_again", subject_kind="post", subject_id=post_id)
    return _published(post_id, target_id)


def _published(post_id: UUID, target_id: UUID) -> Target:
    rows = Target.objects.select_related("connection", "post")
    target: Target | None = rows.filter(pk=target_id, post_id=post_id).first()
    if target is None:
        raise PostNotFound
    if target.status != TargetStatus.PUBLISHED or target.deleted_at is not None:
        raise IllegalMove("post on an account", "not there", "changed there")
    return target


def _checked(text: str, network: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words or "\x00" in words:
        raise InvalidError("Write something first.", field="text")
    if len(words) > LONGEST:
        raise InvalidError(f"At most {LONGEST:,} characters.", field="text")
    if network == Network.TWITTER and weigh(words).left < 0:
        raise InvalidError(f"{-weigh(words).left} too many for X.", field="text")
    return words


def _speak(target: Target, act: Callable[[Publisher, Account, str], object]) -> None:
    """One call; what the network says is said in words. Raises ConflictError and NetworkAway."""
    try:
        publisher, key = publisher_of(target.connection.network), target.network_post_id or ""
        asked(target.connection, lambda account: act(publisher, account, key))
    except NotPossible as reason:
        raise ConflictError(str(reason), code="NOT_POSSIBLE") from reason
    except CallFailed as failed:
        if failed.is_unclear:
            raise NetworkAway(
                "The network gave no clear answer. Look there first, before you try again."
            ) from failed
        raise ConflictError(failed.verdict.meaning.words, code=failed.verdict.meaning.name) from failed
