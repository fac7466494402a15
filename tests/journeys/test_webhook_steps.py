"""WEBHOOK steps against a receiver of another maker: signed, retried, their answers used, nobody in their way."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from pytest_django import Settings

from journeys import calling, lifecycle, secrets, trying
from journeys.definition import parse
from journeys.drafts import get_journey, problems_of
from journeys.errors import SecretInUse, SecretNotFound
from journeys.models import Journey, JourneySecret, WebhookCall
from messaging.models import Delivery
from messaging.rendering import values_for
from profiles.restricting import set_restriction
from tenants.errors import InvalidError
from tests.cast import Club
from tests.events.receiver import Receiver, Reply, Request, receiving
from tests.journeys.definitions import Json, ask, journey, leave, on_event, send, step, wait
from tests.journeys.playing import Play, person
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


@pytest.fixture(autouse=True)
def may_call_here(settings: Settings) -> None:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def answer(value: object, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(value), {"content-type": "application/json"})


def hook(url: str, *, to: str | None = None, failed: str | None = None, **fields: object) -> Json:
    made = step("hook", "WEBHOOK", to=to, url=url, **fields)
    return {**made, "ways": {"next": to, "failed": failed}} if failed else made


def call(play: Play) -> int:
    """Send what is due at this moment, and let the engine go on."""
    with play.open():
        made = calling.send_calls(now=play.now)
    play.tick()
    return made


def test_a_call_is_signed_with_the_secret_of_its_name_and_keyed_by_run_step_and_move(
    play: Play, other: Receiver
) -> None:
    anna = person(play.tenant)
    with play.open():
        _, other.secret = secrets.make_secret("Loyalty")
    play.enter(play.start(journey(hook(other.url, secret="Loyalty"))), anna)

    assert call(play) == 1

    [request] = other.requests
    with play.open():
        row = WebhookCall.objects.get()
        assert "whsec_" not in JourneySecret.objects.get().sealed
    assert request.payload["customerId"] == str(anna.pk)
    assert request.headers["webhook-id"] == f"{row.run_id}:hook:0"
    assert (row.status, row.attempts) == ("DONE", 1)
    assert play.story(anna) == [("hook", "ANSWERED")]
    assert play.ended(anna) == [("COMPLETED", "")]


def test_parts_of_the_answer_are_used_in_later_conditions_and_texts(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    other.answer(answer({"account": {"points": 120, "tier": "Oak"}, "secretPlan": "x"}))
    raw = journey(
        hook(other.url, to="many", save={"points": "account.points", "tier": "account.tier"}),
        ask("many", where=[{"path": "points", "operator": "gte", "value": 100}], yes="mail", no="out"),
        send("mail", text="{{ run.points }} points, {{ run.tier }}"),
        leave("out"),
    )
    play.enter(play.start(raw), anna)
    call(play)
    assert play.story(anna) == [("hook", "ANSWERED"), ("many", "yes"), ("mail", "PLANNED")]
    with play.open():
        said = Delivery.objects.get().variables
    assert (said["run"]["points"], said["run"]["tier"]) == (120, "Oak")
    assert "secretPlan" not in said["run"]


def test_a_body_is_json_whatever_a_name_holds(play: Play, other: Receiver) -> None:
    anna = person(play.tenant, first_name='An"na\n{{ 1 }}')
    body = '{"who": "{{ profile.firstName }}", "club": "{{ club.name }}", "booking": "{{ event.bookingId }}"}'
    raw = journey(
        hook(other.url, body=body),
        triggers=[on_event("TEETIME_BOOKED", "bookingId")],
        entry={"policy": "ONCE_PER_KEY"},
    )
    play.start(raw)
    play.tell(anna, "TEETIME_BOOKED", bookingId="B1")
    call(play)
    assert orjson.loads(other.requests[0].body) == {
        "who": 'An"na\n{{ 1 }}', "club": play.tenant.name, "booking": "B1",
    }  # fmt: skip


def test_numbers_may_stand_without_quotes() -> None:
    values = values_for({"firstName": "Anna"}, club={"name": "F"}, extra={"event": {"cents": 500}})
    assert orjson.loads(calling.filled_body('{"cents": {{ event.cents }}}', values)) == {"cents": 500}
    with pytest.raises(orjson.JSONDecodeError):
        calling.filled_body('{"cents": {{ event.nothing }}}', values)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_an_outage_is_waited_out_with_the_same_key(play: Play, other: Receiver, status: int) -> None:
    anna = person(play.tenant)
    other.answer(answer({}, status), answer({}, status), answer({}))
    play.enter(play.start(journey(hook(other.url, to="mail"), send("mail"))), anna)
    for minutes in (0, 1, 2):
        play.now += timedelta(minutes=minutes)
        call(play)
    assert len(set(other.ids)) == 1
    assert len(other.ids) == 3
    assert play.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize("status", [301, 400, 404, 410, 422])
def test_a_refusal_is_final_and_takes_the_other_way_where_there_is_one(
    play: Play, other: Receiver, status: int
) -> None:
    anna = person(play.tenant)
    other.answer(Reply(status, headers={"location": "http://127.0.0.1/elsewhere"}))
    raw = journey(
        hook(other.url, to="mail", failed="call"), send("mail"), step("call", "NOTIFY", title="Call")
    )
    play.enter(play.start(raw), anna)
    call(play)
    assert len(other.requests) == 1
    assert [outcome for _, outcome in play.story(anna)] == ["FAILED_CALL", "TASK_MADE"]
    assert play.sent(anna) == []


def test_after_the_time_for_trying_the_run_goes_on(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    other.answer(Reply(500))
    play.enter(play.start(journey(hook(other.url, to="mail", retryForHours=1), send("mail"))), anna)
    for _ in range(70):
        call(play)
        play.now += timedelta(minutes=1)
    assert play.story(anna) == [("hook", "FAILED_CALL"), ("mail", "PLANNED")]
    assert len(other.requests) == 7  # at once, after 1, 2, 5, 15, 30 minutes more, and when the hour is over


def test_an_answer_that_cannot_be_used_is_said_and_stops_nobody(play: Play, other: Receiver) -> None:
    raw = journey(
        hook(other.url, to="many", save={"points": "points"}),
        ask("many", where=[{"path": "points", "operator": "exists"}], yes=None, no="out"),
        leave("out", "NO_POINTS"),
        entry={"policy": "AFTER_EXIT"},
    )
    anna = person(play.tenant)
    one = play.start(raw)
    deep = b'{"points":' + b"[" * 40_000 + b"]" * 40_000 + b"}"
    replies = {
        "no JSON": Reply(200, b"<html>"),
        "no JSON of": Reply(200, b'{"points": "' + b"x" * 200_000 + b'"}'),
        "no JSON of at": Reply(200, deep),
        "no JSON object": Reply(200, b"[1]"),
        "More than 4 KB": Reply(200, orjson.dumps({"points": "x" * 5000})),
        "nothing for points": Reply(200, b"{}"),
    }
    for words, reply in replies.items():
        other.answer(reply)
        play.enter(one, anna)
        call(play)
        with play.open():
            assert words in WebhookCall.objects.latest("pk").error
    assert play.ended(anna) == [("EXITED", "NO_POINTS")] * len(replies)


def test_a_character_that_the_database_cannot_hold_is_left_out(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    other.answer(Reply(200, b'{"a": ["x\\u0000y", {"n\\u0000": 1}]}'))
    play.enter(play.start(journey(hook(other.url, save={"a": "a"}))), anna)
    call(play)
    with play.open():
        assert WebhookCall.objects.get().answer == {"a": ["xy", {"n": 1}]}


@pytest.mark.parametrize("depth", [300, 1000])
def test_an_answer_that_is_too_deep_to_keep_calls_nobody_twice(
    play: Play, other: Receiver, depth: int
) -> None:
    """It can be read and not written: the call was made, and those beside it are noted as well."""
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(hook(other.url, save={"points": "points"})))
    other.answer(Reply(200, b'{"points":' + b"[" * depth + b"]" * depth + b"}"), answer({"points": 3}))
    play.enter(one, anna, ben)
    assert call(play) == 2
    play.later(hours=2)
    assert call(play) == 0
    with play.open():
        rows = [(row.status, bool(row.error), row.answer or {}) for row in WebhookCall.objects.order_by("id")]
    assert sorted(rows, key=str) == sorted([("DONE", True, {}), ("DONE", False, {"points": 3})], key=str)
    assert len(other.requests) == 2
    assert {play.ended(who)[0][0] for who in (anna, ben)} == {"COMPLETED"}


def test_private_addresses_are_not_called(play: Play, other: Receiver, settings: Settings) -> None:
    anna = person(play.tenant)
    with play.open():
        local = parse(journey(hook(other.url)))
        assert problems_of(local) == []
    one = play.start(journey(hook(other.url, retryForHours=0)))
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = False
    play.enter(one, anna)
    call(play)
    with play.open():
        assert [problem.code for problem in problems_of(local)] == ["INVALID_ADDRESS"]
    assert other.requests == []
    assert play.story(anna) == [("hook", "FAILED_CALL")]


def test_a_dead_endpoint_parks_only_its_own_step(play: Play, other: Receiver) -> None:
    crowd = [person(play.tenant, f"p{number}") for number in range(30)]
    anna = person(play.tenant)
    play.enter(play.start(journey(hook("http://127.0.0.1:1/dead")), "Dead"), *crowd)
    play.enter(play.start(journey(hook(other.url)), "Alive"), anna)
    with play.open():
        first = calling._claim(play.now)
    steps = [call.run_id for call in first]
    assert len(steps) == calling.BATCH  # the crowd, and Anna among the first
    run = play.run(anna)
    assert run is not None
    assert run.pk in steps


def test_slow_answers_are_waited_for_at_once(play: Play, other: Receiver) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(calling.HANDS)]
    all_asked = threading.Barrier(calling.HANDS)

    def slowly(_: Request) -> Reply:
        all_asked.wait(PATIENCE_SECONDS)
        return Reply(200)

    other.reply = slowly
    play.enter(play.start(journey(hook(other.url))), *people)
    assert call(play) == calling.HANDS
    assert all(play.ended(one) == [("COMPLETED", "")] for one in people)


def test_whoever_left_meanwhile_is_not_called_for(play: Play, other: Receiver) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    raw = journey(
        hook(other.url, to="day"), wait("day"),
        exits=[{"kind": "EVENT", "event": "TEETIME_BOOKED"}],
    )  # fmt: skip
    one = play.start(raw)
    play.enter(one, anna, ben)
    play.tell(anna, "TEETIME_BOOKED")
    call(play)
    assert [request.payload for request in other.requests] == [None]
    assert str(ben.pk).encode() in other.requests[0].body
    with play.open():
        assert sorted(WebhookCall.objects.values_list("status", "error")) == [
            ("DONE", ""), ("FAILED", calling.OVER),
        ]  # fmt: skip


def test_nobody_is_called_for_while_a_journey_is_paused_or_data_must_rest(
    play: Play, other: Receiver
) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(hook(other.url, to="mail", retryForHours=1), send("mail")))
    play.enter(one, anna, ben)
    with play.open():
        lifecycle.pause(one.pk)
        set_restriction(ben.pk, is_restricted=True)
    for _ in range(3):
        assert call(play) == 0
        play.now += timedelta(hours=1)
    with play.open():
        lifecycle.resume(one.pk, now=play.now)
    assert call(play) == 1
    assert str(anna.pk).encode() in other.requests[0].body
    assert play.sent(anna) == [("mail", "PLANNED")]
    with play.open():
        set_restriction(ben.pk, is_restricted=False)
    play.now += timedelta(hours=2)
    assert call(play) == 1


def test_a_missing_secret_sends_nothing_unsigned(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    with play.open():
        secrets.make_secret("Loyalty")
        one = lifecycle.create_journey(name="J", definition=journey(hook(other.url, secret="Loyalty")))
        lifecycle.publish(one.pk)
        with pytest.raises(SecretInUse, match="“J”"):
            secrets.drop_secret("Loyalty")
        JourneySecret.objects.all().delete()
        unknown = [problem.code for problem in problems_of(parse(journey(hook(other.url, secret="Gone"))))]
        assert unknown == ["UNKNOWN_SECRET"]
        with pytest.raises(SecretNotFound):
            secrets.drop_secret("Gone")
        with pytest.raises(InvalidError):
            secrets.make_secret("")
    with play.open():
        started = get_journey(one.pk)
    play.enter(started, anna)
    call(play)
    assert other.requests == []
    with play.open():
        assert WebhookCall.objects.get().error == (
            "There is no secret called “Loyalty”: make it, or choose another."
        )


def test_an_exchanged_secret_signs_from_then_on(play: Play, other: Receiver) -> None:
    with play.open():
        secrets.make_secret("Loyalty")
        _, other.secret = secrets.exchange_secret("Loyalty")
        assert JourneySecret.objects.count() == 1
    play.enter(play.start(journey(hook(other.url, secret="Loyalty"))), person(play.tenant))
    call(play)
    assert other.requests[0].payload is not None


def test_a_trial_calls_nobody_and_shows_no_secret(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    with play.open():
        _, plain = secrets.make_secret("Loyalty")
        tried = trying.try_with(journey(hook(other.url, secret="Loyalty", to="m"), send("m")), anna.pk)
        assert plain not in str(tried)
        assert [line.get("outcome") for line in tried["story"]][1:3] == ["NOT_CALLED", "PLANNED"]
        assert calling.send_calls() == 0
    assert other.requests == []


def test_an_answer_to_somebody_who_went_on_moves_nobody_too_early(play: Play, other: Receiver) -> None:
    anna = person(play.tenant)
    one: Journey = play.start(journey(hook(other.url, to="month"), wait("month", 30)))
    play.enter(one, anna)
    with play.open():
        row = WebhookCall.objects.get()
    call(play)
    with play.open():
        calling._finish(row, play.now, status="DONE")
    play.tick()
    assert play.story(anna) == [("hook", "ANSWERED")]
