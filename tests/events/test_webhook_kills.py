"""A worker that is killed in the middle of a request: nothing is lost, and only what was under way comes twice."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.utils import timezone
from pytest_django import Settings

from events.models import WebhookDelivery, WebhookEndpoint
from events.webhooks.delivering import BATCH_SIZE, deliver_due
from tenants.scope import all_tenants
from tests.cast import Club
from tests.events.hooks import deliveries, endpoint, plan
from tests.events.receiver import Reply, Request, receiving
from tests.patience import PATIENCE_SECONDS, wait_until
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db(transaction=True)
TURN = """
import sys, uuid, django
django.setup()
from events.webhooks.delivering import deliver_due
deliver_due(uuid.UUID(sys.argv[1]))
"""


def all_arrived(hook: WebhookEndpoint) -> bool:
    return {row.status for row in deliveries(hook)} == {"DELIVERED"}


def test_a_worker_is_killed_in_the_middle_of_a_wave(
    fairview: Club, process_environment: dict[str, str], settings: Settings
) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    environment = process_environment | {
        "CRM_WEBHOOKS_ALLOW_PRIVATE": "true",
        "CRM_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }
    settings.CRM_ENCRYPTION_KEYS = [environment["CRM_ENCRYPTION_KEYS"]]
    hang, under_way = threading.Event(), threading.Event()
    with receiving() as receiver:

        def reply(request: Request) -> Reply:
            if len(receiver.requests) > BATCH_SIZE:
                under_way.set()
                hang.wait(PATIENCE_SECONDS)
            return Reply()

        receiver.reply = reply
        hook = endpoint(fairview.tenant, receiver)
        tell(fairview.tenant, *(member(number) for number in range(1, 3 * BATCH_SIZE + 1)))
        plan()
        worker = subprocess.Popen(
            [sys.executable, "-c", TURN, str(hook.pk)], cwd=project.BASE_DIR, env=environment
        )
        assert under_way.wait(PATIENCE_SECONDS)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        hang.set()
        assert deliver_due(hook.pk) is False, "the dead one's turn lasts until its lease has run out"
        with all_tenants():
            past = timezone.now() - timedelta(seconds=1)
            WebhookEndpoint.objects.update(leased_until=past)
            WebhookDelivery.objects.exclude(leased_until=None).update(leased_until=past)

        receiver.reply = lambda request: Reply()
        wait_until(lambda: not deliver_due(hook.pk) and all_arrived(hook))

    rows = deliveries(hook)
    sent = Counter(receiver.ids)
    assert set(sent) == {row.event_id for row in rows}
    twice = {event_id for event_id, times in sent.items() if times > 1}
    assert twice <= {row.event_id for row in rows if row.attempts == 2}
    assert 0 < len(twice) <= BATCH_SIZE
    assert all(payload is not None for payload in receiver.payloads)
