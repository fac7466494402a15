"""WEBHOOK steps: sending the calls that runs left behind, with leases, the signature and the back-off of webhooks.

The idempotency key of a call is run:step:move. A dead endpoint parks only the runs at that step.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.utils import timezone

from events.leases import Claim, LeasedTable
from events.webhooks.sending import Answer, Target, send, session
from journeys.definition.steps import Webhook
from journeys.engine.holding import wake_runs
from journeys.explaining import find_run
from journeys.models import JourneySecret, RunData, WebhookCall
from journeys.payloads import at_path
from journeys.versions import definition_of
from messaging.rendering import TemplateProblem, render, values_for
from profiles.models import CustomerProfile
from profiles.representation import customer_fields
from tenants.encryption import decrypt
from tenants.models import Tenant
from tenants.one_by_one import one_by_one
from tenants.scope import current_tenant_id

BATCH: Final = 20
# Minutes after each attempt; the last one repeats until the call is given up.
BACK_OFF: Final = (1, 2, 5, 15, 30, 60)
RETRIED: Final = frozenset({408, 409, 425, 429})
SERVER_ERROR: Final = 500
MOST_KEPT: Final = 4096
LONGEST_ERROR: Final = 300
CALLS: Final = LeasedTable(
    table="journeys_webhookcall",
    waits="row.status = 'PENDING' AND row.due_at <= %(now)s",
    order="row.due_at, row.id",
    seconds=120,
)


def send_calls(*, now: datetime | None = None) -> int:
    """Send what is due in the open scope's club; returns how many calls were made."""
    now = now or timezone.now()
    claims = {claim.key: claim for claim in CALLS.claim(most=BATCH, now=now)}
    one_by_one(list(claims), lambda call_id: _send_claimed(claims[call_id], now), what="calling a webhook")
    return len(claims)


def _send_claimed(claim: Claim, now: datetime) -> None:
    """One call of the batch, unless the batch took so long that another worker has it by now."""
    call: WebhookCall | None = WebhookCall.objects.filter(pk=claim.key, status="PENDING").first()
    if call is None:
        return
    for mine in CALLS.renew([claim]):
        _send(call, mine, now)


def _send(call: WebhookCall, claim: Claim, now: datetime) -> None:
    step = definition_of(call.version_id).by_id.get(call.step)
    run = find_run(call.run_id)
    if not isinstance(step, Webhook) or run is None:
        _finish(call, claim, now, status="FAILED", error="The run is over.")
        return
    try:
        body = _body(step, call, run.profile_id)
    except (TemplateProblem, orjson.JSONDecodeError) as error:
        _finish(call, claim, now, status="FAILED", error=str(error))
        return
    secret = JourneySecret.objects.filter(name=step.secret).first()
    target = Target(step.url, [decrypt(secret.sealed)] if secret else [])
    key = f"{call.run_id}:{call.step}:{call.move}"
    answer = send(target, event_id=key, body=body, over=session())
    if answer.succeeded:
        _finish(call, claim, now, status="DONE", kept=_kept(step, answer))
    elif _is_final(answer) or now >= call.give_up_at:
        _finish(call, claim, now, status="FAILED", error=answer.error)
    else:
        wait = timedelta(minutes=BACK_OFF[min(claim.attempts, len(BACK_OFF)) - 1])
        due_at = now + max(wait, answer.asked_wait or wait)
        CALLS.end(
            [claim],
            sets="due_at = %(due_at)s, error = %(error)s",
            due_at=due_at,
            error=answer.error[:LONGEST_ERROR],
        )


def _body(step: Webhook, call: WebhookCall, profile_id: Any) -> bytes:
    """The text of the step with the person's data, which must be JSON; without one the run itself."""
    data = RunData.objects.filter(run_id=call.run_id).first()
    event, variables = (data.data, data.variables) if data else ({}, {})
    if not step.body.strip():
        return orjson.dumps(
            {"customerId": profile_id, "runId": call.run_id, "event": event, "run": variables}
        )
    profile = CustomerProfile.objects.get(pk=profile_id)
    club = {"name": Tenant.objects.get(pk=current_tenant_id()).name}
    values = values_for(customer_fields(profile), club=club, extra={"event": event, "run": variables})
    return orjson.dumps(orjson.loads(render(step.body, values)))


def _is_final(answer: Answer) -> bool:
    """A refusal that another attempt will not change."""
    status = answer.status_code
    return status is not None and status < SERVER_ERROR and status not in RETRIED


def _kept(step: Webhook, answer: Answer) -> dict[str, Any]:
    try:
        parsed = orjson.loads(answer.text or "{}")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    kept = {name: at_path(parsed, path) for name, path in step.save.items()}
    return kept if len(orjson.dumps(kept)) <= MOST_KEPT else {}


def _finish(
    call: WebhookCall,
    claim: Claim,
    now: datetime,
    *,
    status: str,
    error: str = "",
    kept: dict[str, Any] | None = None,
) -> None:
    """End the call and let its run go on; a worker that lost its lease meanwhile leaves both to the other one."""
    answer = None if kept is None else orjson.dumps(kept).decode()
    values = {"status": status, "error": error[:LONGEST_ERROR], "answer": answer}
    with transaction.atomic(), connection.cursor() as cursor:
        sets = "status = %(status)s, error = %(error)s, answer = %(answer)s::jsonb"
        if CALLS.end([claim], sets=sets, **values):
            wake_runs(cursor, [call.run_id], now)
