"""One claimed target: its steps, each written down before it is tried and after it is done."""

import hashlib
import logging
import time
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.utils import timezone

from social.contents import content_of
from social.models import Attempt, Connection, Network, Outcome, Step, StepKind, Target, TargetStatus
from social.networks.addresses import remembered_apps
from social.networks.calling import CallFailed
from social.networks.content import Account, Content, Done, NotReady, Plan, Publisher
from social.networks.errors import verdict
from social.networks.registry import publisher_of
from social.publishing import comments, failures, limits, settling
from social.publishing.attempts import close, close_by
from social.publishing.claiming import Claim, LeaseLost, claim, keep
from social.publishing.states import doubt, hold, locked, publish, withdraw
from social.publishing.wanted import is_late, is_withdrawn
from social.tokens import account_of, may_renew
from tenants.one_by_one import EVERYBODYS
from tenants.postgresql.commits import waiting, without_waiting
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)
# A call of these kinds may make a post public: without an answer it is asked about, never repeated.
# A lease lasts 150 seconds; a call may take the most of what is left.
KEEP_SECONDS: Final = 15.0
# Steps with which a network gets the words.
SAYING: Final = frozenset({StepKind.CONTAINER, StepKind.DRAFT, StepKind.COMMIT})
DECISIVE: Final = frozenset({StepKind.DRAFT, StepKind.COMMIT})
Handles = dict[tuple[str, int], str]


def work(claim: Claim) -> None:
    """Bring a claimed target on as far as it goes now. Never raises for what networks do, nor for what a post says."""
    with tenant_scope(claim.tenant_id), remembered_apps():
        target = Target.objects.select_related("post__tenant", "connection").get(pk=claim.target_id)
        try:
            _work(target, claim)
        except LeaseLost:
            logger.info("another worker has the target", extra={"target_id": str(target.pk)})


def _work(target: Target, claim: Claim) -> None:
    try:
        if target.status == TargetStatus.UNKNOWN or settling.open_attempt(target):
            settling.settle(target, claim.lease)
        elif is_withdrawn(target.post):
            withdraw(target, lease=claim.lease)
        elif is_late(target):
            hold(target, lease=claim.lease)
        else:
            _Run(target, claim).through()
    except (LeaseLost, *EVERYBODYS):
        raise
    except Exception as error:
        # Whatever it is, the target must neither be taken for ever again nor end without a word.
        logger.exception("a post could not be worked on", extra={"target_id": str(target.pk)})
        said = verdict("BROKEN", type(error).__name__, str(error)[:300])
        target.refresh_from_db()
        if settling.open_attempt(target):
            doubt(target, timezone.now() + settling.SLOW_LOOK, lease=claim.lease, asks_human=True)
        elif target.status in (TargetStatus.PUBLISHING, TargetStatus.UNKNOWN):
            failures.before_sending(target, claim.lease, CallFailed(said, is_sent=False))


class _Run:
    """The steps of one target."""

    def __init__(self, target: Target, claim: Claim) -> None:
        self.target, self.claim = target, claim
        self.connection: Connection = target.connection
        self.publisher: Publisher = publisher_of(self.connection.network)
        self.content: Content = content_of(target.post, self.connection.network)
        self.handles = handles_of(target)
        self.post_id: str | None = target.network_post_id
        self.has_renewed = False
        # The claim was made a moment ago, for longer than this.
        self.kept_at = time.monotonic()

    def through(self) -> None:
        """Every step that is not done; ends early where one fails or must wait."""
        try:
            account = account_of(self.connection, is_read_now=True)
        except CallFailed as failed:
            failures.before_sending(self.target, self.claim.lease, failed)
            return
        for plan in self.publisher.plan(self.content):
            if (plan.kind, plan.position) in self.handles:
                continue
            if plan.kind == StepKind.COMMENT:
                comments.write(self.target)
                break
            if not self._take(plan, account):
                return
        remember_address(self.target, account, self.post_id)

    def _take(self, plan: Plan, account: Account) -> bool:
        """One step; whether the next may follow."""
        self._keep()
        try:
            marker = self._before(plan.kind, account) if plan.kind in DECISIVE else ""
        except CallFailed as failed:
            if self._may_renew(failed):
                return self._again_with_new_token(plan)
            failures.before_sending(self.target, self.claim.lease, failed)
            return False
        attempt = self._write_attempt(plan, marker)
        try:
            done = self.publisher.perform(plan, self.content, account, self.handles)
        except NotReady as wait:
            close(attempt, Outcome.NOT_SENT)
            failures.not_ready(self.target, self.claim.lease, timedelta(seconds=wait.seconds))
            return False
        except CallFailed as failed:
            return self._failed(plan, attempt, failed)
        self._note(plan, attempt, done)
        return True

    def _keep(self) -> None:
        """Prolong the lease before it gets short; raises LeaseLost."""
        if time.monotonic() - self.kept_at > KEEP_SECONDS:
            keep(self.target, self.claim.lease)
            self.kept_at = time.monotonic()

    def _before(self, kind: str, account: Account) -> str:
        """Whether the account has room, and what tells older posts from newer ones."""
        if kind == StepKind.COMMIT:
            limits.check_room(self.connection, account)
        return self.publisher.marker(account, kind)

    def _write_attempt(self, plan: Plan, marker: str) -> Attempt:
        """Waited for on its way to the disk where the call may publish; with it all that was written before."""
        with waiting() if plan.kind in DECISIVE else without_waiting():
            attempt: Attempt = Attempt.objects.create(
                tenant_id=self.target.tenant_id,
                target=self.target,
                kind=plan.kind,
                position=plan.position,
                lease=self.claim.lease,
                marker=marker,
                said=self.content.text if plan.kind in SAYING else "",
                started_at=timezone.now(),
            )
        return attempt

    def _note(self, plan: Plan, attempt: Attempt, done: Done) -> None:
        """The step is done: its handle, the attempt's end and, where it is public now, the target, all at once."""
        self.handles[plan.kind, plan.position] = done.handle
        # Only what makes it public touches the post's own state, and needs its lock.
        with locked(self.target, by_worker=True) if done.post_id else without_waiting():
            save_step(self.target, plan, done.handle, fingerprint(self.content))
            close(attempt, Outcome.SUCCEEDED)
            if done.post_id:
                publish(self.target, done.post_id, lease=self.claim.lease, content=self.content)
        self.post_id = done.post_id or self.post_id

    def _failed(self, plan: Plan, attempt: Attempt, failed: CallFailed) -> bool:
        """Write down what came; True: the step may be tried again at once, with another token."""
        is_decisive = plan.kind in DECISIVE
        close_by(attempt, failed, is_decisive=is_decisive)
        if self._may_renew(failed):
            return self._again_with_new_token(plan)
        failures.after_sending(self.target, self.claim.lease, failed, is_decisive=is_decisive)
        return False

    def _may_renew(self, failed: CallFailed) -> bool:
        return not self.has_renewed and may_renew(self.connection, failed)

    def _again_with_new_token(self, plan: Plan) -> bool:
        self.has_renewed = True
        try:
            account = account_of(self.connection, rejected=self.connection.access_sealed)
        except CallFailed as failed:
            failures.before_sending(self.target, self.claim.lease, failed)
            return False
        self.connection.refresh_from_db()
        return self._take(plan, account)


def handles_of(target: Target) -> Handles:
    """What the network gave for the steps that are done."""
    rows = Step.objects.filter(target=target).values_list("kind", "position", "handle")
    return {(kind, position): handle for kind, position, handle in rows}


def save_step(target: Target, plan: Plan, handle: str, request_hash: str) -> None:
    """Write a step that is done; done before by a worker that lost its lease it stays as it is."""
    step = Step(
        tenant_id=target.tenant_id,
        target=target,
        kind=plan.kind,
        position=plan.position,
        handle=handle,
        request_hash=request_hash,
    )
    Step.objects.bulk_create([step], ignore_conflicts=True)


def fingerprint(content: Content) -> str:
    """What was said, as one hash."""
    parts = [content.text, content.link, content.first_comment, [one.key for one in content.pictures]]
    return hashlib.sha256(orjson.dumps([*parts, content.video.key if content.video else None])).hexdigest()


def remember_address(target: Target, account: Account, post_id: str | None) -> None:
    """Where the post is to be seen; best effort, and for nothing where the address follows from the id."""
    if not post_id or target.permalink or target.connection.network == Network.TWITTER:
        return
    try:
        seen = publisher_of(target.connection.network).read(account, post_id)
    except CallFailed:
        return
    if seen is None:
        return
    with without_waiting():
        Target.objects.filter(pk=target.pk).update(permalink=seen.permalink)


def drain(seconds: float, now: datetime | None = None) -> int:
    """Work on what is due, for about so long; returns how many targets were worked on."""
    ends, count = timezone.now() + timedelta(seconds=seconds), 0
    while timezone.now() < ends:
        taken = claim(now)
        if taken is None:
            break
        work(taken)
        count += 1
    return count + comments.catch_up(now)
