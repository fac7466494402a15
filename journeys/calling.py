"""WEBHOOK steps: sending the calls that runs left behind, with leases, the signature and the back-off of webhooks.

The idempotency key of a call is run:step:move. Each step gets its share of a turn, so that a dead endpoint parks only
the runs at that step. What is asked of the database comes before and after the requests, never between.
"""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events.debounce import enqueue_on_commit
from events.leases import LeasedTable
from events.webhooks.guarding import session
from events.webhooks.sending import Answer, Target, send
from journeys.definition.steps import Webhook
from journeys.entering import MOVE_RUNS
from journeys.models import Journey, Run, RunData, WebhookCall
from journeys.payloads import at_path
from journeys.secrets import MissingSecret, secret_of
from journeys.versions import definition_of
from messaging.rendering import TemplateProblem, render, values_for
from profiles.models import CustomerProfile
from profiles.representation import customer_fields
from profiles.restricting import restricted_among
from tenants.models import Tenant
from tenants.one_by_one import EVERYBODYS
from tenants.sandboxes import is_sandbox
from tenants.scope import current_tenant_id

logger = logging.getLogger(__name__)

BATCH: Final = 20
# At once; a turn of slow endpoints ends within the lease.
HANDS: Final = 10
TURN_SECONDS: Final = 20.0
# Minutes after each attempt; the last one repeats until the call is given up.
BACK_OFF: Final = (1, 2, 5, 15, 30, 60)
RETRIED: Final = frozenset({408, 409, 425, 429})
SERVER_ERROR: Final = 500
# Of an answer so much is read, and so much of it kept.
MOST_READ: Final = 65_536
MOST_KEPT: Final = 4096
PAUSED_WAIT: Final = timedelta(minutes=1)
RESTRICTED_WAIT: Final = timedelta(hours=1)
# A text in JSON; and what Liquid writes outside of texts, which is marked by a character that nobody types.
BARE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{.*?\}\}', re.DOTALL)
# With which some programs begin a file, and an answer.
BYTE_ORDER: Final = "\ufeff"
WITHOUT_QUOTES: Final = "\ue000"
OVER: Final = "The run is over, or went on."
CALLS: Final = LeasedTable(
    table="journeys_webhookcall",
    waits="row.status = 'PENDING' AND row.due_at <= %(now)s",
    order="row.due_at, row.id",
    seconds=120,
)
# An equal share for each step of a version that has something due, so that none waits behind another one's crowd.
SHARES: Final = """
SELECT id FROM (
    SELECT id, due_at, row_number() OVER (PARTITION BY version_id, step ORDER BY due_at, id) AS nth
    FROM journeys_webhookcall
    WHERE tenant_id = %(tenant)s AND status = 'PENDING' AND due_at <= %(now)s
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
) AS due ORDER BY nth, due_at LIMIT %(most)s
"""
# Only where the run still waits for this call: elsewhere it would go on too early.
WAKE: Final = """
UPDATE journeys_run SET due_at = %(now)s
WHERE tenant_id = %(tenant)s AND id = %(run)s AND step = %(step)s AND moves = %(move)s AND status = 'WAITING'
  AND due_at > %(now)s
"""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that can be sent."""

    call: WebhookCall
    step: Webhook
    target: Target
    body: bytes

    @property
    def key(self) -> str:
        """By which the receiver knows a call that comes again."""
        return f"{self.call.run_id}:{self.call.step}:{self.call.move}"


def send_calls(*, now: datetime | None = None) -> int:
    """Send what is due in the open scope's club, for a bounded turn; returns how many calls were made."""
    made, ends = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends:
        calls = _claim(now or timezone.now())
        if not calls:
            break
        made += _send_all(calls, now or timezone.now())
    return made


def _claim(now: datetime) -> list[WebhookCall]:
    with connection.cursor() as cursor:
        cursor.execute(SHARES, {"tenant": current_tenant_id(), "now": now, "most": BATCH})
        ids = [row[0] for row in cursor.fetchall()]
    claims = CALLS.claim(most=BATCH, only=ids, now=now) if ids else []
    calls = WebhookCall.objects.filter(pk__in=[claim.key for claim in claims])
    return list(calls.order_by("due_at", "pk"))


def _send_all(calls: Sequence[WebhookCall], now: datetime) -> int:
    people = _People(calls)
    ready = []
    for call in calls:
        try:
            made = _prepared(call, people, now)
        except EVERYBODYS:
            raise
        except Exception as error:  # such a call stops no other; it is tried again like any
            logger.exception("a call cannot be made", extra={"call": call.pk})
            _try_again(call, now, f"{type(error).__name__}: {error}", timedelta())
            continue
        if made is not None:
            ready.append(made)
    with ThreadPoolExecutor(max_workers=HANDS) as hands:
        answers = list(hands.map(_ask, ready))
    for one, answer in zip(ready, answers, strict=True):
        try:
            _note(one, answer, now)
        except EVERYBODYS:
            raise
        except (
            Exception
        ) as error:  # whatever the receiver wrote: it was called, and is not called again for it
            logger.exception("an answer cannot be kept", extra={"call": one.call.pk})
            status = "DONE" if answer.succeeded else "FAILED"
            _finish(one.call, now, status=status, error=f"The answer cannot be kept: {type(error).__name__}.")
    return len(ready)


class _People:
    """The runs of some calls, and whose data must rest."""

    def __init__(self, calls: Sequence[WebhookCall]) -> None:
        self.runs: dict[int, Run] = Run.objects.in_bulk({call.run_id for call in calls})
        ids = {run.profile_id for run in self.runs.values()}
        self.restricted: set[UUID] = restricted_among(ids)
        self.paused: set[UUID] = set(Journey.objects.filter(status="PAUSED").values_list("pk", flat=True))


def _prepared(call: WebhookCall, people: _People, now: datetime) -> _Ready | None:
    """The call with its body, or None where it ended or has to wait; raises what the step is to blame for."""
    step, run = definition_of(call.version_id).by_id.get(call.step), people.runs.get(call.run_id)
    if not isinstance(step, Webhook) or run is None or (run.step, run.moves) != (call.step, call.move):
        _finish(call, now, status="FAILED", error=OVER)
        return None
    if run.profile_id in people.restricted:
        _postpone(call, now + RESTRICTED_WAIT)
        return None
    if run.journey_id in people.paused or run.status != "WAITING":
        _postpone(call, now + PAUSED_WAIT)
        return None
    try:
        secrets = [secret_of(step.secret)] if step.secret else []
        return _Ready(call, step, Target(step.url, secrets, is_of_sandbox=is_sandbox()), _body(step, run))
    except (TemplateProblem, MissingSecret) as problem:
        _finish(call, now, status="FAILED", error=str(problem))
    except orjson.JSONDecodeError as problem:
        _finish(call, now, status="FAILED", error=f"The body of the step makes no JSON: {problem}")
    return None


def _postpone(call: WebhookCall, until: datetime) -> None:
    """Not now, and not counted as an attempt; the time to give up moves along."""
    call.give_up_at += max(until - call.due_at, timedelta())
    call.due_at, call.leased_until = until, None
    _keep(call, attempts=max(call.attempts - 1, 0))


def _body(step: Webhook, run: Run) -> bytes:
    """The text of the step with the person's data, which must be JSON; without one the run itself."""
    data = RunData.objects.filter(run_id=run.pk).first()
    event, variables = (data.data, data.variables) if data else ({}, {})
    if not step.body.strip():
        return orjson.dumps({"customerId": run.profile_id, "runId": run.pk, "event": event, "run": variables})
    profile = CustomerProfile.objects.get(pk=run.profile_id)
    club = {"name": Tenant.objects.get(pk=current_tenant_id()).name}
    extra = {"event": event, "run": variables | {"key": run.key, "enteredAt": run.entered_at.isoformat()}}
    return filled_body(step.body, values_for(customer_fields(profile), club=club, extra=extra))


def filled_body(text: str, values: Mapping[str, Any]) -> bytes:
    """JSON with Liquid in its texts, filled; raises JSONDecodeError, TemplateProblem.

    Each text is filled on its own, and so is what stands without quotes (a number): a quote in a name breaks nothing,
    and adds nothing. Where Liquid builds more than values it is filled first, with texts as they stand in JSON.
    """
    try:
        template = orjson.loads(BARE.sub(_in_quotes, text))
    except orjson.JSONDecodeError:
        return orjson.dumps(orjson.loads(render(text, _escaped(values))))
    return orjson.dumps(_filled(template, values))


def _in_quotes(found: re.Match[str]) -> str:
    part = found.group()
    return part if part.startswith('"') else orjson.dumps(WITHOUT_QUOTES + part).decode()


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return orjson.dumps(value).decode()[1:-1]
    if isinstance(value, list | tuple):
        return [_escaped(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _escaped(one) for name, one in value.items()}
    return value


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, str):
        if part.startswith(WITHOUT_QUOTES):
            return orjson.loads(render(part.removeprefix(WITHOUT_QUOTES), values))
        return render(part, values)
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if isinstance(part, dict):
        return {name: _filled(one, values) for name, one in part.items()}
    return part


def _ask(one: _Ready) -> Answer:
    """The request itself; in a thread, without the database."""
    with session() as over:
        return send(one.target, event_id=one.key, body=one.body, over=over, longest=MOST_READ)


def _note(one: _Ready, answer: Answer, now: datetime) -> None:
    call = one.call
    if answer.succeeded:
        kept, problem = _kept(one.step, answer)
        _finish(call, now, status="DONE", error=problem, kept=kept)
    elif _is_final(answer):
        _finish(call, now, status="FAILED", error=answer.error)
    else:
        _try_again(call, now, answer.error, answer.asked_wait or timedelta())


def _try_again(call: WebhookCall, now: datetime, error: str, asked: timedelta) -> None:
    """Later, by the back-off or as the receiver asks; not beyond the time of the step."""
    if now >= call.give_up_at:
        _finish(call, now, status="FAILED", error=error)
        return
    wait = max(timedelta(minutes=BACK_OFF[min(call.attempts, len(BACK_OFF)) - 1]), asked)
    call.due_at, call.leased_until = min(now + wait, call.give_up_at), None
    call.error = error[:300]
    _keep(call)


def _is_final(answer: Answer) -> bool:
    """A refusal that another attempt will not change."""
    status = answer.status_code
    return status is not None and status < SERVER_ERROR and status not in RETRIED


def _kept(step: Webhook, answer: Answer) -> tuple[dict[str, Any], str]:
    """What the step keeps of an answer, and what is wrong with the answer, empty: nothing."""
    if not step.save:
        return {}, ""
    try:
        parsed = orjson.loads(answer.text.removeprefix(BYTE_ORDER))
    except orjson.JSONDecodeError:
        return {}, f"The answer is no JSON of at most {MOST_READ // 1024} KB: nothing of it is kept."
    if not isinstance(parsed, dict):
        return {}, "The answer is no JSON object: nothing of it is kept."
    try:
        found = {name: _storable(at_path(parsed, path)) for name, path in step.save.items()}
        kept = {name: value for name, value in found.items() if value is not None}
        length = len(orjson.dumps(kept))
    except (RecursionError, TypeError):  # the reader goes deeper than the writer
        return {}, "The answer holds too much within each other: nothing of it is kept."
    if length > MOST_KEPT:
        return {}, f"More than {MOST_KEPT // 1024} KB of the answer were to be kept: nothing of it is."
    missing = ", ".join(sorted(found.keys() - kept.keys()))
    return kept, f"The answer has nothing for {missing}." if missing else ""


def _storable(value: Any) -> Any:
    """Without the character that the database cannot hold."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {str(_storable(name)): _storable(one) for name, one in value.items()}
    return value


def _finish(
    call: WebhookCall, now: datetime, *, status: str, error: str = "", kept: dict[str, Any] | None = None
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        call.status, call.error, call.answer, call.leased_until = status, error[:300], kept, None
        if not _keep(call):
            return
        cursor.execute(
            WAKE,
            {"tenant": call.tenant_id, "run": call.run_id, "step": call.step, "move": call.move, "now": now},
        )
        if cursor.rowcount:
            enqueue_on_commit(MOVE_RUNS, str(call.tenant_id))


def _keep(call: WebhookCall, *, attempts: int | None = None) -> bool:
    """Write what became of the call, unless somebody else made an attempt since."""
    mine = WebhookCall.objects.filter(pk=call.pk, attempts=call.attempts, status="PENDING")
    return bool(
        mine.update(
            status=call.status,
            error=call.error,
            answer=call.answer,
            due_at=call.due_at,
            give_up_at=call.give_up_at,
            leased_until=call.leased_until,
            attempts=call.attempts if attempts is None else attempts,
        )
    )
