"""Rows of journeys for tests, and ways to violate each of their constraints."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from journeys.models import (
    Conversion,
    DraftRevision,
    EntryRefusal,
    Holdout,
    Journey,
    JourneyDraft,
    JourneySecret,
    JourneyVersion,
    MorningMail,
    MovedRun,
    MovePlan,
    Run,
    RunEnded,
    ScoreLatch,
    StepLog,
    Task,
    Trial,
    TriggerMark,
    WebhookCall,
)
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.constraints import Violation
from tests.journeys.playing import person

NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)
Make = Callable[..., Any]


def _row(model: Any, club: Club, values: dict[str, Any]) -> Any:
    with tenant_scope(club.tenant):
        return model.objects.create(tenant=club.tenant, **values)


def journey(club: Club, **values: Any) -> Journey:
    row: Journey = _row(Journey, club, {"name": uuid4().hex, **values})
    return row


def _of(model: Any, **defaults: Any) -> Make:
    """Makes rows of one journey (`journey_id`, else a new one)."""

    def make(club: Club, **values: Any) -> Any:
        if "journey_id" not in values:
            values["journey_id"] = journey(club).pk
        return _row(model, club, defaults | values)

    return make


def _alone(model: Any, **defaults: Any) -> Make:
    return lambda club, **values: _row(model, club, defaults | values)


def _somebody(model: Any, **defaults: Any) -> Make:
    """Makes rows about a customer of the club (`profile_id`, else a new one)."""

    def make(club: Club, **values: Any) -> Any:
        if "profile_id" not in values:
            values["profile_id"] = person(club.tenant, uuid4().hex[:8]).pk
        values.setdefault("origin_profile_id", values["profile_id"])
        return _row(model, club, defaults | values)

    return make


version = _of(JourneyVersion, number=1, definition={}, fingerprint="f")
draft = _of(JourneyDraft, definition={})
revision = _of(DraftRevision, number=1, definition={})
secret = _alone(JourneySecret, name="key", sealed="x")
ended = _of(
    RunEnded, id=1, version_id=1, profile_id=uuid4(), origin_profile_id=uuid4(), step="a", moves=1, entered_at=NOW,
    status="COMPLETED",
)  # fmt: skip
log = _alone(StepLog, run_id=1, move=0, version_id=1, step="a", outcome="next")
call = _alone(WebhookCall, run_id=1, move=0, version_id=1, step="a", due_at=NOW, give_up_at=NOW)
refusal = _of(EntryRefusal, profile_id=uuid4(), reason="CAP", cause="EVENT")
held_out = _of(Holdout, profile_id=uuid4())
conversion = _of(Conversion, subject="RUN", subject_id=1, profile_id=uuid4(), at=NOW)
latch = _of(ScoreLatch, profile_id=uuid4(), trigger=0, fired_at=NOW)
mark = _of(TriggerMark, occurrence="2026-06-01", outcome="DONE")
plan = _of(MovePlan, to_version_id=1)
moved = _alone(MovedRun, run_id=1, version_id=1, step="a", status="WAITING", moves=0)
trial = _of(Trial, definition={}, days=30)
task = _somebody(Task, title="Call", due_on=date(2026, 6, 1))


def run(club: Club, **values: Any) -> Run:
    values.setdefault("journey_id", journey(club).pk if "journey_id" not in values else None)
    made: Run = _somebody(Run, due_at=NOW, entered_at=NOW, version_id=1, step="a")(club, **values)
    return made


def mail(club: Club, **values: Any) -> MorningMail:
    made: MorningMail = _row(MorningMail, club, {"user": club.staff, **values})
    return made


def with_(make: Make, **values: Any) -> Violation:
    return lambda club: make(club, **values)


def twice(make: Make, **values: Any) -> Violation:
    """Two rows of one journey."""

    def violate(club: Club) -> object:
        parent = journey(club).pk
        make(club, journey_id=parent, **values)
        return make(club, journey_id=parent, **values)

    return violate


def alone_twice(make: Make, **values: Any) -> Violation:
    def violate(club: Club) -> object:
        make(club, **values)
        return make(club, **values)

    return violate


def of_nothing(make: Make) -> Violation:
    """A row of a journey that this club does not have."""
    return lambda club: make(club, journey_id=uuid4())


def of_nobody(make: Make) -> Violation:
    return lambda club: make(club, profile_id=uuid4())


def run_twice(club: Club) -> object:
    parent, who = journey(club).pk, person(club.tenant).pk
    run(club, journey_id=parent, profile_id=who, key="b1")
    return run(club, journey_id=parent, profile_id=who, key="b1", version_id=2)


def moved_twice(club: Club) -> object:
    parent: UUID = plan(club).pk
    moved(club, plan_id=parent)
    return moved(club, plan_id=parent)


VIOLATIONS: dict[str, list[Violation]] = {
    "journeys_journey_name_uq": [alone_twice(journey, name="Welcome")],
    "journeys_journey_name_ck": [with_(journey, name="")],
    "journeys_journey_status_ck": [with_(journey, status="ASLEEP")],
    "journeys_journey_version_ck": [with_(journey, status="ACTIVE"), with_(journey, status="PAUSED")],
    "journeys_journey_version_fk": [with_(journey, version_id=1_000_000_000)],
    "journeys_version_number_uq": [twice(version)],
    "journeys_version_number_ck": [with_(version, number=0)],
    "journeys_journeyversion_journey_fk": [of_nothing(version)],
    "journeys_draft_journey_uq": [twice(draft)],
    "journeys_journeydraft_journey_fk": [of_nothing(draft)],
    "journeys_draftrevision_number_uq": [twice(revision)],
    "journeys_draftrevision_journey_fk": [of_nothing(revision)],
    "journeys_secret_name_uq": [alone_twice(secret)],
    "journeys_run_status_ck": [with_(run, status="ASLEEP")],
    "journeys_run_due_ck": [with_(run, due_at=None)],
    "journeys_run_hold_ck": [with_(run, status="HELD"), with_(run, hold="FLOOD")],
    "journeys_run_live_uq": [run_twice],
    "journeys_run_journey_fk": [of_nothing(run)],
    "journeys_run_profile_fk": [of_nobody(run)],
    "journeys_runended_status_ck": [with_(ended, status="WAITING")],
    "journeys_runended_journey_fk": [of_nothing(ended)],
    "journeys_steplog_move_uq": [alone_twice(log)],
    "journeys_webhookcall_move_uq": [alone_twice(call)],
    "journeys_webhookcall_status_ck": [with_(call, status="LOST")],
    "journeys_entryrefusal_journey_fk": [of_nothing(refusal)],
    "journeys_holdout_person_uq": [twice(held_out)],
    "journeys_holdout_journey_fk": [of_nothing(held_out)],
    "journeys_conversion_subject_uq": [twice(conversion)],
    "journeys_conversion_subject_ck": [with_(conversion, subject="CAT")],
    "journeys_conversion_journey_fk": [of_nothing(conversion)],
    "journeys_scorelatch_person_uq": [twice(latch)],
    "journeys_scorelatch_journey_fk": [of_nothing(latch)],
    "journeys_triggermark_once_uq": [twice(mark)],
    "journeys_triggermark_journey_fk": [of_nothing(mark)],
    "journeys_moveplan_act_ck": [with_(plan, act="LOSE")],
    "journeys_moveplan_journey_fk": [of_nothing(plan)],
    "journeys_movedrun_run_uq": [moved_twice],
    "journeys_movedrun_plan_fk": [with_(moved, plan_id=uuid4())],
    "journeys_trial_status_ck": [with_(trial, status="LOST")],
    "journeys_trial_days_ck": [with_(trial, days=0), with_(trial, days=366)],
    "journeys_trial_result_ck": [with_(trial, status="DONE")],
    "journeys_trial_active_uq": [twice(trial), twice(trial, status="RUNNING")],
    "journeys_trial_journey_fk": [of_nothing(trial)],
    "journeys_task_title_ck": [with_(task, title="")],
    "journeys_task_source_ck": [with_(task, source="CAT")],
    "journeys_task_outcome_ck": [
        with_(task, outcome="CALLED"),
        with_(task, status="CLOSED"),
        with_(task, status="CLOSED", outcome="CALLED"),
    ],
    "journeys_task_source_uq": [alone_twice(task, source_key="1:a:0")],
    "journeys_task_profile_fk": [of_nobody(task)],
    "journeys_morningmail_user_uq": [alone_twice(mail)],
}
