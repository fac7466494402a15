"""What happens at the same moment elsewhere: messages under way when a run ends, passes, calls, a poisonous row."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import close_old_connections, transaction
from django.utils import timezone
from pytest_django import Settings

from journeys import calling
from journeys.bulk import act_on_runs, take_back_act
from journeys.engine.holding import end_runs
from journeys.engine.passing import one_pass
from journeys.models import JourneySecret, Run, WebhookCall
from messaging import sending
from messaging.models import Delivery, SendPolicy
from messaging.sending import Result
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.events.receiver import Receiver, Reply, Request, receiving
from tests.journeys.definitions import journey, send, step, wait
from tests.journeys.playing import Play, person


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("came_back", "status"),
    [(Result(0, "PLANNED", error="Nobody there."), "SKIPPED"), (Result(0, "HANDED_OVER"), "HANDED_OVER")],
)
def test_a_message_under_way_is_not_tried_again_for_somebody_who_has_left(
    fairview: Club, came_back: Result, status: str
) -> None:
    play = Play(fairview.tenant)
    anna = person(play.tenant)
    offers = play.start(journey(send("offer"), goal={"event": "teetime.booking.created"}))
    with play.open():
        # Whoever is put off stays at the step, and so is still in the journey.
        SendPolicy.objects.create(tenant=play.tenant, quiet_from="10:00", quiet_until="12:00")
    play.enter(offers, anna)
    with play.open():
        Delivery.objects.update(status="CLAIMED", leased_until=timezone.now() + timedelta(minutes=2))
    play.tell(anna, "TEETIME_BOOKED", bookingId="B1")

    with play.open():
        row = Delivery.objects.get()
        sending.finish([came_back._replace(id=row.pk)])
        row.refresh_from_db()

    assert play.ended(anna) == [("EXITED", "GOAL_REACHED")]
    assert (row.status, row.reason) == (status, "LEFT_JOURNEY" if status == "SKIPPED" else "")


@pytest.mark.django_db(transaction=True)
def test_what_a_pass_plans_while_everybody_is_sent_home_is_taken_back() -> None:
    tenant = factories.tenant("fairview")
    play = Play(tenant, timezone.now())
    offers = play.start(journey(send("offer"), goal={"event": "teetime.booking.created"}))
    with play.open():
        SendPolicy.objects.create(tenant=tenant, quiet_from="00:00", quiet_until="23:59")
        play.enter(offers, person(tenant))
        # As if nobody had moved them yet.
        Delivery.objects.all().delete()
        Run.objects.update(arrived_at=None, due_at=play.now)
        [run] = Run.objects.values_list("pk", flat=True)
    planned, may_commit = threading.Event(), threading.Event()

    def worker() -> None:
        try:
            with tenant_scope(tenant), transaction.atomic():
                one_pass(tenant, now=play.now)
                planned.set()
                may_commit.wait(20)
        finally:
            close_old_connections()

    def staff() -> None:
        try:
            with tenant_scope(tenant):
                end_runs([(run, "BY_HAND")])
        finally:
            close_old_connections()

    first, second = threading.Thread(target=worker), threading.Thread(target=staff)
    first.start()
    assert planned.wait(20)
    second.start()
    second.join(1)
    assert second.is_alive()
    may_commit.set()
    first.join(20)
    second.join(20)

    with tenant_scope(tenant):
        assert list(Delivery.objects.values_list("status", "reason")) == [("SKIPPED", "LEFT_JOURNEY")]
        assert not Run.objects.exists()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as one:
        yield one


def calls(play: Play, receiver: Receiver, *secrets: str) -> None:
    """A person at a call for each secret; a call is due from now on."""
    for number, secret in enumerate(secrets):
        hook = step("hook", "WEBHOOK", url=receiver.url, secret=secret, save={"points": "points"})
        play.enter(play.start(journey(hook), f"Journey {number}"), person(play.tenant, f"Anna{number}"))


@pytest.mark.django_db(transaction=True)
def test_a_call_that_cannot_be_made_stands_in_nobodys_way(fairview: Club, receiver: Receiver) -> None:
    play = Play(fairview.tenant, timezone.now())
    with play.open():
        JourneySecret.objects.create(tenant=play.tenant, name="broken", sealed="not sealed by us")
    calls(play, receiver, "broken", "", "")

    with play.open():
        calling.send_calls(now=play.now)

    assert len(receiver.requests) == 2
    with play.open():
        assert sorted(WebhookCall.objects.values_list("status", flat=True)) == ["DONE", "DONE", "PENDING"]


@pytest.mark.django_db(transaction=True)
def test_a_late_worker_takes_nothing_back_of_what_another_one_was_answered(
    fairview: Club, receiver: Receiver
) -> None:
    """A slow endpoint outlasts the lease: both workers call, and the first one's refusal comes last."""
    play = Play(fairview.tenant, timezone.now())
    calls(play, receiver, "")
    answers = [Reply(503), Reply(200, b'{"points": 7}')]

    def reply(request: Request) -> Reply:
        mine = answers.pop(0)
        if answers:
            with play.open():
                WebhookCall.objects.update(leased_until=play.now - timedelta(seconds=1))
                calling.send_calls(now=play.now)
        return mine

    receiver.reply = reply
    with play.open():
        calling.send_calls(now=play.now)

        call = WebhookCall.objects.get()
    assert (len(receiver.requests), call.status, call.answer) == (2, "DONE", {"points": 7})
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("goal", [None, {"event": "teetime.booking.created"}])
def test_who_was_ended_by_mistake_at_a_message_that_waits_still_gets_it(
    fairview: Club, goal: dict[str, str] | None
) -> None:
    play = Play(fairview.tenant)
    anna = person(play.tenant)
    offers = play.start({**journey(send("offer", to="day"), wait("day")), "goal": goal})
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, quiet_from="10:00", quiet_until="12:00")
    play.enter(offers, anna)
    with play.open():
        plan = act_on_runs(offers, "END", now=play.now)
        with transaction.atomic():
            take_back_act(plan, now=play.now)

    play.later(hours=2)

    assert play.sent(anna) == [("offer", "LEFT_JOURNEY"), ("offer", "PLANNED")]
    run = play.run(anna)
    assert run is not None
    assert run.step == "day"
