"""Workers killed at random, a service that cuts connections after acceptance: each person exactly one message."""

import random
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import sending, settling
from messaging.models import Delivery
from messaging.sandbox.faults import Fault
from messaging.sandbox.server import Sandbox
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import candidate, mail, plan

PEOPLE = 400
KILLS = 4
WORKER = """
import django; django.setup()
from messaging.sending import send_due
while True: send_due(batch=20)
"""


def crowd(tenant: Tenant) -> list[CustomerProfile]:
    """So many people with a mailbox each."""
    with tenant_scope(tenant):
        return CustomerProfile.objects.bulk_create(
            CustomerProfile(tenant=tenant, first_name=f"A{n}", email=f"a{n}@example.org", email_opt_in=True)
            for n in range(PEOPLE)
        )


def finish(tenant: Tenant) -> set[str]:
    """What operators would see after a while: leases ended, the service asked, the rest sent."""
    for _ in range(20):
        with tenant_scope(tenant):
            soon = timezone.now() - timedelta(seconds=1)
            Delivery.objects.filter(status__in=["CLAIMED", "UNKNOWN"]).update(leased_until=soon)
            Delivery.objects.filter(status="PLANNED", due_at__gt=soon).update(due_at=soon)
        settling.settle(tenant, believed_after=timedelta(0))
        sending.send_due()
        with tenant_scope(tenant):
            left = set(Delivery.objects.values_list("status", flat=True))
        if left == {"HANDED_OVER"}:
            break
    return left


@pytest.mark.slow
def test_killed_workers_and_cut_calls_leave_each_person_one_message(
    process_environment: dict[str, str], kingsmere: Club, sandbox: Sandbox
) -> None:
    tenant, message = kingsmere.tenant, mail(kingsmere.tenant)
    plan(tenant, [candidate(person, message) for person in crowd(tenant)])
    sandbox.faults.replace([{"kind": "cut_after", "times": 2}, {"kind": "status", "status": 500, "skip": 3}])
    environment = {**process_environment, "CRM_MESSAGING_URL": sandbox.url}
    rng = random.Random(7)

    for _ in range(KILLS):
        worker = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, stderr=subprocess.DEVNULL)
        before = sandbox.book.value("SELECT count(*) FROM message")
        for _ in range(600):
            if sandbox.book.value("SELECT count(*) FROM message") > before or worker.poll() is not None:
                break
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 0.2))
        worker.kill()
        worker.wait()
    sandbox.faults.faults.append(Fault("cut_after"))

    assert finish(tenant) == {"HANDED_OVER"}
    keys = [row[0] for row in sandbox.book.rows("SELECT address FROM message")]
    assert len(keys) == len(set(keys)) == PEOPLE
    with tenant_scope(tenant):
        ours = set(Delivery.objects.values_list("key", "service_id"))
    assert ours == {(row["key"], row["id"]) for row in sandbox.book.rows("SELECT key, id FROM message")}
