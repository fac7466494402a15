"""Entries into many journeys are decided by the same statements: as many as for few, and each as if it were alone."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from events.consumers import Entry
from journeys import listening
from journeys.entering import Arrivals, Entrant, enter, enter_all
from journeys.models import EntryRefusal, Holdout, Journey, Run, RunData
from journeys.versions import definition_of, forget_versions
from profiles.models import Activity, CustomerProfile
from tests.cast import Club
from tests.journeys.definitions import Json, journey, on_event, send, wait
from tests.journeys.playing import Play, person, time_machine

BOOKED = "teetime.booking.created"
CANCELLED = "teetime.booking.cancelled"
ENTRIES: tuple[Json, ...] = (
    {"policy": "ONCE"},
    {"policy": "ONCE_PER_KEY"},
    {"policy": "AFTER_EXIT"},
    {"policy": "AFTER_DAYS", "days": 3},
    {"policy": "AFTER_EXIT", "maxEnrollments": 2},
    {"policy": "AFTER_EXIT", "dailyCap": 1},
    {"policy": "AFTER_EXIT", "holdoutPercent": 50},
    {"policy": "AFTER_EXIT", "maxAgeHours": 1},
)
_numbers = count(5_000_000)


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant)


def _gold(field: str) -> Json:
    return {"combinator": "AND", "rules": [{"field": field, "operator": "eq", "value": "Gold"}]}


def _started(play: Play, number: int, **trigger: Any) -> Journey:
    asked = [
        on_event(BOOKED, "bookingId", **trigger),
        on_event(CANCELLED, "bookingId", rule=_gold("membershipTier")),
    ]
    steps = [wait(f"first{number}", 1 + number, to="mail"), send("mail")]
    entry = ENTRIES[number % len(ENTRIES)]
    return play.start(journey(*steps, triggers=asked, entry=entry), f"Journey {next(_numbers)}")


def _people(play: Play, names: str) -> list[CustomerProfile]:
    return [
        person(play.tenant, name, membership_tier=["", "Gold"][place % 2]) for place, name in enumerate(names)
    ]


def _heard(play: Play, people: list[CustomerProfile], kind: str = "TEETIME_BOOKED") -> None:
    """The consumer reads of all of them in one batch; nobody moves."""
    entries = []
    with play.open(), transaction.atomic(), time_machine(play.now):
        for who in people:
            number = next(_numbers)
            Activity.objects.create(
                id=number, tenant=play.tenant, profile_id=who.pk, origin_profile_id=who.pk, occurred_at=play.now,
                type=kind, category="GOLF", source="teetime", source_event_id=f"told-{number}", title=kind,
                metadata={"bookingId": str(number)},
            )  # fmt: skip
            data = {"activityId": number, "type": kind}
            entries.append(Entry("1", number, play.tenant.pk, "activity.recorded", who.pk, data, play.now))
        listening.handle(play.tenant, entries)


def test_a_batch_of_the_log_takes_no_more_statements_for_more_journeys(play: Play) -> None:
    few = [_started(play, number) for number in range(len(ENTRIES))]
    _heard(play, _people(play, "AB"))
    with CaptureQueriesContext(connection) as for_few:
        _heard(play, _people(play, "CD"))
    more = [_started(play, number) for number in range(2 * len(ENTRIES))]
    _heard(play, _people(play, "EF"))

    with CaptureQueriesContext(connection) as for_many:
        _heard(play, _people(play, "GH"))

    assert len(for_many) == len(for_few)
    with play.open():
        found = set(Run.objects.values_list("journey_id", flat=True))
        assert found | set(Holdout.objects.values_list("journey_id", flat=True)) == {
            one.pk for one in few + more
        }


def _written() -> dict[str, Any]:
    runs = {run.pk: run for run in Run.objects.all()}
    told = RunData.objects.filter(run_id__in=runs).values_list(
        "run_id", "cause", "event_type", "event_id", "data", "variables"
    )
    return {
        "runs": sorted(
            (str(run.journey_id), str(run.profile_id), run.key, run.version_id, run.step, run.due_at, run.status)
            for run in runs.values()
        ),
        "data": sorted((str(runs[pk].journey_id), str(runs[pk].profile_id), repr(rest)) for pk, *rest in told),
        "refused": sorted(
            EntryRefusal.objects.values_list("journey_id", "profile_id", "key", "reason", "cause"), key=repr
        ),
        "held": sorted(Holdout.objects.values_list("journey_id", "profile_id", "key"), key=repr),
        "noted": sorted(
            Activity.objects.filter(type="JOURNEY_ENROLLED").values_list("profile_id", "title"), key=repr
        ),
    }  # fmt: skip


def test_who_enters_with_others_enters_as_if_alone(play: Play) -> None:
    made = [
        _started(play, number, rule=_gold(["membershipTier", "lastName"][number % 2])) for number in range(9)
    ]
    people = _people(play, "ABCDEFGH")
    with play.open():
        Journey.objects.filter(pk=made[8].pk).update(status="PAUSED")
        merged = CustomerProfile.objects.filter(pk=people[7].pk)
        merged.update(status="MERGED", merged_into_id=people[1].pk)
        CustomerProfile.objects.filter(pk=people[4].pk).update(last_name="Gold")

    def coming() -> list[Arrivals]:
        found, came = [], (play.now, play.now - timedelta(hours=3))
        for number, one in enumerate(made):
            one.refresh_from_db()
            who = [
                Entrant(each.pk, key=key, cause="EVENT", data={"n": key}, at=came[place % 2])
                for place, each in enumerate(people)
                for key in ("", "k")
            ]  # fmt: skip
            found.append(Arrivals(one, who, [None, *definition_of(one.version_id or 0).triggers][number % 3]))
        return found

    for _ in range(3):
        with play.open(), transaction.atomic():
            counts_alone = {
                one.journey.pk: enter(one.journey, one.entrants, trigger=one.trigger, now=play.now).counts
                for one in coming()
            }
            alone = _written()
            transaction.set_rollback(True)
        forget_versions()
        with play.open():
            counts = {pk: one.counts for pk, one in enter_all(coming(), now=play.now).items()}
            together = _written()

        assert counts == counts_alone
        for part, rows in together.items():
            assert rows == alone[part]
        play.later(days=2)

    reasons = {row[3] for row in together["refused"]}
    assert reasons >= {
        "ALREADY_IN",
        "ONCE_ONLY",
        "CONDITION",
        "HOLD_OUT",
        "MAX_ENROLLMENTS",
        "DAILY_CAP",
        "TOO_OLD",
    }


def test_who_is_refused_by_one_trigger_may_enter_by_the_next(play: Play) -> None:
    gold, city = _gold("membershipTier"), _gold("lastName")
    asked = [on_event(BOOKED, rule=city), on_event(BOOKED, rule=gold)]
    one = play.start(journey(wait("day"), triggers=asked, entry={"policy": "AFTER_EXIT"}))
    anna, ben = _people(play, "AB")

    _heard(play, [anna, ben])

    with play.open():
        assert [run.profile_id for run in Run.objects.filter(journey_id=one.pk)] == [ben.pk]


def test_a_journey_that_can_let_nobody_in_stops_no_other(play: Play) -> None:
    made = [_started(play, 2) for _ in range(5)]
    anna = person(play.tenant)
    with pytest.MonkeyPatch.context() as patch:
        real = enter_all

        def refuse(arrivals: list[Arrivals], **values: Any) -> Any:
            if any(one.journey.pk == made[2].pk for one in arrivals):
                raise ValueError("broken")
            return real(arrivals, **values)

        patch.setattr("journeys.listening.enter_all", refuse)
        _heard(play, [anna])

    with play.open():
        assert {run.journey_id for run in Run.objects.all()} == {one.pk for one in made} - {made[2].pk}
        assert [row.reason for row in EntryRefusal.objects.all()] == ["ENTRY_FAILED"]
