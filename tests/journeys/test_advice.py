"""What is worth a look before a journey runs, in words; and the sentences of starts and schedules."""

from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.definition import parse
from journeys.definition.advice import MOST_COUNTED, is_within, most_messages_a_week
from journeys.definition.checking import World, check
from journeys.describing import cron_words
from journeys.world import world
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, until_date, wait
from tests.journeys.playing import person

CROWD = """
INSERT INTO profiles_customerprofile
SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'email_opt_in', i %% 2 = 0))).*
FROM profiles_customerprofile AS one, generate_series(1, 1000) AS i WHERE one.id = %s
"""


def codes(raw: Json, **known: Any) -> dict[str, str]:
    """Code → message of each warning."""
    return {one.code: one.message for one in check(parse(raw), World(**known)) if not one.is_error}


def test_a_channel_nobody_agreed_to_is_told() -> None:
    raw = journey(send("a", name="News", channels=["SMS", "WHATSAPP"]))
    assert codes(raw, consents={"EMAIL": 5, "SMS": 0})["NO_CONSENT"] == (
        "Step “News” reaches nobody: no customer agreed to marketing by SMS or WhatsApp."
        " Choose another channel, or ask for consent first."
    )
    assert codes(raw, consents={"SMS": 1}) == {}
    assert "NO_CONSENT" not in codes(journey(send("a", messageClass="TRANSACTIONAL")), consents={})


def test_the_club_says_by_which_channels_somebody_may_be_reached(fairview: Club) -> None:
    person(fairview.tenant, sms_opt_in=False)
    with tenant_scope(fairview.tenant):
        assert world().consents == {"EMAIL": 1, "SMS": 0, "PUSH": 0, "WHATSAPP": 0}


def test_an_hour_in_the_quiet_hours_is_told_with_what_happens() -> None:
    at = {"mode": "TIME", "at": "22:30"}
    quiet = (time(21), time(8))
    raw = journey(step("w", "WAIT", to="a", until=at), send("a", name="News"))
    assert codes(raw, quiet_hours=quiet)["IN_QUIET_HOURS"] == (
        "22:30 lies in the club’s quiet hours: the message of step “News” waits until 08:00."
    )
    skipping = journey(step("w", "WAIT", to="a", until=at), send("a", name="News", onQuiet="SKIP"))
    assert codes(skipping, quiet_hours=quiet)["IN_QUIET_HOURS"].endswith("“News” is not sent.")
    assert codes(raw, quiet_hours=(time(23), time(6))) == {}
    born = {"kind": "DATE", "field": "dateOfBirth", "at": "07:00"}
    assert "IN_QUIET_HOURS" in codes(journey(send("a"), triggers=[born]), quiet_hours=quiet)


@pytest.mark.parametrize(
    ("at", "start", "end", "within"),
    [
        (22, 21, 8, True),
        (8, 21, 8, False),
        (21, 21, 8, True),
        (3, 21, 8, True),
        (12, 21, 8, False),
        (3, 1, 5, True),
    ],
)
def test_quiet_hours_pass_midnight(at: int, start: int, end: int, within: bool) -> None:
    assert is_within(time(at), time(start), time(end)) is within


def until(**fields: Any) -> Json:
    """Waits for a booking of the same id."""
    event = {"event": "teetime.booking.created", "sameKey": True}
    return {"id": "u", "kind": "WAIT_UNTIL", "event": event, "timeout": {"amount": 3, "unit": "DAYS"},
            "ways": {"happened": None, "timeout": None}, **fields}  # fmt: skip


def test_a_wait_for_what_nobody_can_name_is_told() -> None:
    assert "NEVER_HAPPENS" in codes(journey(until()))
    assert "NEVER_HAPPENS" in codes(journey(until(), triggers=[on_event("teetime.booking.created")]))
    keyed = [on_event("teetime.booking.created", "bookingId")]
    assert "NEVER_HAPPENS" not in codes(journey(until(), triggers=keyed))
    exits = [{"kind": "EVENT", "event": "teetime.booking.cancelled", "sameKey": True}]
    assert "NEVER_HAPPENS" in codes(journey(wait("w"), exits=exits))
    assert "NEVER_KNOWN" in codes(journey(until_date("d", "event.teeTime", -1)))
    assert "NEVER_KNOWN" not in codes(journey(until_date("d", "event.teeTime", -1), triggers=keyed))


def test_a_way_that_nobody_takes_and_a_question_that_is_always_no_are_told() -> None:
    split = {
        "id": "s", "kind": "SPLIT", "ways": {"a": "x", "b": "y"},
        "branches": [{"id": "a", "name": "All", "weight": 1}, {"id": "b", "name": "None", "weight": 0}],
    }  # fmt: skip
    found = codes(journey(split, wait("x"), wait("y")))
    assert found["NOBODY_COMES"] == "Nobody takes the way “None” of step “s”: its share is 0."
    joined = {**split, "ways": {"a": "x", "b": "x"}}
    assert "NOBODY_COMES" not in codes(journey(joined, wait("x")))

    early = journey(ask("q", yes="m", no=None, message={"step": "m"}), send("m"))
    assert "ALWAYS_NO" in codes(early)
    later = journey(send("m", to="q"), ask("q", message={"step": "m"}))
    assert "ALWAYS_NO" not in codes(later)


def line(*days: float) -> Json:
    """A message, then for each number that many hours and another message."""
    steps = [send("m0", to="w1" if days else None)]
    for number, day in enumerate(days, 1):
        steps.append(wait(f"w{number}", round(24 * day), "HOURS", to=f"m{number}"))
        steps.append(send(f"m{number}", to=f"w{number + 1}" if number < len(days) else None))
    return journey(*steps)


@pytest.mark.parametrize(
    ("days", "most"),
    [
        ((), 1),
        ((1, 1, 1), 4),
        ((3, 3, 3), 3),
        ((7,), 1),
        ((10, 1, 1, 1, 1), 5),
        ((1,) * 30, 7),
        ((0.1,) * 30, 12),
    ],
)
def test_the_most_messages_a_week_are_counted_from_any_message(days: tuple[float, ...], most: int) -> None:
    assert most_messages_a_week(parse(line(*days))) == most


def test_circles_and_joins_are_counted_and_take_no_time() -> None:
    circle = journey(send("m", to="w"), wait("w", 1, to="m"))
    assert most_messages_a_week(parse(circle)) == 7
    diamonds: list[Json] = []
    for number in range(45):
        after = f"q{number + 1}" if number < 44 else None
        diamonds.append(ask(f"q{number}", yes=f"m{number}", no=after, where=[{"path": "x"}]))
        diamonds.append(send(f"m{number}", to=after))
    assert most_messages_a_week(parse(journey(*diamonds))) == MOST_COUNTED
    words = codes(journey(*diamonds))["MANY_MESSAGES"]
    assert words == "One person may get 12 or more messages within a week."


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 9 * * 1", "Every Mon at 09:00"),
        ("5 18 * * *", "Every day at 18:05"),
        ("0 7 1 * *", "On day 1 of each month at 07:00"),
        ("*/5 * * * *", "On the schedule */5 * * * *"),
        ("0 9 * * 0", "On the schedule 0 9 * * 0"),
        ("0 9 1 * 1", "On the schedule 0 9 1 * 1"),
    ],
)
def test_a_schedule_is_a_sentence_where_it_is_plain(cron: str, words: str) -> None:
    assert cron_words(cron) == words


@pytest.mark.usefixtures("fresh_tables")
def test_that_nobody_agreed_is_found_without_reading_the_club(fairview: Club) -> None:
    one = person(fairview.tenant, sms_opt_in=False)
    with tenant_scope(fairview.tenant), connection.cursor() as cursor:
        cursor.execute(CROWD, [one.pk])
        with as_owner():
            cursor.execute("ANALYZE profiles_customerprofile")
        with CaptureQueriesContext(connection) as found:
            known = world().consents
        asked = [one["sql"] for one in found if "whatsapp_opt_in" in one["sql"]]
        cursor.execute("EXPLAIN " + asked[0].rpartition(";")[2])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert known == {"EMAIL": 1, "SMS": 0, "PUSH": 0, "WHATSAPP": 0}
    assert len(asked) == 1
    assert "Index Only Scan using profiles_profile_agreed_idx" in plan, plan
