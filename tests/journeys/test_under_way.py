"""What is under way when something changes: calls, messages, pauses, versions, circles, people who must rest."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from pytest_django import Settings

from journeys import calling, lifecycle
from journeys.drafts import get_journey, save_draft
from journeys.engine.holding import held_counts, release
from journeys.models import Run, RunEnded, Subscription, Task, WebhookCall
from messaging import sending
from messaging.models import Delivery, SendPolicy
from messaging.sending import Result
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.restricting import set_restriction
from tests.cast import Club
from tests.events.receiver import Receiver, Reply, receiving
from tests.journeys.definitions import Json, ask, journey, send, step, until_date, wait
from tests.journeys.playing import START, Play, person

BOOKED, CANCELLED, ROUND = "TEETIME_BOOKED", "TEETIME_CANCELLED", "ROUND_COMPLETED"


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


@pytest.fixture
def other(settings: Settings) -> Iterator[Receiver]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as receiver:
        receiver.answer(Reply(200, orjson.dumps({"points": 12}), {"content-type": "application/json"}))
        yield receiver


def awaiting(
    step_id: str, *, happened: str | None, timeout: str | None, days: int = 7, **fields: Any
) -> Json:
    return {
        "id": step_id, "kind": "WAIT_UNTIL", "event": {"event": ROUND, **fields},
        "timeout": {"amount": days, "unit": "DAYS"}, "ways": {"happened": happened, "timeout": timeout},
    }  # fmt: skip


# --- Under way elsewhere


def test_a_step_that_is_published_anew_takes_the_answer_of_a_call_under_way(
    play: Play, other: Receiver
) -> None:
    anna = person(play.tenant)
    hook = step("hook", "WEBHOOK", to="ask", url=other.url, save={"points": "points"})
    twelve = [{"path": "points", "operator": "gte", "value": 10}]
    one = play.start(journey(hook, ask("ask", yes="w", no=None, where=twelve), wait("w")))
    play.enter(one, anna)
    with play.open():
        save_draft(
            get_journey(one.pk),
            journey(hook, ask("ask", yes="v", no=None, where=twelve), wait("v", 9)),
            "New",
        )
        lifecycle.publish(one.pk)
        calling.send_calls(now=play.now)
    play.tick()
    run = play.run(anna)
    assert run is not None
    assert (run.step, len(other.requests)) == ("v", 1)


def test_a_step_that_is_taken_away_drops_the_call_under_way(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    one = play.start(journey(step("hook", "WEBHOOK", to="w", url=other.url), wait("w")))
    play.enter(one, anna)
    with play.open():
        save_draft(get_journey(one.pk), journey(wait("w")), "Without the call")
        lifecycle.publish(one.pk)
    play.tick()
    with play.open():
        calling.send_calls(now=play.now)
    play.tick()
    assert play.story(anna) == []
    run = play.run(anna)
    assert run is not None
    assert run.step == "w"
    with play.open():
        assert WebhookCall.objects.get().status in ("FAILED", "DONE")


@pytest.mark.parametrize("came_back", ["HANDED_OVER", "PLANNED"])
def test_who_is_erased_while_a_message_is_under_way_gets_no_second_try(play: Play, came_back: str) -> None:
    anna = person(play.tenant)
    play.enter(play.start(journey(send("mail", to="w"), wait("w", to="more"), send("more"))), anna)
    with play.open():
        Delivery.objects.update(status="CLAIMED", leased_until=timezone.now() + timedelta(minutes=2))
        erase_customer(anna.pk, reason="popia_erasure")
        row = Delivery.objects.get()
        sending.finish([Result(row.pk, came_back)])
    play.later(days=2)
    with play.open():
        assert [(one.status, one.reason) for one in Delivery.objects.all()] == [("SKIPPED", "ERASED")]
        assert [(one.status, one.reason) for one in RunEnded.objects.all()] == [("EXITED", "ERASED")]


def test_what_happens_to_somebody_who_must_rest_is_found_when_the_rest_is_over(play: Play) -> None:
    anna = person(play.tenant)
    play.enter(play.start(journey(awaiting("played", happened="thanks", timeout="sorry", days=2), send("thanks"),
                                  send("sorry"))), anna)  # fmt: skip
    with play.open():
        set_restriction(anna.pk, is_restricted=True)
    play.later(days=1)
    play.tell(anna, ROUND)
    play.later(days=2)
    assert play.sent(anna) == []
    with play.open():
        set_restriction(anna.pk, is_restricted=False)
    play.later(hours=2)
    assert play.story(anna)[0] == ("played", "happened")


# --- Pauses and versions


def test_a_pause_over_the_end_of_a_wait_is_judged_when_it_ends(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("w", 10, "HOURS", to="mail"), send("mail")))
    play.enter(one, anna)
    with play.open():
        lifecycle.pause(one.pk)
    play.later(hours=20)
    assert play.sent(anna) == []
    with play.open():
        lifecycle.resume(one.pk, how="CONTINUE", now=play.now)
    play.later(minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]
    play.enter(one, ben)
    with play.open():
        lifecycle.pause(one.pk)
    play.later(days=3)
    with play.open():
        lifecycle.resume(one.pk, how="CONTINUE", now=play.now)
    play.later(minutes=1)
    with play.open():
        assert [why for why, _, _ in held_counts(one)] == ["OVERDUE"]


def test_who_is_held_for_a_question_moves_along_and_is_still_held(play: Play) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("w", 1, "HOURS", to="mail"), send("mail")))
    play.enter(one, anna)
    play.later(days=3)
    with play.open():
        save_draft(
            get_journey(one.pk),
            journey(wait("w", 2, "HOURS", to="mail"), send("mail", subject="New")),
            "Longer",
        )
        lifecycle.publish(one.pk)
    play.later(minutes=1)
    assert play.sent(anna) == []
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("OVERDUE", 1)]
        release(one, how="SKIP", now=play.now)
    play.later(minutes=1)
    assert play.story(anna) == [("w", "WAITED"), ("mail", "SKIPPED")]


def test_each_round_of_a_circle_makes_a_task_of_its_own(play: Play) -> None:
    anna = person(play.tenant)
    rule = {"combinator": "AND", "rules": [{"field": "tags", "operator": "contains", "value": "done"}]}
    play.enter(play.start(journey(step("call", "NOTIFY", to="w", title="Call"), wait("w", to="ask"),
                                  ask("ask", yes=None, no="call", rule=rule))), anna)  # fmt: skip
    play.later(days=1)
    play.later(days=1)
    with play.open():
        assert Task.objects.count() == 3
        CustomerProfile.objects.update(tags=["done"])
    play.later(days=1)
    assert play.ended(anna) == [("COMPLETED", "")]


def test_subscriptions_end_with_their_runs(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(awaiting("played", happened=None, timeout=None, days=1),
                             exits=[{"kind": "EVENT", "event": CANCELLED}]))  # fmt: skip
    play.enter(one, anna, ben)
    play.tell(anna, CANCELLED)
    play.later(days=1, minutes=2)
    with play.open():
        assert (Run.objects.count(), Subscription.objects.count()) == (0, 0)


def test_quiet_hours_outlast_a_message_that_is_soon_too_late(play: Play) -> None:
    anna = person(play.tenant)
    with play.open():
        SendPolicy.objects.create(tenant=play.tenant, quiet_from="10:00", quiet_until="20:00")
    play.enter(play.start(journey(send("mail", to="goal", expiresAfterHours=2), step("goal", "GOAL"))), anna)
    for _ in range(12):
        play.later(hours=1)
    assert [reason for _, reason in play.sent(anna)] in (["EXPIRED"], ["QUIET_HOURS"])
    assert play.story(anna)[-1] == ("goal", "GOAL")


def test_a_reminder_whose_date_moves_into_the_past_is_left_out(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=(START + timedelta(days=40)).date())
    play.enter(play.start(journey(until_date("w", "membershipExpiry", -7, to="mail"), send("mail", to="last"),
                                  until_date("last", "membershipExpiry", -1, to="tomorrow"), send("tomorrow"))),
               anna)  # fmt: skip
    play.later(days=10)
    with play.open():
        CustomerProfile.objects.update(membership_expiry=(play.now + timedelta(days=3)).date())
    play.hear("profile.changed", anna, changes=["membershipExpiry"])
    assert play.sent(anna) == []
    play.later(days=2)
    assert play.sent(anna) == [("tomorrow", "PLANNED")]
