"""Handing over what is due: claim, look once more whether one may, render, hand over, note what came of it.

Nothing is decided here but whether a message may still go. A claimed row is committed before the service is called, and
what the call did is noted after it: a worker that dies between leaves a row whose lease ends, which the sweep
(`messaging.settling`) asks the service about by its key. No message is handed over twice on a guess.

Not a `LeasedTable`: a claim decides for each row what becomes of it (expired, deferred, claimed), goes on from a mark
in the index, and a row whose worker died must not be claimed again.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import InterfaceError, OperationalError, connection, transaction

from messaging import send_statements as sql
from messaging.announcing import Changed, announce
from messaging.composing import Composer, Undeliverable
from messaging.gateway import Outage, Refused, Unclear, gateway
from messaging.mailing import send_mails, tell_sent
from messaging.models import SendPolicy
from messaging.models.policy import policy_of, sends_mails_itself
from messaging.rates import note_sent, room
from profiles.representation import COLUMNS
from tenants.models import Tenant
from tenants.postgresql.plans import any_club
from tenants.scope import all_tenants, current_tenant_id, tenant_scope

logger = logging.getLogger(__name__)

BATCH: Final = 500
# Of rows that came back without a word once; those of a second time go alone.
FEW: Final = 25
# A mail server takes its time: so few at once, that a pause is soon heard and little is in doubt after a death.
MAILS: Final = 50
TURN_SECONDS: Final = 20.0
LEASE: Final = timedelta(minutes=2)
# An answer may be on its way still: ask after a moment.
FIRST_ASK: Final = timedelta(seconds=5)
# Of what certainly was not done, so many attempts, later each time: about a day.
MOST_OUTAGES: Final = 300
LONGEST_WAIT: Final = timedelta(minutes=5)
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
LOAD: Final = sql.LOAD.replace("{columns}", ", ".join(f"p.{column}" for column in COLUMNS)).replace(
    "{address}", sql.ADDRESS
)
HEAD: Final = 14


class Claimed(NamedTuple):
    """A row that is ours to hand over; `blocked` says why it must not go after all.

    `is_doubtful`: the address or the person is another one than was planned for.
    """

    id: int
    key: str
    source: str
    source_id: UUID
    profile_id: UUID
    channel: str
    message_id: UUID
    message_class: str
    variables: str | None
    attempts: int
    leased_until: datetime
    address: str
    blocked: str
    is_doubtful: bool
    profile: Sequence[Any]


class Result(NamedTuple):
    """What came of a claimed row."""

    id: int
    status: str
    reason: str = ""
    service_id: str = ""
    error: str = ""
    wait: timedelta = timedelta(0)


@dataclass
class Lane:
    """One source of one tenant, and how far this report has come in it; `ahead`: a claim that is to be handed over."""

    tenant: Tenant
    policy: SendPolicy
    composer: Composer
    source_id: UUID
    mark: tuple[datetime, int] = (BEGINNING, 0)
    ahead: tuple[int, list[Claimed]] | None = None

    @property
    def is_by_mail(self) -> bool:
        """Whether its mails go through our own server."""
        return sends_mails_itself(self.tenant, self.policy)


@dataclass
class SendReport:
    """How many rows were settled how, and whether the service let us down."""

    settled: dict[str, int] = field(default_factory=dict)
    is_away: bool = False

    @property
    def handed_over(self) -> int:
        """Messages that the service has now."""
        return self.settled.get("HANDED_OVER", 0)


def send_due(*, seconds: float = TURN_SECONDS, batch: int = BATCH) -> SendReport:
    """Send what is due of all tenants, a batch of each in turn, until nothing is due or the time is up.

    Who delivers and is away rests until the next turn; the others go on.
    """
    report, ends = SendReport(), time.monotonic() + seconds
    tenants = due_lanes()
    away: set[str] = set()
    while tenants and (time.monotonic() < ends or tenants[0][0].ahead):
        lanes = tenants.popleft()
        lane = lanes.popleft()
        goes_on = not tenants and not lanes and time.monotonic() < ends
        if lane.policy.backend not in away and _send_turn(lane, report, away, batch, goes_on=goes_on):
            lanes.append(lane)
        if lanes:
            tenants.append(lanes)
    return report


def _send_turn(lane: Lane, report: SendReport, away: set[str], batch: int, *, goes_on: bool) -> bool:
    """One batch of a lane; whether there may be more."""
    try:
        return send_batch(lane, report, batch=batch, goes_on=goes_on) > 0
    except Outage as outage:
        logger.warning("sending rests: %s", outage)
        report.is_away = True
        away.add(lane.policy.backend)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # Whatever is wrong with one source holds up nobody else; its rows are asked about when their lease ends.
        logger.exception("a batch was not sent", extra={"source_id": str(lane.source_id)})
    return False


def due_lanes() -> deque[deque[Lane]]:
    """The sources with something due, by tenant."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(sql.LANES)
        rows = cursor.fetchall()
    found: dict[UUID, deque[Lane]] = {}
    for tenant_id, source_id in rows:
        if tenant_id not in found:
            tenant = Tenant.objects.get(pk=tenant_id)
            with tenant_scope(tenant):
                policy = policy_of(tenant)
                found[tenant_id] = deque([Lane(tenant, policy, Composer(tenant, policy), source_id)])
        else:
            first = found[tenant_id][0]
            found[tenant_id].append(Lane(first.tenant, first.policy, first.composer, source_id))
    return deque(found.values())


@any_club()
def send_batch(lane: Lane, report: SendReport, *, batch: int = BATCH, goes_on: bool = False) -> int:
    """Claim and hand over one batch of a lane; returns how many rows were taken. Raises Outage.

    `goes_on`: no other lane waits, so the next batch is claimed in the transaction that notes what came of this one:
    half the waits for the disk. Not where mails are marked one by one: what is noted must not hang on another claim.
    """
    with tenant_scope(lane.tenant):
        taken, claimed = lane.ahead or claim(lane, batch)
        lane.ahead = None
        if not claimed:
            return taken
        results = hand_over(lane, claimed)
        note_sent(lane.tenant, claimed)
        is_refused = bool(results) and results[-1].status == "PLANNED"
        with transaction.atomic():
            finish(results)
            if lane.is_by_mail:
                tell_sent(results)
            elif goes_on and not is_refused:
                lane.ahead = claim(lane, batch)
        for result in results:
            report.settled[result.status] = report.settled.get(result.status, 0) + 1
        if is_refused:
            who = SendPolicy.Backend(lane.policy.backend).label
            raise Outage(f"{who} takes nothing more: {results[-1].error}")
    return taken


def claim(lane: Lane, most: int) -> tuple[int, list[Claimed]]:
    """Take the next due rows of a lane; returns how many left the queue, and those that are to be handed over."""
    most, resting = room(lane.tenant, lane.policy, min(most, MAILS) if lane.is_by_mail else most)
    if most <= 0:
        return 0, []
    with transaction.atomic(), connection.cursor() as cursor:
        parameters: Any = {
            "tenant": lane.tenant.pk,
            "source_id": lane.source_id,
            "most": most,
            "few": FEW,
            "lease": LEASE,
        }
        parameters |= {"mark_due": lane.mark[0], "mark_id": lane.mark[1], "resting": resting}
        cursor.execute(sql.CLAIM, parameters)
        rows = cursor.fetchall()
        if not rows:
            return 0, []
        lane.mark = max((due_at, row_id) for row_id, due_at, _ in rows)
        ended = [row_id for row_id, _, status in rows if status == "SKIPPED"]
        if ended:
            cursor.execute(sql.CHANGED, [lane.tenant.pk, ended])
            announce(Changed(*row) for row in cursor.fetchall())
        ids = [row_id for row_id, _, status in rows if status == "CLAIMED"]
        parameters |= {"ids": ids, "needs_consent": lane.policy.needs_consent_always}
        cursor.execute(LOAD, parameters)
        claimed = [Claimed._make((*row[:HEAD], row[HEAD:])) for row in cursor.fetchall()]
        return len(rows), _once_each(cursor, lane.tenant, claimed)


def _once_each(cursor: Any, tenant: Tenant, claimed: list[Claimed]) -> list[Claimed]:
    """Block whoever got a copy under another record, or whose mailbox has one, since they were planned."""
    doubtful = [one.id for one in claimed if one.is_doubtful and not one.blocked]
    if not doubtful:
        return claimed
    cursor.execute(sql.TWICE, {"tenant": tenant.pk, "ids": doubtful})
    reasons = dict(cursor.fetchall())
    return [one._replace(blocked=reasons.get(one.id, one.blocked)) for one in claimed]


def hand_over(lane: Lane, claimed: Sequence[Claimed]) -> list[Result]:
    """Compose and hand over, outside any transaction; a result for each row."""
    results, ready = [], []
    for one in claimed:
        if one.blocked:
            results.append(Result(one.id, "SKIPPED", one.blocked))
            continue
        try:
            extra = orjson.loads(one.variables) if one.variables else None
            ready.append((one, lane.composer.compose(one, extra)))
        except Undeliverable as problem:
            results.append(Result(one.id, "FAILED", "CONTENT", error=str(problem)[:300]))
    if lane.is_by_mail:
        return results + send_mails(lane.policy, ready)
    return results + _over_http(lane.tenant, ready) if ready else results


def _over_http(tenant: Tenant, ready: Sequence[tuple[Claimed, dict[str, Any]]]) -> list[Result]:
    try:
        answers = gateway().send(str(tenant.pk), [message for _, message in ready])
    except Outage as outage:
        return [later(one, str(outage)[:300], outage.wait_seconds) for one, _ in ready]
    except Unclear as unclear:
        return [Result(one.id, "UNKNOWN", error=str(unclear)[:300], wait=FIRST_ASK) for one, _ in ready]
    except Refused as refused:
        if len(ready) > 1:
            # One of them may be at fault, or all together too much: they are tried apart.
            return [Result(one.id, "UNKNOWN", error=str(refused)[:300], wait=FIRST_ASK) for one, _ in ready]
        return [Result(one.id, "FAILED", "REFUSED", error=str(refused)[:300]) for one, _ in ready]
    return [_verdict(one, answers.get(one.key)) for one, _ in ready]


def later(one: Claimed, why: str, seconds: float) -> Result:
    """Back to the queue for at least so many seconds, and longer each time."""
    if one.attempts >= MOST_OUTAGES:
        return Result(one.id, "FAILED", "NO_ANSWER", error=why)
    own = timedelta(seconds=2 ** min(one.attempts, 10))
    return Result(one.id, "PLANNED", error=why, wait=max(timedelta(seconds=seconds), min(own, LONGEST_WAIT)))


def _verdict(one: Claimed, answer: dict[str, Any] | None) -> Result:
    """What is not understood is asked about, and never called refused."""
    if answer is None:
        return Result(one.id, "UNKNOWN", error="The answer does not say what became of it.", wait=FIRST_ASK)
    status = answer.get("status")
    if status in ("accepted", "duplicate"):
        return Result(one.id, "HANDED_OVER", service_id=str(answer.get("messageId") or "")[:100])
    if status != "rejected":
        said = f"The service answered “{status}”, which nobody knows here."
        return Result(one.id, "UNKNOWN", error=said[:300], wait=FIRST_ASK)
    words = f"{answer.get('code') or 'REFUSED'}: {answer.get('message') or ''}"
    return Result(one.id, "FAILED", "REFUSED", error=words[:300])


def finish(results: Sequence[Result]) -> None:
    """Note what came of rows, and tell the house, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        sql.RESULT.fill(cursor, results)
        tenant_id = current_tenant_id()
        cursor.execute(sql.FINISH, [tenant_id])
        changed = [Changed(*row) for row in cursor.fetchall()]
        if len(changed) < len(results):
            cursor.execute(sql.NOTE_ID, [tenant_id])
        announce(one for one in changed if one.status != "PLANNED")
