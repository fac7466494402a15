"""Webhooks end to end: from the log to a receiver built on the official library, with everything that can go wrong."""

import base64
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import current_app
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook

from events import consumers
from events.models import DomainLogEntry, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from events.tasks import deliver_webhooks, prune_webhooks, sweep_webhooks
from events.webhooks import delivering, recording, retrying, sending
from events.webhooks.deliveries import replay_delivery, replay_failed, send_test
from events.webhooks.delivering import deliver_due
from events.webhooks.endpoints import (
    delete_endpoint,
    disabled_by_itself,
    rotate_secret,
    secret_of,
    update_endpoint,
)
from events.webhooks.errors import EndpointDisabled, NothingToReplay
from events.webhooks.planning import DELIVER, NAME
from events.webhooks.rendering import NOTHING_TO_TELL
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.privacy.retention import apply_retention
from profiles.restricting import set_restriction
from tenants.models import LoggedAction
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.hooks import deliver, deliveries, endpoint, failing_since, fresh, make_due, plan
from tests.events.logbook import rewind
from tests.events.receiver import Receiver, Reply, Request, receiving
from tests.patience import PATIENCE_SECONDS
from tests.profiles.stories import member, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def private_addresses_are_allowed(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def actions(club: Club) -> list[tuple[str, dict[str, object]]]:
    with tenant_scope(club.tenant):
        rows = LoggedAction.objects.filter(subject_kind="webhook_endpoint").order_by("pk")
        return [(row.action, row.details) for row in rows]


def test_an_event_arrives_signed_as_the_products_own_envelope(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7, firstName="Thandi", lastName="Nkosi", email="t@nkosi.example"))

    more = deliver(hook)

    (request,) = receiver.requests
    with all_tenants():
        entry = DomainLogEntry.objects.get(kind="profile.created")
    assert more is False
    assert request.path == "/hooks?from=crm"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == f"crm-{entry.pk}-{int(entry.at.timestamp() * 1000)}"
    assert request.payload["id"] == request.headers["webhook-id"]
    assert (request.payload["type"], request.payload["source"]) == ("crm.profile.created", "crm")
    assert request.payload["payload"]["email"] == "t@nkosi.example"
    (delivery,) = deliveries(hook)
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("DELIVERED", 1, 204)
    assert fresh(hook).last_success_at is not None
    assert fresh(hook).leased_until is None


def test_filters_choose_by_type_and_by_pattern(fairview: Club, receiver: Receiver) -> None:
    by_type = endpoint(fairview.tenant, event_types=["crm.profile.updated"])
    by_pattern = endpoint(fairview.tenant, event_types=["crm.churn.*", "crm.profile.*"])
    other = endpoint(fairview.tenant, event_types=["crm.churn.*"])
    tell(fairview.tenant, member(7))
    tell(fairview.tenant, member(7, firstName="Ann"))

    plan()

    assert [each.event_type for each in deliveries(by_type)] == ["crm.profile.updated"]
    assert [each.event_type for each in deliveries(by_pattern)] == [
        "crm.profile.created",
        "crm.profile.updated",
    ]
    assert deliveries(other) == []


def test_another_clubs_events_and_those_of_before_are_nobodys_business(
    fairview: Club, kingsmere: Club, receiver: Receiver
) -> None:
    tell(fairview.tenant, member(1))
    hook = endpoint(fairview.tenant, receiver)
    tell(kingsmere.tenant, member(2))

    deliver(hook)

    assert (deliveries(hook), receiver.requests) == ([], [])


def test_an_event_is_set_down_once_however_often_the_log_is_read(fairview: Club) -> None:
    hook = endpoint(fairview.tenant)
    tell(fairview.tenant, member(7))
    plan()
    rewind()

    plan()

    assert len(deliveries(hook)) == 1


def test_a_failure_is_tried_again_later_under_the_same_id(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(500, b"out of \x00 order"), Reply())
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    before = timezone.now()
    deliver(hook)

    (waiting,) = deliveries(hook)
    assert (waiting.status, waiting.attempts, waiting.last_status_code) == ("PENDING", 1, 500)
    assert waiting.last_error == "Answered with status 500."
    assert waiting.due_at is not None
    assert timedelta(seconds=4) < waiting.due_at - before < timedelta(seconds=8)
    assert fresh(hook).failing_since is not None

    assert deliver(hook) is False
    assert len(receiver.requests) == 1, "not due yet"
    make_due()
    deliver(hook)

    assert receiver.ids[0] == receiver.ids[1]
    assert all(payload is not None for payload in receiver.payloads)
    (done,) = deliveries(hook)
    assert (done.status, done.attempts, done.last_error) == ("DELIVERED", 2, "")
    assert (fresh(hook).failing_since, fresh(hook).consecutive_failures) == (None, 0)
    with tenant_scope(fairview.tenant):
        attempts = WebhookAttempt.objects.order_by("pk").values_list("status_code", "succeeded", "answer")
        assert list(attempts) == [(500, False, "out of  order"), (204, True, "")]


def test_after_the_last_attempt_a_delivery_has_failed(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(404))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    plan()
    with all_tenants():
        WebhookDelivery.objects.update(attempts=len(retrying.DELAYS))

    deliver(hook)

    (delivery,) = deliveries(hook)
    assert (delivery.status, delivery.due_at, delivery.attempts) == ("FAILED", None, 10)


def test_a_receiver_that_is_gone_is_disabled_at_once_and_staff_are_told(
    fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(410))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))

    deliver(hook)
    tell(fairview.tenant, member(8))
    deliver(hook)

    assert (fresh(hook).status, fresh(hook).disabled_reason) == ("DISABLED", "GONE")
    assert [each.status for each in deliveries(hook)] == ["FAILED"]
    assert len(receiver.requests) == 1
    assert actions(fairview)[-1] == ("webhook.disabled", {"reason": "GONE"})
    with tenant_scope(fairview.tenant):
        assert [each.pk for each in disabled_by_itself()] == [hook.pk]


def test_three_days_without_a_success_disable_an_endpoint_and_enabling_goes_on(
    fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(500))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    failing_since(hook, timezone.now() - timedelta(days=2, hours=23))
    deliver(hook)
    assert fresh(hook).status == "ENABLED"
    failing_since(hook, timezone.now() - timedelta(days=3))
    make_due()

    deliver(hook)

    assert (fresh(hook).status, fresh(hook).disabled_reason) == ("DISABLED", "FAILING")
    receiver.answer(Reply())
    make_due()
    assert deliver(hook) is False
    assert [each.status for each in deliveries(hook)] == ["PENDING"]
    with tenant_scope(fairview.tenant):
        update_endpoint(hook.pk, is_enabled=True)
    deliver(hook)
    assert [each.status for each in deliveries(hook)] == ["DELIVERED"]


def test_a_busy_receiver_decides_when_it_is_called_again(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(429, headers={"retry-after": "600"}))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    before = timezone.now()

    deliver(hook)
    tell(fairview.tenant, member(8))
    deliver(hook)

    (first, second) = deliveries(hook)
    assert first.due_at is not None
    assert first.due_at - before > timedelta(seconds=599)
    assert (second.attempts, len(receiver.requests)) == (0, 1)
    resting = fresh(hook).backoff_until
    assert resting is not None
    assert resting - before > timedelta(seconds=599)


def test_redirects_are_not_followed(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(302, headers={"location": receiver.url}))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))

    deliver(hook)

    assert len(receiver.requests) == 1
    assert deliveries(hook)[0].last_error.startswith("Answered with a redirect (302)")


def test_only_the_beginning_of_an_answer_is_read_and_kept(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(200, b"x" * 5_000_000))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))

    deliver(hook)

    with tenant_scope(fairview.tenant):
        assert WebhookAttempt.objects.get().answer == "x" * 1024


def test_a_receiver_that_does_not_answer_in_time_is_left(
    fairview: Club, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.2)
    monkeypatch.setattr(sending, "CONNECT_SECONDS", 0.1)
    over = threading.Event()

    def late(request: Request) -> Reply:
        over.wait(PATIENCE_SECONDS)
        return Reply()

    receiver.reply = late
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))

    deliver(hook)
    over.set()

    assert deliveries(hook)[0].last_error.startswith("No complete answer within")


def test_an_answer_may_take_all_of_the_time_but_what_connecting_took(
    fairview: Club, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def late(request: Request) -> Reply:
        over.wait(1.0 if len(receiver.requests) == 1 else PATIENCE_SECONDS)
        return Reply()

    receiver.reply = late
    hook = endpoint(fairview.tenant, receiver)
    # What connecting may take at most is not missing from the answer's time: the first takes all that would be left.
    for person, seconds in ((7, PATIENCE_SECONDS), (8, 1)):
        monkeypatch.setattr(sending, "TOTAL_SECONDS", seconds)
        monkeypatch.setattr(sending, "CONNECT_SECONDS", seconds - 0.5)
        tell(fairview.tenant, member(person))
        deliver(hook)
    over.set()

    assert [one.last_error for one in deliveries(hook)] == ["", "No complete answer within 1 seconds."]


def test_after_an_exchange_of_secrets_both_sign(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    old_secret = receiver.secret
    with tenant_scope(fairview.tenant):
        new_secret = secret_of(rotate_secret(hook.pk))
    tell(fairview.tenant, member(7))
    deliver(hook)
    first = receiver.requests[0]
    assert Webhook(new_secret).verify(first.body, first.headers) == receiver.payloads[0]
    assert receiver.secret == old_secret
    assert receiver.payloads[0] is not None
    assert len(receiver.requests[0].headers["webhook-signature"].split(" ")) == 2

    with all_tenants():
        WebhookEndpoint.objects.update(old_secret_until=timezone.now())
    tell(fairview.tenant, member(8))
    deliver(hook)

    assert receiver.payloads[1] is None


def test_what_a_killed_worker_held_is_sent_again_under_the_same_id_and_nothing_is_lost(
    fairview: Club, receiver: Receiver
) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7), member(8), member(9))
    plan()
    now = timezone.now()
    with tenant_scope(fairview.tenant):
        held = delivering.claim(hook.pk, now=now, lease=now + timedelta(seconds=60), most=2)

    deliver_due(hook.pk)
    assert len(receiver.requests) == 1, "the others are leased"
    with all_tenants():
        WebhookDelivery.objects.exclude(leased_until=None).update(leased_until=timezone.now())
    deliver_due(hook.pk)

    assert sorted(receiver.ids[1:]) == sorted(each.event_id for each in held)
    assert {each.status for each in deliveries(hook)} == {"DELIVERED"}
    assert len(set(receiver.ids)) == 3


def test_what_cannot_be_signed_waits_and_says_why(
    fairview: Club, receiver: Receiver, settings: Settings
) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    settings.CRM_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    deliver(hook)

    (delivery,) = deliveries(hook)
    assert (delivery.status, receiver.requests) == ("PENDING", [])
    assert "exchange it" in delivery.last_error


def test_two_workers_share_no_delivery_and_one_endpoint_has_one_turn(
    fairview: Club, receiver: Receiver
) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    plan()
    seen: list[bool] = []

    def meanwhile(request: Request) -> Reply:
        seen.append(deliver_due(hook.pk))
        connection.close()
        return Reply()

    receiver.reply = meanwhile
    deliver_due(hook.pk)

    assert (seen, len(receiver.requests)) == ([False], 1)


def test_a_club_has_no_more_turns_at_once_than_others_can_bear(fairview: Club, receiver: Receiver) -> None:
    hooks = [endpoint(fairview.tenant, receiver) for _ in range(delivering.MOST_TURNS + 1)]
    tell(fairview.tenant, member(7))
    plan()
    busy = [each.pk for each in hooks[:-1]]
    with all_tenants():
        WebhookEndpoint.objects.filter(pk__in=busy).update(leased_until=timezone.now() + timedelta(minutes=1))

    assert deliver_due(hooks[-1].pk) is False
    assert receiver.requests == []
    with all_tenants():
        WebhookEndpoint.objects.filter(pk=busy[0]).update(leased_until=None)
    deliver_due(hooks[-1].pk)
    assert len(receiver.requests) == 1


def test_slow_endpoints_leave_turns_to_the_others(
    fairview: Club, kingsmere: Club, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SLOW_MS", -1)
    slow = [endpoint(fairview.tenant, receiver) for _ in range(delivering.MOST_SLOW_TURNS + 1)]
    quick = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, *(member(number) for number in range(1, 10)))
    plan()
    for one in slow:
        assert deliver_due(one.pk) is False, "one batch, then it is the others' turn"
    assert len(receiver.requests) == delivering.BATCH_SIZE * len(slow)
    with all_tenants():
        busy = WebhookEndpoint.objects.filter(pk__in=[one.pk for one in slow[:-1]])
        busy.update(leased_until=timezone.now() + timedelta(minutes=1))

    deliver_due(slow[-1].pk)
    assert len(receiver.requests) == delivering.BATCH_SIZE * len(slow), "as many slow ones as there may be"
    deliver_due(quick.pk)
    assert len(receiver.requests) == delivering.BATCH_SIZE * (len(slow) + 1)

    monkeypatch.setattr(delivering, "MOST_SLOW_TURNS_OF_ALL", 2)
    other = endpoint(kingsmere.tenant, receiver)
    tell(kingsmere.tenant, member(1))
    plan()
    with all_tenants():
        WebhookEndpoint.objects.filter(pk=other.pk).update(is_slow=True)
    deliver_due(other.pk)
    assert len(receiver.requests) == delivering.BATCH_SIZE * (len(slow) + 1)
    monkeypatch.setattr(recording, "SLOW_MS", 60_000)
    with all_tenants():
        busy.update(leased_until=None)
    deliver_due(other.pk)
    assert fresh(other).is_slow is False


def test_many_events_go_in_waves_with_a_bounded_number_of_queries(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, *(member(number) for number in range(1, 21)))

    deliver(hook)

    assert len(set(receiver.ids)) == 20
    assert {each.status for each in deliveries(hook)} == {"DELIVERED"}


def test_an_endpoint_of_which_waves_fail_rests_longer_and_longer(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(503))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))

    for seconds in (0, 5, 30):
        make_due()
        earliest = timezone.now() + timedelta(seconds=seconds)
        deliver(hook)
        latest = timezone.now() + timedelta(seconds=seconds)

        resting = fresh(hook).backoff_until
        assert resting is not None
        assert earliest <= resting <= latest


def test_what_was_erased_meanwhile_is_not_sent(fairview: Club, receiver: Receiver) -> None:
    receiver.reply = lambda request: Reply(500, base64.b64encode(request.body)[:900])
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7, firstName="Thandi", lastName="Nkosi", email="t@nkosi.example"))
    deliver(hook)
    receiver.answer(Reply(500, b"no room for t@nkosi.example"))
    tell(fairview.tenant, member(8))
    make_due()
    deliver(hook)
    receiver.answer(Reply())
    with tenant_scope(fairview.tenant):
        profile = CustomerProfile.objects.get(scl_member_id=7)
        erase_customer(profile.pk, reason="popia_erasure")
    make_due()

    deliver(hook)

    dropped, _, told = deliveries(hook)
    assert (dropped.status, dropped.last_error) == ("DROPPED", NOTHING_TO_TELL)
    assert (told.event_type, told.status) == ("crm.profile.deleted", "DELIVERED")
    assert b"nkosi" not in receiver.requests[-1].body
    with tenant_scope(fairview.tenant):
        answers = WebhookAttempt.objects.exclude(answer="").values_list("answer", flat=True)
        assert list(answers) == ["[erased]"] * 3


def test_an_answer_that_comes_after_the_erasure_is_not_kept(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver, event_types=["crm.profile.created"])
    tell(fairview.tenant, member(7, email="t@nkosi.example"))

    def erase_meanwhile(request: Request) -> Reply:
        with tenant_scope(fairview.tenant):
            erase_customer(CustomerProfile.objects.get(scl_member_id=7).pk, reason="popia_erasure")
        connection.close()
        return Reply(200, b"welcome t@nkosi.example")

    receiver.reply = erase_meanwhile
    deliver(hook)

    with tenant_scope(fairview.tenant):
        assert [each.answer for each in WebhookAttempt.objects.all()] == [""]


def test_of_somebody_whose_data_must_rest_nothing_is_sent_until_it_may_be_used_again(
    fairview: Club, receiver: Receiver
) -> None:
    hook = endpoint(fairview.tenant, receiver, event_types=["crm.profile.created"])
    tell(fairview.tenant, member(7))
    with tenant_scope(fairview.tenant):
        profile = CustomerProfile.objects.get(scl_member_id=7)
        set_restriction(profile.pk, is_restricted=True)
    deliver(hook)
    (delivery,) = deliveries(hook)
    assert (delivery.status, receiver.requests) == ("DROPPED", [])

    with tenant_scope(fairview.tenant):
        set_restriction(profile.pk, is_restricted=False)
        replay_delivery(hook.pk, delivery.pk)
    deliver_due(hook.pk)

    assert receiver.ids == [delivery.event_id]


def test_a_test_is_sent_now_and_shown_and_never_retried(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(418, b"short and stout"))
    hook = endpoint(fairview.tenant, receiver)

    with tenant_scope(fairview.tenant):
        delivery, attempt = send_test(hook.pk)

    (request,) = receiver.requests
    assert request.payload["type"] == "crm.webhook.test"
    assert (delivery.status, delivery.event_id) == ("FAILED", request.headers["webhook-id"])
    assert (attempt.status_code, attempt.answer) == (418, "short and stout")
    assert fresh(hook).failing_since is None
    with tenant_scope(fairview.tenant), pytest.raises(NothingToReplay):
        replay_delivery(hook.pk, delivery.pk)
    assert actions(fairview)[-1] == ("webhook.tested", {"status": 418, "succeeded": False})


def test_a_delivery_is_replayed_under_its_own_id(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    deliver(hook)
    (delivery,) = deliveries(hook)

    with tenant_scope(fairview.tenant):
        again = replay_delivery(hook.pk, delivery.pk)
        assert (again.status, again.attempts) == ("PENDING", 0)
        with pytest.raises(NothingToReplay):
            replay_delivery(hook.pk, delivery.pk)
    deliver_due(hook.pk)

    assert receiver.ids == [delivery.event_id] * 2


def test_what_waits_for_its_next_try_is_sent_now(fairview: Club, receiver: Receiver) -> None:
    receiver.answer(Reply(500), Reply(500), Reply(204), Reply(204))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    deliver(hook)
    (delivery,) = deliveries(hook)
    assert delivery.status == "PENDING"

    with tenant_scope(fairview.tenant):
        again = replay_delivery(hook.pk, delivery.pk)

    assert (again.status, again.attempts) == ("PENDING", delivery.attempts)
    assert again.due_at is not None
    assert delivery.due_at is not None
    assert again.due_at < delivery.due_at
    deliver_due(hook.pk)
    assert len(receiver.ids) == delivery.attempts + 1


def test_everything_that_failed_since_a_moment_is_replayed(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7), member(8), member(9))
    plan()
    first, second, third = deliveries(hook)
    now = timezone.now()
    with all_tenants():
        rows = WebhookDelivery.objects
        rows.filter(pk__in=[first.pk, second.pk]).update(status="FAILED", due_at=None, ended_at=now)
        rows.filter(pk=first.pk).update(created_at=now - timedelta(days=2))
    with tenant_scope(fairview.tenant):
        assert replay_failed(hook.pk, since=now - timedelta(days=1)) == 1
        assert replay_failed(hook.pk, only=[third.pk]) == 0
        assert replay_failed(hook.pk) == 1
        update_endpoint(hook.pk, is_enabled=False)
        with pytest.raises(EndpointDisabled):
            replay_failed(hook.pk)
    assert [each.status for each in deliveries(hook)] == ["PENDING"] * 3


def test_a_deleted_endpoint_is_told_nothing_and_leaves_nothing(fairview: Club, receiver: Receiver) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    deliver(hook)
    with tenant_scope(fairview.tenant):
        delete_endpoint(hook.pk)
    assert (fresh(hook).sealed_secret, fresh(hook).disabled_reason) == ("", "DELETED")
    assert deliver_due(hook.pk) is False

    prune_webhooks()

    with all_tenants():
        for model in (WebhookEndpoint, WebhookDelivery, WebhookAttempt):
            assert model.objects.count() == 0


def test_the_delivery_log_goes_after_thirty_days_and_what_is_younger_stays(
    fairview: Club, receiver: Receiver
) -> None:
    receiver.answer(Reply(500))
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7), member(8))
    deliver(hook)
    old, young = deliveries(hook)
    with all_tenants():
        WebhookDelivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))

    assert apply_retention(fairview.tenant)["webhookDeliveries"] == 1

    assert [each.pk for each in deliveries(hook)] == [young.pk]
    with tenant_scope(fairview.tenant):
        assert [each.delivery_id for each in WebhookAttempt.objects.all()] == [young.pk]


def test_everything_that_is_told_to_the_queue_is_told_to_webhooks() -> None:
    assert consumers.registered(NAME).kinds == consumers.registered("outbound").kinds


def test_a_commit_wakes_the_worker_and_the_sweep_finds_what_is_due(
    fairview: Club, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, redis_server: object
) -> None:
    hook = endpoint(fairview.tenant, receiver)
    tell(fairview.tenant, member(7))
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, arguments, **_: sent.append((name, *arguments))
    )

    plan()
    assert sent == [(DELIVER, str(hook.pk))]
    sweep_webhooks()
    assert len(sent) == 1, "it is on its way already"
    deliver_webhooks(str(hook.pk))
    sweep_webhooks()

    assert len(sent) == 1
    assert len(receiver.requests) == 1
