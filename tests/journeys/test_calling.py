"""WEBHOOK steps at work: calls are claimed with a lease, repeated, and answered for by one worker only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from journeys import calling
from journeys.models import WebhookCall
from tests.cast import Club
from tests.events.receiver import Receiver, Reply, receiving
from tests.journeys.definitions import journey, send, step
from tests.journeys.playing import Play, person


@pytest.fixture
def play(fairview: Club, settings: Any) -> Play:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    return Play(fairview.tenant)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def asked(play: Play, receiver: Receiver) -> Any:
    """Somebody whose run waits for the answer of a receiver."""
    anna = person(play.tenant)
    made = play.start(
        journey(step("hook", "WEBHOOK", to="after", url=receiver.url, save={"tier": "tier"}), send("after"))
    )
    play.enter(made, anna)
    return anna


def make_calls(play: Play) -> int:
    """One round of the calls, at the moment of the play, and of the engine."""
    with play.open():
        made = calling.send_calls(now=play.now)
    play.tick()
    return made


def the_call(play: Play) -> WebhookCall:
    with play.open():
        call: WebhookCall = WebhookCall.objects.get()
    return call


def test_a_call_is_made_once_and_its_run_goes_on(play: Play, receiver: Receiver) -> None:
    receiver.answer(Reply(200, b'{"tier": "Gold"}'))
    anna = asked(play, receiver)

    assert make_calls(play) == 1
    assert make_calls(play) == 0

    call = the_call(play)
    assert (call.status, call.attempts, call.answer, call.leased_until) == ("DONE", 1, {"tier": "Gold"}, None)
    assert receiver.ids == [f"{call.run_id}:hook:{call.move}"]
    assert play.sent(anna) == [("after", "PLANNED")]


def test_a_receiver_that_fails_is_asked_again_later_and_given_up_in_time(
    play: Play, receiver: Receiver
) -> None:
    receiver.answer(Reply(503))
    anna = asked(play, receiver)

    assert make_calls(play) == 1
    call = the_call(play)
    assert (call.status, call.attempts, call.leased_until) == ("PENDING", 1, None)
    assert call.due_at == play.now + timedelta(minutes=1)
    assert make_calls(play) == 0
    play.later(hours=5)
    assert make_calls(play) == 1

    assert (the_call(play).status, the_call(play).attempts) == ("FAILED", 2)
    assert len(set(receiver.ids)) == 1
    assert play.sent(anna) == [("after", "PLANNED")]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_changes_nothing(play: Play, receiver: Receiver) -> None:
    asked(play, receiver)

    def outlived(request: Any) -> Reply:
        """While it was asked, the lease ended and another worker took the call."""
        with play.open():
            WebhookCall.objects.update(leased_until=None)
            [claim] = calling.CALLS.claim(most=1, now=play.now)
            taken.append(claim.leased_until)
        connection.close()  # this thread's own
        return Reply(410)

    taken: list[Any] = []
    receiver.reply = outlived
    assert make_calls(play) == 1

    call = the_call(play)
    assert (call.status, call.attempts, call.leased_until) == ("PENDING", 2, taken[0])


def test_a_worker_that_died_leaves_the_call_to_another(play: Play, receiver: Receiver) -> None:
    asked(play, receiver)
    with play.open():
        assert len(calling.CALLS.claim(most=5, now=play.now)) == 1
    assert calling.CALLS.tenants_with_work(now=play.now) == []
    with play.open():
        WebhookCall.objects.update(leased_until=play.now - timedelta(days=400))

    assert calling.CALLS.tenants_with_work(now=play.now) == [play.tenant.pk]
    assert make_calls(play) == 1
    assert (the_call(play).status, the_call(play).attempts) == ("DONE", 2)
