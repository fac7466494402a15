"""Each person exactly one message in the service's book, whatever breaks."""

from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from events.models import DomainLogEntry
from messaging import sending, settling
from messaging.gateway import Gateway, Outage, client
from messaging.holds import hold_source, release_source
from messaging.models import Delivery, SendPolicy
from messaging.sandbox.faults import Fault
from messaging.sandbox.server import Sandbox
from messaging.send_statements import CLAIM
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.messaging.people import MARKETING_ID, candidate, ledger, mail, plan, reader, rules, said, sms
from tests.patience import wait_until

pytestmark = pytest.mark.django_db


def book(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the service has, in order."""
    return [dict(row) for row in sandbox.book.rows("SELECT * FROM message ORDER BY accepted_at, address")]


def readers(tenant: Tenant, number: int) -> list[CustomerProfile]:
    """So many people with a mailbox each."""
    return [reader(tenant, f"Anna{index}") for index in range(number)]


def past(tenant: Tenant, **values: Any) -> None:
    """As if time had gone by for all rows."""
    with tenant_scope(tenant):
        Delivery.objects.update(**values)


def test_what_is_due_is_rendered_handed_over_and_announced(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    rules(tenant, sender_name="Fairview news", sender_email="news@fairview.example")
    message = mail(
        tenant,
        body="Dear {{ firstName }} of {{ club.name }}: https://f.example/day.",
        utm={"utm_source": "crm"},
    )
    anna = reader(tenant)
    plan(tenant, [candidate(anna, message, key="c:1:anna")])

    turn = sending.send_due()

    (sent,) = book(sandbox)
    assert sent["text"] == "Dear Anna of Fairview Golf Club: https://f.example/day?utm_source=crm."
    assert (sent["key"], sent["address"], sent["tenant"]) == ("c:1:anna", anna.email, str(tenant.pk))
    assert turn.settled == {"HANDED_OVER": 1}
    row = ledger(tenant)["Anna"]
    assert (row.status, row.service_id) == ("HANDED_OVER", sent["id"])
    assert [entry["status"] for entry in row.history] == ["PLANNED", "CLAIMED", "HANDED_OVER"]
    with tenant_scope(tenant):
        entry = DomainLogEntry.objects.get(kind="delivery.changed")
    assert entry.profile_id == anna.pk
    assert (entry.data["key"], entry.data["sourceId"], entry.data["change"]) == (
        "c:1:anna",
        str(MARKETING_ID),
        "HANDED_OVER",
    )


def test_a_template_of_the_service_gets_variables(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    message = mail(tenant, subject="", body="", template_id="welcome")
    plan(tenant, [candidate(reader(tenant, membership_tier="Gold"), message, variables={"event": {"id": 7}})])

    sending.send_due()

    (sent,) = book(sandbox)
    assert sent["template"] == "welcome"
    assert '"membershipTier":"Gold"' in sent["variables"]
    assert '"event":{"id":7}' in sent["variables"]


def test_what_is_not_due_stays(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant), due_at=timezone.now() + timedelta(minutes=5))])

    sending.send_due()

    assert (said(tenant), book(sandbox)) == ({"Anna": "PLANNED"}, [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"email_opt_in": False}, "CONSENT"),
        ({"email": None}, "NO_ADDRESS"),
        ({"status": "DELETED"}, "ERASED"),
    ],
)
def test_whoever_may_no_longer_be_written_to_gets_nothing(
    fairview: Club, sandbox: Sandbox, change: dict[str, Any], reason: str
) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    with tenant_scope(tenant):
        CustomerProfile.objects.update(**change)

    sending.send_due()

    assert (said(tenant), book(sandbox)) == ({"Anna": reason}, [])


def test_a_call_that_is_cut_after_acceptance_is_asked_about_and_not_repeated(
    fairview: Club, sandbox: Sandbox
) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 3)])
    sandbox.faults.faults.append(Fault("cut_after"))

    sending.send_due()
    unknown = set(said(tenant).values())
    sending.send_due()
    past(tenant, leased_until=timezone.now() - timedelta(seconds=1))
    settling.settle(tenant)

    assert unknown == {"UNKNOWN"}
    assert set(said(tenant).values()) == {"HANDED_OVER"}
    assert len(book(sandbox)) == 3
    calls = [row["path"] for row in sandbox.book.rows("SELECT path FROM call")]
    assert calls == ["/v1/messages/batch", "/v1/messages/lookup"]


@pytest.mark.parametrize("kind", ["slow", "late"])
def test_a_service_that_takes_too_long_is_asked_and_sends_once(
    fairview: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whether it accepts before we give up waiting, or only after we asked and it had never heard of them."""

    @cache
    def impatient(url: str, key: str) -> client.Gateway:
        return client.Gateway(url, key, read_seconds=0.4)

    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 3)])
    sandbox.faults.faults.append(Fault(kind, seconds=1.5))

    with monkeypatch.context() as hurry:
        hurry.setattr(client, "_gateway", impatient)
        sending.send_due()
    after_the_call = set(said(tenant).values())
    past(tenant, leased_until=timezone.now() - timedelta(seconds=1))
    settling.settle(tenant, believed_after=timedelta(0))
    wait_until(lambda: len(book(sandbox)) == 3)
    past(tenant, due_at=timezone.now() - timedelta(seconds=1))
    sending.send_due()

    assert after_the_call == {"UNKNOWN"}
    assert set(said(tenant).values()) == {"HANDED_OVER"}
    assert len(book(sandbox)) == 3


def test_a_call_that_is_cut_before_anything_was_done_goes_out_once_after_asking(
    fairview: Club, sandbox: Sandbox
) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    sandbox.faults.faults.append(Fault("cut_before"))
    sending.send_due()
    past(tenant, leased_until=timezone.now() - timedelta(seconds=1))

    settling.settle(tenant)
    too_early = said(tenant)
    past(tenant, leased_until=timezone.now() - timedelta(seconds=1))
    settling.settle(tenant, believed_after=timedelta(0))
    past(tenant, due_at=timezone.now() - timedelta(seconds=1))
    sending.send_due()

    assert too_early == {"Anna": "UNKNOWN"}
    assert said(tenant) == {"Anna": "HANDED_OVER"}
    assert len(book(sandbox)) == 1


def test_a_worker_that_died_leaves_rows_that_are_asked_about(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 2)])
    lane = sending.due_lanes()[0][0]
    with tenant_scope(tenant):
        _, claimed = sending.claim(lane, 500)
        sending.hand_over(lane, claimed)  # and here it dies

    sending.send_due()
    past(tenant, leased_until=timezone.now() - timedelta(seconds=1))
    settling.settle(tenant)

    assert set(said(tenant).values()) == {"HANDED_OVER"}
    assert len(book(sandbox)) == 2


def test_what_the_service_puts_off_is_sent_later_and_once(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    sandbox.faults.faults.append(Fault("status", status=429, retry_after=30))

    turn = sending.send_due()

    row = ledger(tenant)["Anna"]
    assert (turn.is_away, row.status) == (True, "PLANNED")
    assert timedelta(seconds=25) < row.due_at - timezone.now() <= timedelta(seconds=30)
    past(tenant, due_at=timezone.now() - timedelta(seconds=1))
    sending.send_due()
    assert (said(tenant), len(book(sandbox))) == ({"Anna": "HANDED_OVER"}, 1)


def test_a_message_that_the_service_refuses_fails_alone(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    people = [reader(tenant, "Anna"), reader(tenant, "Ben", email="reject@example.org")]
    plan(tenant, [candidate(person, mail(tenant)) for person in people])

    sending.send_due()

    rows = ledger(tenant)
    assert (rows["Anna"].status, rows["Ben"].status, rows["Ben"].reason) == (
        "HANDED_OVER",
        "FAILED",
        "REFUSED",
    )
    assert rows["Ben"].error == "INVALID_RECIPIENT: The address is refused."


def test_a_service_that_is_away_keeps_messages_in_the_queue(fairview: Club, settings: Any) -> None:
    tenant = fairview.tenant
    settings.CRM_MESSAGING_URL = "http://127.0.0.1:9"
    plan(tenant, [candidate(reader(tenant), mail(tenant))])

    turn = sending.send_due()

    assert (turn.is_away, said(tenant)) == (True, {"Anna": "PLANNED"})


def test_a_circuit_opens_after_failures_in_a_row() -> None:
    away = Gateway("http://127.0.0.1:9")
    for _ in range(client.OPENS_AFTER):
        with pytest.raises(Outage, match="cannot be reached"):
            away.send("t", [])

    with pytest.raises(Outage, match="does not answer at present"):
        away.send("t", [])


def test_a_held_source_rests_and_goes_on(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    other = uuid4()
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 2)])
    plan(tenant, [candidate(reader(tenant, "Ben"), mail(tenant))], source_id=other)
    with tenant_scope(tenant):
        hold_source(MARKETING_ID, "paused")

    sending.send_due()
    before = said(tenant)
    with tenant_scope(tenant):
        release_source(MARKETING_ID)
    sending.send_due()

    assert before == {"Anna0": "PLANNED", "Anna1": "PLANNED", "Ben": "HANDED_OVER"}
    assert set(said(tenant).values()) == {"HANDED_OVER"}


def test_a_pause_takes_effect_within_one_batch(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 4)])
    lane, turn = sending.due_lanes()[0][0], sending.SendReport()
    sending.send_batch(lane, turn, batch=2)
    with tenant_scope(tenant):
        hold_source(MARKETING_ID)

    assert sending.send_batch(lane, turn, batch=2) == 0
    assert sorted(said(tenant).values()) == ["HANDED_OVER", "HANDED_OVER", "PLANNED", "PLANNED"]


def test_the_next_batch_is_claimed_with_what_came_of_the_last(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 5)])
    lane, turn, seen = sending.due_lanes()[0][0], sending.SendReport(), []

    for goes_on in (True, True, False, False):
        sending.send_batch(lane, turn, batch=2, goes_on=goes_on)
        seen.append(Counter(said(tenant).values()))

    assert seen == [
        {"HANDED_OVER": 2, "CLAIMED": 2, "PLANNED": 1},
        {"HANDED_OVER": 4, "CLAIMED": 1},
        {"HANDED_OVER": 5},
        {"HANDED_OVER": 5},
    ]


def test_a_turn_whose_time_is_up_leaves_nothing_claimed(
    fairview: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 6)])
    ticks = count(0)
    monkeypatch.setattr(sending, "time", SimpleNamespace(monotonic=lambda: next(ticks)))

    # It begins at 0, looks at 1 and 2, and is over when it looks again.
    turn = sending.send_due(seconds=3, batch=2)

    assert turn.settled == {"HANDED_OVER": 4}
    assert Counter(said(tenant).values()) == {"HANDED_OVER": 4, "PLANNED": 2}


def test_a_pause_while_a_turn_goes_on_lets_one_batch_go(
    fairview: Club, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, hand_over = fairview.tenant, sending.hand_over
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 6)])

    def pause(*given: Any) -> Any:
        hold_source(MARKETING_ID)
        return hand_over(*given)

    monkeypatch.setattr(sending, "hand_over", pause)

    sending.send_due(batch=2)

    assert Counter(said(tenant).values()) == {"HANDED_OVER": 2, "PLANNED": 4}


def test_tenants_take_turns(fairview: Club, kingsmere: Club, sandbox: Sandbox) -> None:
    for club, number in ((fairview, 6), (kingsmere, 2)):
        plan(club.tenant, [candidate(person, mail(club.tenant)) for person in readers(club.tenant, number)])

    sending.send_due(batch=2)

    order = [row["tenant"] for row in sandbox.book.rows("SELECT tenant FROM message ORDER BY rowid")]
    place = [index for index, tenant in enumerate(order) if tenant == str(kingsmere.tenant.pk)]
    assert len(order) == 8
    assert max(place) < 4


def test_a_rate_holds_the_rest_back(fairview: Club, sandbox: Sandbox, redis_server: Any) -> None:
    tenant = fairview.tenant
    rules(tenant, rates={"EMAIL": 2})
    texted = reader(tenant, "Ben", phone_number="+27820000001", sms_opt_in=True)
    people = [candidate(person, mail(tenant)) for person in readers(tenant, 5)]
    plan(tenant, [*people, candidate(texted, sms(tenant))])

    sending.send_due(batch=2)

    assert sorted(said(tenant).values()) == ["HANDED_OVER"] * 3 + ["PLANNED"] * 3
    assert ledger(tenant)["Ben"].status == "HANDED_OVER"


def test_what_would_go_out_in_quiet_hours_is_decided_about_anew(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    now = timezone.now().astimezone(tenant.zone)
    rules(tenant, quiet_from=(now + timedelta(hours=1)).time(), quiet_until=(now + timedelta(hours=3)).time())
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    # The workers were down for an hour and a half: as if the quiet hours had begun half an hour ago.
    rules(
        tenant, quiet_from=(now - timedelta(minutes=30)).time(), quiet_until=(now + timedelta(hours=1)).time()
    )
    past(tenant, good_until=timezone.now() - timedelta(minutes=30))

    sending.send_due()
    settling.settle(tenant)

    row = ledger(tenant)["Anna"]
    assert (row.status, book(sandbox)) == ("PLANNED", [])
    assert abs(row.due_at - (timezone.now() + timedelta(hours=1))) < timedelta(minutes=1)


def test_what_expired_in_the_queue_is_skipped(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(reader(tenant), mail(tenant))])
    past(tenant, expires_at=timezone.now() - timedelta(seconds=1), due_at=timezone.now() - timedelta(hours=1))

    sending.send_due()

    assert (said(tenant), book(sandbox)) == ({"Anna": "EXPIRED"}, [])


def test_a_capped_message_is_sent_when_the_cap_allows_it(fairview: Club, sandbox: Sandbox) -> None:
    tenant = fairview.tenant
    rules(tenant, caps={"EMAIL": {"day": 1}})
    anna = reader(tenant)
    plan(tenant, [candidate(anna, mail(tenant))])
    plan(tenant, [candidate(anna, mail(tenant))], source_id=uuid4(), on_cap="DEFER")
    with tenant_scope(tenant):
        first = Delivery.objects.order_by("pk")[0]
        Delivery.objects.filter(pk=first.pk).update(due_at=timezone.now() - timedelta(days=8))
        Delivery.objects.exclude(pk=first.pk).update(due_at=timezone.now() - timedelta(seconds=1))

    settling.settle(tenant)
    sending.send_due()

    assert len(book(sandbox)) == 2


@pytest.mark.usefixtures("fresh_tables")
def test_the_claim_keeps_to_its_index_and_starts_at_the_mark(fairview: Club) -> None:
    tenant = fairview.tenant
    plan(tenant, [candidate(person, mail(tenant)) for person in readers(tenant, 3)])
    lane = sending.due_lanes()[0][0]

    with tenant_scope(tenant):
        sending.claim(lane, 2)
        with connection.cursor() as cursor:
            # The only index that brings the rows in their order, whatever other tests left in the statistics.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
            parameters: Any = {
                "tenant": tenant.pk,
                "source_id": MARKETING_ID,
                "most": 2,
                "few": 1,
                "resting": [],
            }
            parameters |= {"lease": timedelta(1), "mark_due": lane.mark[0], "mark_id": lane.mark[1]}
            cursor.execute("EXPLAIN " + CLAIM, parameters)
            steps = "\n".join(row[0] for row in cursor.fetchall())

    assert "messaging_delivery_claim_idx" in steps
    condition = next(line for line in steps.splitlines() if "Index Cond" in line and "due_at" in line)
    assert "ROW(due_at, id) >" in condition


def test_only_mails_go_through_our_own_server(fairview: Club, settings: Any, mailoutbox: list[Any]) -> None:
    tenant = fairview.tenant
    rules(tenant, backend=SendPolicy.Backend.MAIL, sender_email="news@fairview.example")
    message = mail(
        tenant, html='<p>Dear {{ firstName }} <a href="https://f.example/x?a=1&amp;b=2">see</a></p>'
    )
    texted = reader(tenant, "Ben", phone_number="+27820000001", sms_opt_in=True)
    plan(tenant, [candidate(reader(tenant), message), candidate(texted, sms(tenant))])

    sending.send_due()

    (sent,) = mailoutbox
    rows = ledger(tenant)
    assert (rows["Anna"].status, rows["Ben"].status) == ("HANDED_OVER", "FAILED")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/m/click/" in sent.alternatives[0].content
    assert "https://f.example" not in sent.alternatives[0].content
