"""What users of other automation products have reported: clocks of the whole world, odd answers, weights, edits."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from journeys import calling
from journeys.models import StepLog, WebhookCall
from messaging.models import SendPolicy
from tenants.models import Tenant
from tests.cast import Club
from tests.events.receiver import Receiver, Reply, receiving
from tests.journeys.definitions import Json, ask, journey, leave, on_event, send, step, until_date, wait
from tests.journeys.outside import Outside
from tests.journeys.playing import START, person

BOOKED, CANCELLED = "TEETIME_BOOKED", "TEETIME_CANCELLED"


@pytest.fixture
def out(fairview: Club) -> Outside:
    return Outside(fairview.tenant)


@pytest.fixture
def other(settings: Settings) -> Iterator[Receiver]:
    settings.CRM_WEBHOOKS_ALLOW_PRIVATE = True
    with receiving() as receiver:
        yield receiver


def in_zone(out: Outside, zone: str) -> Outside:
    with out.open():
        Tenant.objects.filter(pk=out.tenant.pk).update(time_zone=zone)
        out.tenant.refresh_from_db()
    return out


# --- Clocks


@pytest.mark.parametrize(
    ("zone", "enters", "goes"),
    [
        # Local, the evening before the clock changes, and the same hour a day later in UTC.
        ("Europe/London", "2027-03-27T18:00", "2027-03-28T17:00"),
        ("Europe/London", "2027-10-30T18:00", "2027-10-31T18:00"),
        ("America/New_York", "2027-03-13T18:00", "2027-03-14T22:00"),
        ("America/New_York", "2027-11-06T18:00", "2027-11-07T23:00"),
        ("America/St_Johns", "2027-03-13T18:00", "2027-03-14T20:30"),
        ("Australia/Adelaide", "2027-04-03T18:00", "2027-04-04T08:30"),
        ("Australia/Adelaide", "2027-10-02T18:00", "2027-10-03T07:30"),
        ("Australia/Lord_Howe", "2027-04-03T18:00", "2027-04-04T07:30"),
        ("Pacific/Chatham", "2027-04-03T18:00", "2027-04-04T05:15"),
        ("Asia/Kathmandu", "2027-03-27T18:00", "2027-03-28T12:15"),
        ("Asia/Kolkata", "2027-03-27T18:00", "2027-03-28T12:30"),
        ("Africa/Johannesburg", "2027-03-27T18:00", "2027-03-28T16:00"),
        ("Africa/Cairo", "2027-04-29T18:00", "2027-04-30T15:00"),
    ],
)
def test_a_day_ends_at_the_same_hour_of_the_wall(out: Outside, zone: str, enters: str, goes: str) -> None:
    in_zone(out, zone)
    anna = person(out.tenant)
    out.now = datetime.fromisoformat(enters).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    out.enrol(out.started(journey(wait("day", to="mail"), send("mail"))), anna)
    run, due = out.run(anna), datetime.fromisoformat(goes).replace(tzinfo=UTC)
    assert run is not None
    assert run.due_at == due
    out.at(due - timedelta(minutes=1))
    assert out.sent(anna) == []
    out.at(due)
    assert out.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize(
    ("zone", "now", "at", "goes"),
    [
        (
            "America/New_York",
            "2027-03-14T05:00",
            "02:30",
            "2027-03-14T07:00",
        ),  # 02:30 is missing: the end of the gap
        ("America/New_York", "2027-11-07T04:30", "01:30", "2027-11-07T05:30"),  # the first of two
        ("Australia/Lord_Howe", "2027-10-02T14:00", "02:15", "2027-10-02T15:30"),  # half an hour is missing
        ("Africa/Cairo", "2027-04-29T20:00", "00:15", "2027-04-29T22:00"),  # midnight is missing
        ("Asia/Kathmandu", "2027-04-29T20:00", "09:00", "2027-04-30T03:15"),
    ],
)
def test_an_hour_that_is_missing_or_doubled_comes_once(
    out: Outside, zone: str, now: str, at: str, goes: str
) -> None:
    in_zone(out, zone)
    anna = person(out.tenant)
    out.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    out.enrol(
        out.started(journey(step("w", "WAIT", until={"mode": "TIME", "at": at}, to="mail"), send("mail"))),
        anna,
    )
    run = out.run(anna)
    assert run is not None
    assert run.due_at == datetime.fromisoformat(goes).replace(tzinfo=UTC)
    for _ in range(5):
        out.later(hours=1)
    out.at(out.now + timedelta(hours=6))
    assert out.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize("leap_day", ["FEBRUARY_28", "MARCH_1"])
def test_born_on_29_february_is_wished_once_a_year(out: Outside, leap_day: str) -> None:
    anna = person(out.tenant, date_of_birth=date(1960, 2, 29))
    ben = person(out.tenant, "Ben", date_of_birth=date(1960, 2, 28))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "at": "09:00", "leapDay": leap_day}
    one = out.started(journey(send("mail"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    found: dict[str, list[str]] = {"Anna": [], "Ben": []}
    for year in (2027, 2028):
        for day in (
            date(year, 2, 27),
            date(year, 2, 28),
            date(year, 2, 28) + timedelta(days=1),
            date(year, 3, 1),
        ):
            before = {who.first_name: len(out.sent(who)) for who in (anna, ben)}
            out.scanned(one, datetime(day.year, day.month, day.day, 7, tzinfo=UTC))
            for who in (anna, ben):
                found[who.first_name] += [str(day)] * (len(out.sent(who)) - before[who.first_name])
    kept = "2027-02-28" if leap_day == "FEBRUARY_28" else "2027-03-01"
    assert found == {"Anna": [kept, "2028-02-29"], "Ben": ["2027-02-28", "2028-02-28"]}


def test_an_edit_counts_on_the_clock_of_the_home_club(out: Outside) -> None:
    with out.open():
        SendPolicy.objects.create(tenant=out.tenant, club_zones={"ny": "America/New_York"})
    anna = person(out.tenant, home_club_id="ny")
    nine, ten = ({"mode": "TIME", "at": at} for at in ("09:00", "10:00"))
    one = out.started(journey(step("w", "WAIT", until=nine, to="mail"), send("mail")))
    out.enrol(one, anna)
    out.later(minutes=1)
    out.change(one, journey(step("w", "WAIT", until=ten, to="mail"), send("mail")))
    run = out.run(anna)
    assert run is not None
    assert run.due_at == datetime(2026, 11, 2, 15, tzinfo=UTC)


# --- Business keys


def test_a_booking_that_is_made_again_is_another_run_and_the_old_reminder_is_gone(out: Outside) -> None:
    anna, tee = person(out.tenant), START + timedelta(days=6)
    out.started(
        journey(until_date("w", "event.teeTime", -1, to="mail"), send("mail"),
                triggers=[on_event(BOOKED, "bookingId")],
                exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True}], entry={"policy": "AFTER_EXIT"})
    )  # fmt: skip
    out.tell(anna, BOOKED, bookingId="B1", teeTime=tee.isoformat())
    out.later(hours=1)
    out.tell(anna, CANCELLED, bookingId="B1")
    out.later(hours=1)
    out.tell(anna, BOOKED, bookingId="B1", teeTime=(tee + timedelta(days=2)).isoformat())
    out.tell(anna, CANCELLED, START + timedelta(hours=1), bookingId="B1")  # told once more, late
    for _ in range(8):
        out.at((out.now + timedelta(days=1)).replace(hour=7, minute=0))
    assert out.ended(anna) == [("EXITED", CANCELLED), ("COMPLETED", "")]
    assert out.sent(anna) == [("mail", "PLANNED")]


@pytest.mark.parametrize(
    "key", ["x" * 5000, "ключ 🔑 'q' \"", 1, True, " 1 ", "a\nb", "../../etc", "%s", "{{ 7 }}"]
)
def test_whatever_a_key_looks_like_it_names_one_object(out: Outside, key: Any) -> None:
    anna = person(out.tenant)
    out.started(
        journey(wait("w", 5), triggers=[on_event(BOOKED, "bookingId")],
                exits=[{"kind": "EVENT", "event": CANCELLED, "sameKey": True}], entry={"policy": "ONCE_PER_KEY"})
    )  # fmt: skip
    out.tell(anna, BOOKED, bookingId=key)
    out.tell(anna, BOOKED, bookingId=key)
    out.tell(anna, BOOKED, bookingId="another")
    out.later(hours=1)
    out.tell(anna, CANCELLED, bookingId=key)
    assert out.ended(anna) == [("EXITED", CANCELLED)]
    assert out.run(anna) is not None


# --- Other systems


ODD: dict[str, tuple[Reply, str, Json]] = {
    "no content": (Reply(204, b""), "ANSWERED", {}),
    "a page": (Reply(200, b"<html>ok</html>", {"content-type": "text/html"}), "ANSWERED", {}),
    "the same name twice": (Reply(200, b'{"points": 1, "points": 2}'), "ANSWERED", {"points": 2}),
    "null": (Reply(200, b'{"points": null}'), "ANSWERED", {}),
    "a text": (Reply(200, b'"12"'), "ANSWERED", {}),
    "with a mark of bytes": (Reply(200, b'\xef\xbb\xbf{"points": 3}'), "ANSWERED", {"points": 3}),
    "moved": (Reply(302, b"", {"location": "http://127.0.0.1:1/other"}), "FAILED_CALL", {}),
    "gone": (Reply(410, b"{}"), "FAILED_CALL", {}),
    "no number": (Reply(200, b'{"points": NaN}'), "ANSWERED", {}),
    "of another alphabet": (Reply(200, '{"points": "für"}'.encode("latin-1")), "ANSWERED", {"points": "f\ufffdr"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_answer_stops_nobody(out: Outside, other: Receiver, kind: str) -> None:
    reply, outcome, kept = ODD[kind]
    anna = person(out.tenant)
    other.answer(reply)
    hook = step("hook", "WEBHOOK", to="mail", url=other.url, save={"points": "points"}, retryForHours=0)
    one = out.started(journey(hook, send("mail", text="{{ run.points }}")))
    out.enrol(one, anna)
    with out.open():
        calling.send_calls(now=out.now)
    out.tick()
    assert [name for _, name in out.story(anna)] == [outcome, "PLANNED"]
    with out.open():
        assert (WebhookCall.objects.get().answer or {}) == kept
    assert len(other.requests) == 1


# --- Weights


@pytest.mark.parametrize(
    ("weights", "shares"),
    [((0, 100), (0, 60)), ((100, 0), (60, 0)), ((1, 9999), None), ((1,) * 10, None), ((0, 0, 7), (0, 0, 60))],
)
def test_weights_from_nothing_to_all(out: Outside, weights: tuple[int, ...], shares: Any) -> None:
    people = [person(out.tenant, f"p{number}") for number in range(60)]
    branches = [{"id": f"b{n}", "name": f"B{n}", "weight": weight} for n, weight in enumerate(weights)]
    split: Json = {
        "id": "split", "kind": "SPLIT", "branches": branches, "ways": {f"b{n}": None for n in range(len(weights))}
    }  # fmt: skip
    one = out.started(journey(split, entry={"policy": "AFTER_EXIT"}))
    for _ in range(2):
        out.enrol(one, *people)
        out.later(hours=1)
    with out.open():
        ways = [StepLog.objects.filter(outcome=f"b{n}").count() // 2 for n in range(len(weights))]
    assert sum(ways) == 60
    if shares is not None:
        assert tuple(ways) == shares
    for who in people:  # the second time like the first
        assert len({way for _, way in out.story(who)}) == 1


def test_weights_that_let_nobody_through_are_refused(out: Outside) -> None:
    branches = [{"id": name, "name": name, "weight": 0} for name in ("a", "b")]
    raw = journey({"id": "split", "kind": "SPLIT", "branches": branches, "ways": {"a": None, "b": None}})
    answer = out.post(f"/{out.made(raw)}/activate")
    assert answer.status_code == 409
    assert [row["code"] for row in answer.json()["error"]["details"]] == ["NO_WEIGHT"]


# --- Texts, and what is missing


DOUBLING = "{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 60 + "{{ a }}"


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in (1..100000000) %}x{% endfor %}", DOUBLING,
        "{{ profile.password }} {{ profile.__class__ }}", "{% raw %}{{ x }}", "{{ 'x' | nosuchfilter }}",
        "{% include 'secret' %}", "{{ event." + "a." * 3000 + "b }}", "\u202e{{ profile.firstName }}\u0000",
    ],
)  # fmt: skip
def test_a_hostile_text_is_refused_or_sent_and_stops_nobody(out: Outside, text: str) -> None:
    anna = person(out.tenant)
    answer = out.post(
        "", {"name": "Hostile", "definition": journey(send("mail", text=text, to="on"), leave("on", "SENT"))}
    )
    if answer.status_code == 201:
        started = out.post(f"/{answer.json()['id']}/activate")
        assert started.status_code in (200, 409)
        if started.status_code == 200:
            out.enrol(str(answer.json()["id"]), anna)
            assert out.ended(anna) == [("EXITED", "SENT")]
    else:
        assert answer.status_code in (400, 422)


def test_a_condition_that_asks_for_what_no_event_brought_says_no(out: Outside) -> None:
    anna = person(out.tenant)
    where = [{"path": "a.b.c", "operator": "gt", "value": 3}]
    out.started(journey(ask("q", where=where, yes=None, no="out"), leave("out", "NO"), triggers=[on_event(BOOKED)],
                        entry={"policy": "AFTER_EXIT"}))  # fmt: skip
    payloads: list[Json] = [
        {}, {"a": None}, {"a": []}, {"a": {"b": "text"}}, {"a": {"b": {"c": "three"}}}, {"a": {"b": {"c": [9]}}}
    ]  # fmt: skip
    for told in payloads:
        out.tell(anna, BOOKED, **told)
    assert out.ended(anna) == [("EXITED", "NO")] * 6
