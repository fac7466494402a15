"""Finding out what became of a commit that nobody answered for."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from events.iso_time import utc_text
from social.contents import content_of
from social.errors import IllegalMove
from social.models import Attempt, Network, Outcome, Step, StepKind, Target, TargetStatus
from social.networks.calling import CallFailed
from social.networks.content import Found, Search, Seen
from social.networks.errors import Effect, verdict
from social.networks.registry import publisher_of
from social.publishing.failures import close_doors, forget_steps, not_out
from social.publishing.states import doubt, fail, locked, postpone, publish
from social.tokens import asked

# Lists lag: one look in vain proves nothing, four do. Counted from the call itself, so that a worker that dies while it
# looks delays its own look and no other: after 12 minutes it is settled; 20 leave room for five such deaths.
LOOKS: Final = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=3),
    timedelta(minutes=8),
)
SINCE_CALL: Final = tuple(accumulate(LOOKS, initial=timedelta(0)))[1:]
SOONEST: Final = timedelta(seconds=10)
# The network does not even say whether it is there: that is asked again soon, and counts as no look.
ASK_AGAIN: Final = timedelta(minutes=1)
SLOW_LOOK: Final = timedelta(minutes=30)
MOST_BOUND: Final = 500
# What publishes there publishes words that an earlier step brought.
SAID_WITH: Final[dict[str, StepKind]] = {
    Network.INSTAGRAM: StepKind.CONTAINER,
    Network.FACEBOOK: StepKind.DRAFT,
}


def open_attempt(target: Target) -> Attempt | None:
    """The call whose end nobody knows: without an answer, or of a worker that died."""
    rows = Attempt.objects.filter(
        target=target,
        kind__in=(StepKind.DRAFT, StepKind.COMMIT),
        outcome__in=(Outcome.STARTED, Outcome.UNKNOWN),
    )
    found: Attempt | None = rows.order_by("-started_at").first()
    return found


def settle(target: Target, lease: UUID) -> None:
    """Ask the network, and act on what it says. Raises LeaseLost."""
    attempt = open_attempt(target)
    if attempt is None:
        # Nothing can be out: the worker died between two steps.
        postpone(target, timezone.now(), lease=lease)
        return
    try:
        publisher, search = publisher_of(target.connection.network), _search(target, attempt)
        found = asked(target.connection, lambda account: publisher.look(account, search))
    except CallFailed as failed:
        _not_told(target, lease, failed)
        return
    if len(found.candidates) == 1:
        bind(target, attempt, found.candidates[0], lease=lease)
    elif found.candidates:
        doubt(target, timezone.now() + SLOW_LOOK, lease=lease, asks_human=True, seen=_told(found))
    elif found.is_absent:
        _end_attempt(attempt, Outcome.NOT_SENT)
        not_out(target, lease, attempt)
    else:
        _look_again(target, attempt, lease, is_live=found.is_live)


def _search(target: Target, attempt: Attempt) -> Search:
    bound = Target.objects.filter(connection=target.connection, network_post_id__isnull=False)
    recent = bound.order_by("-published_at").values_list("network_post_id", flat=True)[:MOST_BOUND]
    steps = Step.objects.filter(target=target).values_list("kind", "position", "handle")
    first = Attempt.objects.filter(target=target, kind=attempt.kind).order_by("started_at").first() or attempt
    content = content_of(target.post, target.connection.network)
    return Search(
        content=replace(content, text=_said(target, attempt) or content.text),
        # An earlier call may have come through late.
        since=first.started_at,
        marker=first.marker,
        bound=frozenset(one for one in recent if one),
        handles={(kind, position): handle for kind, position, handle in steps},
    )


def _said(target: Target, attempt: Attempt) -> str:
    """The words as the network got them: with the step before, where it keeps them from there, or with the call."""
    kind = SAID_WITH.get(target.connection.network)
    rows = Attempt.objects.filter(target=target, kind=kind, outcome=Outcome.SUCCEEDED)
    before = rows.order_by("-started_at").first() if kind else None
    return before.said if before is not None and before.said else attempt.said


def _not_told(target: Target, lease: UUID, failed: CallFailed) -> None:
    """The network does not even say that: ask later, and when the account works again."""
    said = failed.verdict
    if said.meaning.effect in (Effect.CLOSE, Effect.PAUSE_APP, Effect.RECONNECT):
        close_doors(target.connection, said)
    doubt(target, timezone.now() + ASK_AGAIN, lease=lease)


def _look_again(target: Target, attempt: Attempt, lease: UUID, *, is_live: bool) -> None:
    looks = target.looks + 1
    if looks < len(LOOKS):
        due = max(attempt.started_at + SINCE_CALL[looks], timezone.now() + SOONEST)
        doubt(target, due, lease=lease, looks=looks)
    elif attempt.kind == StepKind.DRAFT:
        # What is still not public after that was a draft: another one is no double. Its photos are used up.
        _end_attempt(attempt, Outcome.NOT_SENT)
        forget_steps(target)
        not_out(target, lease, attempt)
    elif is_live:
        # The network vouches that it is out, only its list does not show it.
        doubt(target, timezone.now() + SLOW_LOOK, lease=lease, looks=looks, asks_human=True)
    else:
        _end_attempt(attempt, Outcome.NOT_SENT)
        fail(target, verdict("LOOKED_IN_VAIN"), lease=lease)


def bind(target: Target, attempt: Attempt, seen: Seen, *, lease: UUID | None) -> None:
    """This post on the network is ours. A draft that was found is public too: the network had made it so."""
    handle = seen.id
    try:
        with locked(target, by_worker=lease is not None), transaction.atomic():
            for kind in {attempt.kind, StepKind.COMMIT}:
                Step.objects.get_or_create(
                    tenant_id=target.tenant_id,
                    target=target,
                    kind=kind,
                    position=0,
                    defaults={"handle": handle, "request_hash": "found"},
                )
            _end_attempt(attempt, Outcome.SUCCEEDED)
            publish(target, seen.id, lease=lease, permalink=seen.permalink, at=seen.at)
    except IntegrityError:
        # Somebody bound it to another post a moment ago: it is not ours.
        target.status = TargetStatus.UNKNOWN if target.status == TargetStatus.PUBLISHED else target.status
        if lease is not None:
            doubt(target, timezone.now() + LOOKS[0], lease=lease)


def decide(target: Target, *, post_id: str | None) -> None:
    """What a human says of a post that the machine could not settle: which one is ours, or none (None)."""
    if target.status != TargetStatus.UNKNOWN or not target.asks_human:
        raise IllegalMove("post on an account", target.status, "decided")
    attempt = open_attempt(target)
    chosen = next((one for one in target.seen if one["id"] == post_id), None)
    if post_id is None:
        if attempt is not None:
            _end_attempt(attempt, Outcome.NOT_SENT)
        fail(target, verdict("LOOKED_IN_VAIN"))
        return
    if chosen is None:
        raise IllegalMove("post on an account", target.status, f"bound to {post_id}")
    with locked(target):
        if attempt is not None:
            _end_attempt(attempt, Outcome.SUCCEEDED)
        publish(target, post_id, lease=None, permalink=chosen["permalink"])


def _end_attempt(attempt: Attempt, outcome: str) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, ended_at=timezone.now())


def _told(found: Found) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "text": one.text, "at": utc_text(one.at), "permalink": one.permalink}
        for one in found.candidates
    ]
