"""WEBHOOK steps: sending the calls that runs left behind, with leases, the signature and the back-off of webhooks.

The idempotency key of a call is run:step:move. A dead endpoint parks only the runs at that step.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.utils import timezone

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
LEASE: Final = timedelta(seconds=120)
# Minutes after each attempt; the last one repeats until the call is given up.
BACK_OFF: Final = (1, 2, 5, 15, 30, 60)
RETRIED: Final = frozenset({408, 409, 425, 429})
SERVER_ERROR: Final = 500
MOST_KEPT: Final = 4096
CLAIM: Final = """
UPDATE journeys_webhookcall SET leased_until = %(until)s, attempts = attempts + 1
WHERE id IN (SELECT id FROM journeys_webhookcall
             WHERE tenant_id = %(tenant)s AND status = 'PENDING' AND due_at <= %(now)s
               AND (leased_until IS NULL OR leased_until < %(now)s)
             ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def send_calls(*, now: datetime | None = None) -> int:
    """Send what is due in the open scope's club; returns how many calls were made."""
    now = now or timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            CLAIM, {"tenant": current_tenant_id(), "now": now, "until": now + LEASE, "most": BATCH}
        )
        ids = [row[0] for row in cursor.fetchall()]
    one_by_one(ids, lambda call_id: _send_claimed(call_id, now), what="calling a webhook")
    return len(ids)


def _send_claimed(call_id: int, now: datetime) -> None:
    """One call of the batch, unless the batch took so long that another worker has it by now."""
    call: WebhookCall | None = WebhookCall.objects.filter(pk=call_id, status="PENDING").first()
    if call is None:
        return
    mine = WebhookCall.objects.filter(pk=call.pk, attempts=call.attempts, leased_until=call.leased_until)
    call.leased_until = max(now, timezone.now()) + LEASE
    if mine.update(leased_until=call.leased_until):
        _send(call, now)


def _send(call: WebhookCall, now: datetime) -> None:
    step = definition_of(call.version_id).by_id.get(call.step)
    run = find_run(call.run_id)
    if not isinstance(step, Webhook) or run is None:
        _finish(call, now, status="FAILED", error="The run is over.")
        return
    try:
        body = _body(step, call, run.profile_id)
    except (TemplateProblem, orjson.JSONDecodeError) as error:
        _finish(call, now, status="FAILED", error=str(error)[:300])
        return
    secret = JourneySecret.objects.filter(name=step.secret).first()
    target = Target(step.url, [decrypt(secret.sealed)] if secret else [])
    key = f"{call.run_id}:{call.step}:{call.move}"
    answer = send(target, event_id=key, body=body, over=session())
    if answer.succeeded:
        _finish(call, now, status="DONE", kept=_kept(step, answer))
    elif _is_final(answer) or now >= call.give_up_at:
        _finish(call, now, status="FAILED", error=answer.error)
    else:
        wait = timedelta(minutes=BACK_OFF[min(call.attempts, len(BACK_OFF)) - 1])
        call.due_at, call.leased_until = now + max(wait, answer.asked_wait or wait), None
        call.error = answer.error[:300]
        _keep(call)


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
    call: WebhookCall, now: datetime, *, status: str, error: str = "", kept: dict[str, Any] | None = None
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        call.status, call.error, call.answer, call.leased_until = status, error[:300], kept, None
        if _keep(call):
            wake_runs(cursor, [call.run_id], now)


def _keep(call: WebhookCall) -> bool:
    """Write the call's end, unless somebody else made an attempt since."""
    mine = WebhookCall.objects.filter(pk=call.pk, attempts=call.attempts, status="PENDING")
    return bool(
        mine.update(
            status=call.status,
            error=call.error,
            answer=call.answer,
            due_at=call.due_at,
            leased_until=call.leased_until,
        )
    )
