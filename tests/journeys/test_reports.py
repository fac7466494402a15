"""What users of comparable products reported (journeys.md, section 2), played on a clock that the test moves."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from events.consumers import ensure_positions
from events.envelope import parse_line
from events.inbox import accept
from events.models import Door, InboxEvent
from journeys import entering, lifecycle
from journeys.drafts import get_journey, save_draft
from journeys.engine import lateness
from journeys.engine.holding import held_counts
from journeys.explaining import explain
from journeys.models import DraftRevision, EntryRefusal, Journey, Run, RunData, RunEnded, StepLog, Task
from journeys.reading import figures
from journeys.scanning import scan
from journeys.versions import definition_of
from messaging.models import Delivery
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.privacy.erasing import erase_customer
from profiles.tagging import change_tags
from profiles.unmerging import unmerge_profiles
from segments.models import Segment
from tenants.redis_client import redis_client
from tenants.scope import tenant_scope
from tests import factories
from tests.back_office import desk
from tests.cast import Club
from tests.journeys.definitions import ask, journey, on_event, send, step, until_date, wait
from tests.journeys.playing import START, Play, person, time_machine
from tests.patience import wait_until

ENTERED = b"""{"id": "e1", "type": "teetime.competition.entered", "version": "1.0", "timestamp": "%s",
 "tenantId": "fairview", "source": "teetime", "payload": {"competitionId": "c1", "playerId": "p1"}}"""


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def test_29_nobody_who_just_did_it_is_reminded_to_do_it(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben")
    raw = journey(
        wait("hour", 1, "HOURS", to="forgot"), send("forgot"),
        exits=[{"kind": "EVENT", "event": "COMPETITION_ENTERED"}],
    )  # fmt: skip
    play.enter(play.start(raw), anna, ben)
    due = START + timedelta(hours=1)
    event = parse_line(ENTERED % due.isoformat().encode(), now=due)
    with play.open():
        accept([(play.tenant.pk, event)], door=Door.HTTP)
        InboxEvent.objects.update(received_at=due - timedelta(seconds=2))
    play.at(due)  # the message is due; what came in two seconds ago is not applied yet
    assert play.sent(anna) == []
    play.at(due + timedelta(seconds=5))
    assert play.sent(anna) == []
    with play.open():
        InboxEvent.objects.update(status="SUCCESS")
    play.tell(anna, "COMPETITION_ENTERED", due - timedelta(seconds=1))
    play.at(due + timedelta(seconds=10))
    assert (play.sent(anna), play.ended(anna)) == ([], [("EXITED", "COMPETITION_ENTERED")])
    assert play.sent(ben) == [("forgot", "PLANNED")]


def test_29_an_inbox_that_stands_still_holds_a_message_back_for_a_minute_only(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(
        wait("hour", 1, "HOURS", to="forgot"), send("forgot"), goal={"event": "COMPETITION_ENTERED"}
    )
    play.enter(play.start(raw), anna)
    due = START + timedelta(hours=1)
    with play.open():
        event = parse_line(ENTERED % due.isoformat().encode(), now=due)
        accept([(play.tenant.pk, event)], door=Door.HTTP)
        InboxEvent.objects.update(received_at=due - timedelta(seconds=2))
    for seconds in range(0, 58, 3):
        play.at(due + timedelta(seconds=seconds))
        assert play.sent(anna) == []
    play.at(due + timedelta(seconds=70))
    assert play.sent(anna) == [("forgot", "PLANNED")]


def test_29_who_may_have_left_the_segment_by_a_change_that_is_not_heard_waits_too(play: Play) -> None:
    anna = person(play.tenant)
    with play.open():
        segment = Segment.objects.create(tenant=play.tenant, name="Gold", type="STATIC")
    raw = journey(
        wait("hour", 1, "HOURS", to="mail"),
        send("mail"),
        exits=[{"kind": "SEGMENT", "segment": str(segment.pk)}],
    )
    play.enter(play.start(raw), anna)
    due = START + timedelta(hours=1)
    with play.open(), connection.cursor() as cursor:
        ensure_positions()
        cursor.execute("UPDATE events_consumerposition SET cluster = events_cluster()")
        cursor.execute(
            "INSERT INTO events_domainlogentry (tenant_id, kind, profile_id, data, at) VALUES (%s, %s, %s, %s, %s)",
            [play.tenant.pk, "profile.changed", anna.pk, "{}", due - timedelta(seconds=1)],
        )
    play.at(due)
    assert play.sent(anna) == []
    play.hear("segment.left", anna, segmentId=str(segment.pk), cause="CHANGE")
    assert (play.sent(anna), play.ended(anna)) == ([], [("EXITED", "SEGMENT_LEFT")])


WORKER = """
import sys, django
django.setup()
from uuid import UUID
from tenants.scope import tenant_scope
from journeys.engine import passing
passing.BATCH = passing.LEAST_BATCH = passing.MOST_BATCH = 50
with tenant_scope(UUID(sys.argv[1])):
    while True:
        passing.move_due(seconds=1)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_9_workers_that_were_stopped_for_a_while_lose_and_double_nobody(
    process_environment: dict[str, str],
) -> None:
    tenant = factories.tenant("stopped")
    play = Play(tenant, timezone.now())
    people = [person(tenant, f"p{number}") for number in range(300)]
    one = play.start(journey(send("a", to="tag"), step("tag", "UPDATE", to="b", addTags=["x"]), send("b")))
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tenant.pk)], env=process_environment)
    try:
        with play.open():
            entering.enter(one, [entering.Entrant(each.pk) for each in people])
        wait_until(lambda: play.count("journeys_steplog") > 0)
        os.kill(worker.pid, signal.SIGSTOP)  # perhaps with rows locked in an open transaction
        play.at(timezone.now() + timedelta(minutes=30))  # others pass by what it holds
        os.kill(worker.pid, signal.SIGCONT)
        wait_until(lambda: play.count("journeys_run") == 0)
    finally:
        os.kill(worker.pid, signal.SIGCONT)
        worker.kill()
        worker.wait()
    with play.open():
        assert RunEnded.objects.filter(status="COMPLETED").count() == 300
        assert StepLog.objects.count() == 900
        assert Delivery.objects.count() == 600


def test_26_the_page_shows_the_time_of_the_engine_in_the_clock_of_the_club(
    play: Play, fairview: Club
) -> None:
    anna = person(play.tenant)
    one = play.start(journey(wait("two", 2, to="mail"), send("mail")))
    play.enter(one, anna)
    with play.open():
        for _ in range(20):
            save_draft(get_journey(one.pk), _definition(one), "Saved")
        assert DraftRevision.objects.filter(journey_id=one.pk).count() == 2  # opened, made
    run = play.run(anna)
    assert run is not None
    assert run.due_at == START + timedelta(days=2)
    body = desk(fairview.viewer).get(f"/admin/journeys/{one.pk}/people/").content.decode()
    assert "11:00" in body  # 09:00 in UTC is 11:00 in Johannesburg


def _definition(one: Journey) -> Any:
    return definition_of(one.version_id or 0).as_json()


def test_31_an_empty_redis_stops_nobody(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(200)]
    one = play.start(journey(wait("hour", 1, "HOURS", to="mail"), send("mail")))
    play.enter(one, *people)
    redis_client().flushdb()
    play.later(hours=1)
    assert play.count("messaging_delivery") == 200


def test_32_one_who_fails_stops_nobody_and_the_sum_closes(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(64)]
    one = play.start(journey(step("tag", "UPDATE", to="day", addTags=["x"]), wait("day")))
    real = change_tags

    def change(cursor: Any, tenant: Any, who: Any, **values: Any) -> Any:
        if people[13].pk in who:
            raise ValueError("no tags for Ben")
        return real(cursor, tenant, who, **values)

    monkeypatch.setattr("journeys.engine.kinds.change_tags", change)
    play.enter(one, *people)
    assert play.ended(people[13]) == [("FAILED", "STEP_FAILED")]
    with play.open():
        found = figures(one)
        log = StepLog.objects.get(outcome="FAILED")
    assert (found["entered"], found["live"], found["failed"]) == (64, 63, 1)
    assert (log.step, log.detail) == ("tag", {"error": "ValueError: no tags for Ben"})


def test_33_a_batch_makes_nobody(play: Play) -> None:
    people = [person(play.tenant, f"p{number}") for number in range(100)]
    one = play.start(journey(step("tag", "UPDATE", addTags=["x"])))
    before = play.count("profiles_customerprofile")
    play.enter(one, *people, *[uuid4() for _ in range(5)])
    assert play.count("profiles_customerprofile") == before
    with play.open():
        assert CustomerProfile.objects.filter(tags__contains=["x"]).count() == 100


@pytest.mark.django_db(transaction=True)
def test_36_fifty_at_once_through_two_versions_make_one_run() -> None:
    tenant = factories.tenant("fifty")
    play = Play(tenant, timezone.now())
    anna = person(tenant)
    one = play.start(journey(wait("day"), entry={"policy": "AFTER_EXIT"}))
    with play.open():
        old = get_journey(one.pk)
        save_draft(old, journey(wait("day", 2), entry={"policy": "AFTER_EXIT"}), "Longer")
        lifecycle.publish(old.pk)
        new = get_journey(one.pk)
    found: list[str] = []

    def come(number: int) -> None:
        try:
            with tenant_scope(tenant):
                through = old if number % 2 else new
                answer = entering.enter(through, [entering.Entrant(anna.pk)], each=True)
                found.append(answer.verdicts[0].verdict)
        finally:
            close_old_connections()

    threads = [threading.Thread(target=come, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["ALREADY_IN"] * 49 + ["ENROLLED"]
    assert play.count("journeys_run") == 1
    with play.open():
        assert EntryRefusal.objects.filter(reason="ALREADY_IN").count() == 49


def test_17_an_erased_person_leaves_no_name_in_any_run(play: Play) -> None:
    anna = person(play.tenant)
    raw = journey(
        wait("day", to="call"), step("call", "NOTIFY", to="mail", title="Call"), send("mail"),
        triggers=[on_event("TEETIME_BOOKED", "bookingId")], entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip
    one = play.start(raw)
    play.tell(anna, "TEETIME_BOOKED", bookingId="b-anna", name="Anna Smit")
    with play.open():
        assert RunData.objects.get().data["name"] == "Anna Smit"
        erase_customer(anna.pk, reason="popia_erasure")
    play.later(days=2)
    with play.open():
        assert (Run.objects.count(), RunData.objects.count(), Task.objects.count()) == (0, 0, 0)
        ended = RunEnded.objects.get()
        assert (ended.status, ended.reason, ended.key) == ("EXITED", "ERASED", "")
        assert not StepLog.objects.filter(detail__isnull=False).exists()
        assert Delivery.objects.filter(source_id=one.pk).exclude(status="SKIPPED").count() == 0


def test_37_a_merged_pair_with_a_yes_and_a_no_gets_nothing_and_one_who_comes_back_does(play: Play) -> None:
    anna, ben = person(play.tenant), person(play.tenant, "Ben", email_opt_in=False, sms_opt_in=False)
    raw = journey(wait("day", to="mail"), send("mail", to="w"), wait("w", 9))
    play.enter(play.start(raw), anna, ben)
    with play.open():
        merge_profiles(anna.pk, ben.pk)
    play.later(days=1, minutes=1)
    with play.open():
        assert not Delivery.objects.exclude(status="SKIPPED").exists()
        unmerge_profiles(ben.pk)
        stand = {run.origin_profile_id: run.status for run in Run.objects.all()}
    assert stand == {anna.pk: "WAITING", ben.pk: "WAITING"}


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2027, 3, 27, 16, tzinfo=UTC), 23),  # London loses an hour that night
        (datetime(2027, 10, 30, 15, tzinfo=UTC), 25),  # and gets it back
    ],
)
def test_4_a_day_is_a_day_over_both_changes_of_the_clock(kingsmere: Club, now: datetime, hours: int) -> None:
    play = Play(kingsmere.tenant, now)
    anna = person(kingsmere.tenant)
    play.enter(play.start(journey(wait("day", to="mail"), send("mail"))), anna)
    run = play.run(anna)
    assert run is not None
    assert run.due_at == now + timedelta(hours=hours)
    for _ in range(30):
        play.later(hours=1)
    assert play.sent(anna) == [("mail", "PLANNED")]
    with play.open():
        assert Delivery.objects.get().deferrals == 0


@pytest.mark.parametrize(
    ("year", "offset", "leap_day", "expected"),
    [
        (2027, 0, "FEBRUARY_28", date(2027, 2, 28)),
        (2027, 0, "MARCH_1", date(2027, 3, 1)),
        (2028, 0, "FEBRUARY_28", date(2028, 2, 29)),
        (2027, -1, "FEBRUARY_28", date(2027, 2, 27)),
        (2028, -1, "FEBRUARY_28", date(2028, 2, 28)),
    ],
)
def test_22_who_was_born_on_29_february_is_met_each_year(
    play: Play, year: int, offset: int, leap_day: str, expected: date
) -> None:
    anna = person(play.tenant, date_of_birth=date(1960, 2, 29))
    trigger = {"kind": "DATE", "field": "dateOfBirth", "offsetDays": offset, "leapDay": leap_day}
    play.now = datetime(year, 2, 25, 12, tzinfo=UTC)
    one = play.start(journey(send("wish"), triggers=[trigger], entry={"policy": "AFTER_EXIT"}))
    sent_on: list[datetime] = []
    for _ in range(24 * 8):
        play.now += timedelta(hours=1)
        with play.open():
            scan(play.tenant, play.now, only=get_journey(one.pk))
        play.tick()
        if len(play.sent(anna)) > len(sent_on):
            sent_on.append(play.now.astimezone(play.tenant.zone))
    assert [(at.date(), at.hour) for at in sent_on] == [(expected, 9)]


def test_an_outage_of_eight_hours_over_a_reminder(play: Play) -> None:
    tee = START + timedelta(hours=30)
    late, gone = person(play.tenant), person(play.tenant, "Ben")
    raw = journey(
        step("w", "WAIT", to="mail", until={"mode": "DATE", "field": "event.teeTime", "offset": -4, "unit": "HOURS"}),
        send("mail", to="tag"), step("tag", "UPDATE", addTags=["done"]),
        triggers=[on_event("TEETIME_BOOKED", "bookingId")], entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip
    play.start(raw)
    play.tell(late, "TEETIME_BOOKED", bookingId="b1", teeTime=(tee + timedelta(hours=6)).isoformat())
    play.tell(gone, "TEETIME_BOOKED", bookingId="b2", teeTime=tee.isoformat())
    play.at(tee + timedelta(hours=4))  # both reminders fell due in the eight hours before
    assert play.sent(late) == [("mail", "PLANNED")]  # the tee time is still ahead
    assert play.sent(gone) == []  # it is over
    assert play.story(gone)[1] == ("mail", "SKIPPED")
    with play.open():
        assert CustomerProfile.objects.filter(tags__contains=["done"]).count() == 2


def test_more_than_five_hundred_overdue_are_one_question(play: Play) -> None:
    with play.open(), transaction.atomic():
        CustomerProfile.objects.bulk_create(
            [
                CustomerProfile(
                    tenant=play.tenant, first_name=f"p{number}", display_name=f"p{number}",
                    email=f"p{number}@example.org", email_opt_in=True,
                )
                for number in range(lateness.FLOOD + 1)
            ]
        )  # fmt: skip
        people = list(CustomerProfile.objects.values_list("pk", flat=True))
    one = play.start(journey(wait("day", to="mail"), send("mail")))
    play.enter(one, *people)
    play.later(days=1, hours=8)
    with play.open():
        assert [(why, count) for why, count, _ in held_counts(one)] == [("FLOOD", 501)]
        assert Delivery.objects.count() == 0


def test_35_a_tail_that_is_added_is_reached_by_those_who_still_wait(play: Play) -> None:
    done, waiting = person(play.tenant), person(play.tenant, "Ben")
    one = play.start(journey(wait("three", 3)))
    play.enter(one, done)
    play.later(days=2)
    play.enter(one, waiting)
    play.later(days=1, minutes=1)
    assert play.ended(done) == [("COMPLETED", "")]
    with play.open():
        save_draft(get_journey(one.pk), journey(wait("three", 3, to="mail"), send("mail")), "A tail")
        with time_machine(play.now):
            lifecycle.publish(one.pk)
    play.later(days=2, minutes=1)
    assert (play.sent(done), play.sent(waiting)) == ([], [("mail", "PLANNED")])


def test_18_leaving_when_it_stops_to_match_is_a_choice(play: Play) -> None:
    gold = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    anna = person(play.tenant, membership_tier="Gold")
    kept = play.start(journey(wait("day", to="mail"), send("mail"), matching=gold, exitMode="NEITHER"))
    left = play.start(
        journey(wait("day", to="mail"), send("mail"), matching=gold, exitMode="STOPS_MATCHING"), "Strict"
    )
    play.enter(kept, anna)
    play.enter(left, anna)
    with play.open():
        CustomerProfile.objects.filter(pk=anna.pk).update(membership_tier="Silver")
    play.hear("profile.changed", anna, changes=["membershipTier"])
    assert play.ended(anna) == [("EXITED", "STOPPED_MATCHING")]
    play.later(days=1, minutes=1)
    assert play.sent(anna) == [("mail", "PLANNED")]
    with play.open():
        assert explain(left, anna.pk)["story"][-1]["title"] == "Left: no longer fulfilled the condition"


def test_6_a_reminder_before_the_entry_is_skipped_and_the_next_one_goes(play: Play) -> None:
    anna = person(play.tenant, membership_expiry=(START + timedelta(days=2)).date())
    raw = journey(
        until_date("week", "membershipExpiry", -7, to="early"), send("early", to="last"),
        until_date("last", "membershipExpiry", -1, to="late"), send("late", to="q"), ask("q", rule=_gold()),
    )  # fmt: skip
    play.enter(play.start(raw), anna)
    play.later(days=1)
    assert play.sent(anna) == [("late", "PLANNED")]


def _gold() -> Any:
    return {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}


def test_24_zones_of_server_and_database_change_no_instant(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'Asia/Kolkata'")
        anna = person(play.tenant)
        nine = step("nine", "WAIT", to="mail", until={"mode": "TIME", "at": "09:00"})
        play.enter(play.start(journey(nine, send("mail"))), anna)
        run = play.run(anna)
        assert run is not None
        assert run.due_at == datetime(2026, 11, 3, 7, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")


REPORTS = (
    2, 4, 6, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32, 33, 34, 35, 36, 37,
)  # fmt: skip


def test_every_report_is_played() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    played = {int(number) for one in files for number in re.findall(r"\ndef test_(\d+)_", one.read_text())}
    assert played == set(REPORTS)
