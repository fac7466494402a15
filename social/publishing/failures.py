"""What the machine does about a call that failed."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from social.models import AppPause, Attempt, Connection, Outcome, Step, StepKind, Target
from social.networks.calling import CallFailed
from social.networks.errors import Effect, Verdict, verdict
from social.networks.registry import FAMILIES
from social.publishing.states import doubt, fail, postpone
from social.tokens import mark_dead

# Between tries of what was certainly not done.
BACKOFF: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
FIRST_LOOK: Final = timedelta(seconds=15)
MOST_TRIES: Final = 8
LONGEST_PREPARATION: Final = timedelta(hours=1)
REMAKE_AFTER: Final = timedelta(seconds=30)


def before_sending(target: Target, lease: UUID, failed: CallFailed) -> None:
    """Nothing that could be public was sent: a token, a quota, a marker could not be had."""
    after_sending(target, lease, failed, is_decisive=False)


def after_sending(target: Target, lease: UUID, failed: CallFailed, *, is_decisive: bool) -> None:
    """Act on a refusal or a silence. `is_decisive`: the call may have made the post public."""
    said, effect = failed.verdict, failed.verdict.meaning.effect
    if is_decisive and failed.is_unclear:
        doubt(target, timezone.now() + FIRST_LOOK, lease=lease)
    elif effect is Effect.DUPLICATE and is_decisive and _tried_before(target):
        # The words are there: perhaps by an earlier call of ours, whose answer was lost.
        _reopen(target)
        doubt(target, timezone.now() + FIRST_LOOK, lease=lease)
    elif effect in (Effect.FAIL, Effect.GONE, Effect.DUPLICATE):
        fail(target, said, lease=lease)
    elif effect is Effect.REMAKE:
        forget_steps(target)
        _again(target, lease, said)
    else:
        close_doors(target.connection, said)
        _again(target, lease, said)


def _tried_before(target: Target) -> bool:
    tried = Attempt.objects.filter(target=target, kind=StepKind.COMMIT)
    return bool(tried.exclude(outcome=Outcome.REFUSED).exists())


def _reopen(target: Target) -> None:
    """The last attempt that was thought to have failed is in doubt again."""
    last = Attempt.objects.filter(target=target, kind=StepKind.COMMIT).exclude(outcome=Outcome.REFUSED)
    row = last.order_by("-started_at").first()
    if row is not None:
        Attempt.objects.filter(pk=row.pk).update(outcome=Outcome.UNKNOWN)


def forget_steps(target: Target) -> None:
    """What was prepared is of no use any more: it is prepared anew."""
    with transaction.atomic():
        Step.objects.filter(target=target, kind__in=(StepKind.CONTAINER, StepKind.UPLOAD)).delete()


def close_doors(connection: Connection, said: Verdict) -> None:
    """Close what the refusal closes: the account's bucket, the app's, or the account itself."""
    effect = said.meaning.effect
    pause = max(
        timedelta(seconds=said.retry_after or 0), said.meaning.pause if not said.retry_after else timedelta(0)
    )
    until = timezone.now() + pause
    if effect is Effect.RECONNECT:
        mark_dead(connection, said.meaning.name)
    elif effect is Effect.CLOSE:
        Connection.objects.filter(pk=connection.pk).update(
            closed_until=until, closed_reason=said.meaning.name
        )
    elif effect is Effect.PAUSE_APP:
        AppPause.objects.update_or_create(
            family=FAMILIES[connection.network], defaults={"until": until, "reason": said.meaning.name}
        )


def not_ready(target: Target, lease: UUID, soonest: timedelta) -> None:
    """The network still prepares the file: ask again, the longer it takes the more rarely, and for an hour at most."""
    prepared = Step.objects.filter(target=target).aggregate(last=Max("done_at"))["last"]
    waited = timezone.now() - prepared if prepared else timedelta(0)
    if waited > LONGEST_PREPARATION:
        forget_steps(target)
        fail(target, verdict("NOT_PREPARED"), lease=lease)
        return
    postpone(target, timezone.now() + max(soonest, waited / 10), lease=lease)


def not_out(target: Target, lease: UUID, attempt: Attempt) -> None:
    """A call that had no answer did nothing: at once again, then more and more rarely, and not for ever."""
    vain = Attempt.objects.filter(target=target, kind=attempt.kind, outcome=Outcome.NOT_SENT)
    count = vain.exclude(code__exact="").count()
    if count >= MOST_TRIES:
        fail(target, verdict("SERVICE_DOWN", attempt.code, attempt.message), lease=lease)
        return
    wait = BACKOFF[min(count - 1, len(BACKOFF)) - 1] if count > 1 else timedelta(0)
    postpone(target, timezone.now() + wait, lease=lease, looks=0)


def _again(target: Target, lease: UUID, said: Verdict) -> None:
    """Wait and try again; what waits for a door costs no try."""
    effect = said.meaning.effect
    if effect in (Effect.CLOSE, Effect.PAUSE_APP, Effect.RECONNECT):
        postpone(target, timezone.now(), lease=lease, said=said, tries=max(1, target.tries - 1))
        return
    if target.tries >= MOST_TRIES:
        fail(target, verdict(said.meaning.name, said.code, said.message), lease=lease)
        return
    wait = REMAKE_AFTER if effect is Effect.REMAKE else BACKOFF[min(target.tries, len(BACKOFF)) - 1]
    postpone(target, timezone.now() + wait, lease=lease, said=said)
