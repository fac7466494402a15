"""Work that is a row: claimed once, renewed, lost with its worker, given up."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from events.leases import Claim, LeasedTable
from events.models import WebhookDelivery
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.hooks import endpoint
from tests.events.logbook import another_connection

pytestmark = pytest.mark.django_db(transaction=True)
WORK = LeasedTable(
    table="events_webhookdelivery",
    waits="row.status = 'PENDING' AND row.due_at <= now()",
    order="row.due_at, row.id",
    most_attempts=3,
    given_up="status = 'FAILED', due_at = NULL, ended_at = now(), last_error = 'Tried too often.'",
)


@pytest.fixture(autouse=True)
def private_receivers(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


def work(club: Club, count: int) -> list[int]:
    """Rows of work, the oldest first."""
    hook = endpoint(club.tenant)
    now = timezone.now()
    with tenant_scope(club.tenant):
        rows = [
            WebhookDelivery(
                tenant=club.tenant, endpoint=hook, log_id=1, event_id=str(uuid4()), event_type="a.b",
                occurred_at=now, due_at=now - timedelta(minutes=count - number),
            )
            for number in range(count)
        ]  # fmt: skip
        return [row.pk for row in WebhookDelivery.objects.bulk_create(rows)]


def die() -> None:
    """Let all leases end, as after the death of their workers."""
    with all_tenants():
        WebhookDelivery.objects.exclude(leased_until=None).update(
            leased_until=timezone.now() - timedelta(seconds=1)
        )


def test_rows_are_claimed_in_order_and_once(fairview: Club) -> None:
    first, second, third = work(fairview, 3)

    with tenant_scope(fairview.tenant):
        one, two, none = WORK.claim(most=2), WORK.claim(most=2), WORK.claim(most=2)

    assert {claim.key for claim in one} == {first, second}
    assert [claim.key for claim in two] == [third]
    assert none == []
    assert {claim.attempts for claim in [*one, *two]} == {1}


def test_what_another_transaction_holds_is_skipped(fairview: Club) -> None:
    first, second = work(fairview, 2)
    with another_connection() as other, other.cursor() as cursor, all_tenants():
        cursor.execute("SELECT id FROM events_webhookdelivery WHERE id = %s FOR UPDATE", [first])
        with tenant_scope(fairview.tenant):
            claimed = WORK.claim(most=2)

    assert [claim.key for claim in claimed] == [second]


def test_a_tenant_claims_its_own_rows_only(fairview: Club, kingsmere: Club) -> None:
    [mine] = work(fairview, 1)

    with tenant_scope(kingsmere.tenant):
        assert WORK.claim(most=5) == []
        assert WORK.claim_one(mine) is None
    assert WORK.tenants_with_work() == [fairview.tenant.pk]
    with tenant_scope(fairview.tenant):
        assert WORK.claim_one(mine) is not None
    assert WORK.tenants_with_work() == []


def test_a_renewed_lease_goes_on_and_an_old_one_is_worth_nothing(fairview: Club) -> None:
    work(fairview, 1)
    with tenant_scope(fairview.tenant):
        [old] = WORK.claim(most=1)
        [new] = WORK.renew([old])

        assert new.leased_until > old.leased_until
        assert WORK.renew([old]) == []
        assert WORK.end([old], sets="last_error = 'x'") == set()
        done = "status = 'DELIVERED', due_at = NULL, ended_at = now()"
        assert WORK.end([new], sets=done) == {new.key}
        assert WebhookDelivery.objects.get().status == "DELIVERED"


def test_a_dead_worker_s_row_goes_to_another_and_is_given_up_in_the_end(fairview: Club) -> None:
    work(fairview, 1)
    seen: list[Claim] = []
    with tenant_scope(fairview.tenant):
        for _ in range(4):
            seen += WORK.claim(most=1)
            die()

        row = WebhookDelivery.objects.get()

    assert [claim.attempts for claim in seen] == [1, 2, 3]
    assert (row.status, row.last_error, row.leased_until) == ("FAILED", "Tried too often.", None)


def test_a_rolled_back_claim_never_was(fairview: Club) -> None:
    work(fairview, 1)
    with tenant_scope(fairview.tenant):
        with transaction.atomic():
            assert WORK.claim(most=1)
            transaction.set_rollback(True)

        assert [claim.attempts for claim in WORK.claim(most=1)] == [1]


def test_other_assignments_go_with_the_claim(fairview: Club) -> None:
    work(fairview, 1)
    marked = replace(WORK, claimed="last_error = %(who)s")

    with tenant_scope(fairview.tenant), connection.cursor():
        assert len(marked.claim(most=1, who="worker 1")) == 1
        assert WebhookDelivery.objects.get().last_error == "worker 1"
