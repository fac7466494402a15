"""Celery entries of this app: parse ids, open the scope, call one function."""

from collections.abc import Callable
from uuid import UUID

from celery import shared_task
from django.db import connection
from django.utils import timezone

from events.debounce import clear_debounce, enqueue_debounced
from journeys import calling, morning, retention, trials, winning
from journeys.engine.passing import move_due
from journeys.entering import MOVE_RUNS
from journeys.scanning import scan
from tenants.models import Tenant
from tenants.one_by_one import one_by_one
from tenants.scope import all_tenants, tenant_scope

# A tenant with more to do goes to the back of the queue.
TURN_SECONDS = 5.0
# Hops from tenant to tenant over the index of due runs.
DUE_TENANTS = """
SELECT t.id FROM tenants_tenant AS t
WHERE t.is_active AND EXISTS (
    SELECT FROM journeys_run AS r WHERE r.tenant_id = t.id AND r.status = 'WAITING' AND r.due_at <= %s)
"""


def _in_each_club(act: Callable[[Tenant], object], *, what: str) -> None:
    def within(tenant: Tenant) -> None:
        with tenant_scope(tenant):
            act(tenant)

    one_by_one(Tenant.objects.filter(is_active=True), within, what=what)


@shared_task(name=MOVE_RUNS)
def move_runs(tenant_id: str) -> None:
    """Move whoever is due in one club, for a bounded turn; idempotent by the rows' locks and positions."""
    clear_debounce(MOVE_RUNS, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        steps = move_due(seconds=TURN_SECONDS)
    if steps:
        enqueue_debounced(MOVE_RUNS, tenant_id)


@shared_task(name="journeys.sweep_due")
def sweep_due() -> None:
    """Find clubs in which somebody is due; idempotent, because waking is."""
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(DUE_TENANTS, [timezone.now()])
        due = [row[0] for row in cursor.fetchall()]
    for tenant_id in due:
        enqueue_debounced(MOVE_RUNS, str(tenant_id))


@shared_task(name="journeys.send_calls")
def send_calls() -> None:
    """Send the calls of WEBHOOK steps; idempotent for the receiver by their key, and by leases here."""
    due = calling.CALLS.tenants_with_work(now=timezone.now())
    one_by_one(due, _send_calls_of, what="sending calls")


def _send_calls_of(tenant_id: UUID) -> None:
    with tenant_scope(tenant_id):
        calling.send_calls()


@shared_task(name="journeys.scan_dates")
def scan_dates() -> None:
    """Enter whoever a date or a schedule brings; idempotent by the marks of the triggers."""
    _in_each_club(lambda tenant: scan(tenant, timezone.now()), what="scanning dates")


@shared_task(name=trials.RUN_TRIALS, soft_time_limit=1700, time_limit=1750)
def run_trials(tenant_id: str) -> None:
    """Run the trials that wait in one club; idempotent by their rows' status and lease."""
    clear_debounce(trials.RUN_TRIALS, tenant_id)
    with tenant_scope(UUID(tenant_id)):
        trials.run_waiting()


@shared_task(name="journeys.sweep_trials")
def sweep_trials() -> None:
    """Wake a worker for each club with a trial that waits: what a lost message left. Idempotent, because waking is."""
    for tenant_id in trials.TRIALS.tenants_with_work():
        enqueue_debounced(trials.RUN_TRIALS, str(tenant_id))


@shared_task(name="journeys.decide_winners")
def decide_winners() -> None:
    """Let the best ways of splits win; idempotent, because a split that is decided looks for no winner."""
    _in_each_club(lambda _: winning.decide_all(), what="deciding winners")


@shared_task(name="journeys.mail_mornings")
def mail_mornings() -> None:
    """Mail the day's tasks to whoever wants them; idempotent by the day that is kept with the wish."""
    _in_each_club(lambda tenant: morning.send_due(tenant, timezone.now()), what="mailing mornings")


@shared_task(name="journeys.tidy")
def tidy() -> None:
    """Roll counters up and forget old explanations; idempotent, because what is done is not found again."""
    _in_each_club(lambda tenant: retention.tidy(tenant, timezone.now()), what="tidying journeys")
