"""Why somebody is where they are in a journey, and why somebody is not in it: from what was stored then."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from journeys.definition.registry import STEPS
from journeys.definition.vocabulary import event_words
from journeys.describing import rule_words, trigger_words
from journeys.drafts import live_version
from journeys.engine.conditions import decide
from journeys.models import EntryRefusal, Holdout, Journey, Run, RunData, RunEnded, StepLog
from journeys.versions import definition_of
from journeys.world import segment_names
from messaging.models import CHANNEL_WORDS
from profiles.models import CustomerProfile
from profiles.reading import get_customer
from tenants.models import Tenant

REASONS: Final[Mapping[str, str]] = {
    "ALREADY_IN": "Was in the journey already",
    "ONCE_ONLY": "Had been in the journey before, and it is for once only",
    "ONCE_PER_KEY": "Had been in the journey for the same booking or object",
    "TOO_SOON": "Had been in the journey too short a time ago",
    "CONDITION": "Did not fulfil the condition",
    "HOLD_OUT": "Is in the hold-out, to compare with",
    "DAILY_CAP": "The day's limit of entries was reached",
    "MAX_ENROLLMENTS": "The journey's limit of entries was reached",
    "TOO_OLD": "What happened was told too late",
    "RESTRICTED": "The use of the person's data is restricted",
    "ERASED": "The person was erased",
    "PAUSED": "The journey was paused, and dropped entries",
    "ARCHIVED": "The journey was archived",
    "DRAFT": "The journey had not been started",
    "ENTRY_FAILED": "The journey could not be asked",
    "ALREADY_OVER": "What ends the journey had happened already",
    "MERGE_JOIN_IGNORED": "Joined the segment by a merge only",
    "NEVER_TRIGGERED": "What starts the journey has not happened to the person since it began",
    "CONSENT": "no consent",
    "NO_ADDRESS": "no address",
    "CAP": "had enough messages already",
    "QUIET_HOURS": "quiet hours",
    "BOUNCE": "the address does not exist",
    "COMPLAINT": "complained before",
    "SAME_MAILBOX": "somebody with the same mailbox got it",
    "EXPIRED": "it would have come too late",
    "PAST": "its moment had passed",
    "LATE": "it would have come too late after an outage",
    "MISSING": "the date is not known",
    "CIRCLE": "Came round in a circle of journeys",
    "NO_JOURNEY": "There is no such journey any more",
    "DATE_MOVED": "the date moved, and they enter again when it comes",
    "LEFT_JOURNEY": "left the journey first",
    "GOAL_REACHED": "reached the goal",
    "UNREACHABLE": "no message ahead could reach the person",
    "STOPPED_MATCHING": "no longer fulfilled the condition",
    "SEGMENT_LEFT": "left the segment",
    "SEGMENT_JOINED": "joined a segment",
    "STEP_FAILED": "a step failed",
    "TOO_MANY_VISITS": "came to the same step fifty times",
    "WENT_ROUND": "came round to a wait at which there was nothing to wait for",
    "BY_HAND": "taken out by a colleague",
    "JOURNEY_CHANGED": "the journey was changed",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "PLANNED": "message planned",
    "SKIPPED": "message skipped",
    "WAITED": "waited",
    "yes": "yes",
    "no": "no",
    "happened": "it happened",
    "timeout": "it did not happen in time",
    "UPDATED": "customer updated",
    "TASK_MADE": "task made",
    "ENROLLED": "started another journey",
    "NOT_ENROLLED": "did not start another journey",
    "ANSWERED": "the other system answered",
    "NOT_CALLED": "the other system is not asked in a trial",
    "FAILED_CALL": "the other system did not answer",
    "GOAL": "goal noted",
    "EXITED": "left",
    "FAILED": "failed",
    "WENT_ROUND": "came round, and there was nothing to wait for",
    "PAST": "the moment had passed",
    "MISSING": "the date is not known",
}


def in_words(reason: str) -> str:
    """A reason as staff read it."""
    return REASONS.get(reason, reason.replace("_", " ").lower())


def runs_of(profile_id: UUID, journey_id: UUID | None = None) -> list[Run | RunEnded]:
    """Live and ended runs of somebody, the newest first."""
    live: QuerySet[Run] = Run.objects.filter(profile_id=profile_id)
    ended: QuerySet[RunEnded] = RunEnded.objects.filter(profile_id=profile_id)
    if journey_id is not None:
        live, ended = live.filter(journey_id=journey_id), ended.filter(journey_id=journey_id)
    return sorted([*live, *ended[:200]], key=lambda run: (run.entered_at, run.pk), reverse=True)


def run_json(run: Run | RunEnded) -> dict[str, Any]:
    """As in the API; its status is one of RUN_STATUSES."""
    is_live = isinstance(run, Run)
    status = run.status
    if isinstance(run, Run):
        status = "ACTIVE" if run.arrived_at is None and run.status == "WAITING" else run.status
    return {
        "id": run.pk,
        "journeyId": run.journey_id,
        "versionId": run.version_id,
        "customerId": run.profile_id,
        "key": run.key or None,
        "status": status,
        "reason": (run.hold if isinstance(run, Run) else run.reason) or None,
        "step": run.step,
        "dueAt": run.due_at if isinstance(run, Run) else None,
        "enteredAt": run.entered_at,
        "endedAt": None if is_live or isinstance(run, Run) else run.ended_at,
    }


def find_run(run_id: int) -> Run | RunEnded | None:
    """A run by its id, live or ended."""
    live: Run | None = Run.objects.filter(pk=run_id).first()
    ended: RunEnded | None = None if live else RunEnded.objects.filter(pk=run_id).first()
    return live or ended


def story(run: Run | RunEnded) -> list[dict[str, Any]]:
    """Every step with its time, its outcome and the reason, in words; the first line says why they entered."""
    data = RunData.objects.filter(run_id=run.pk).first()
    cause = data.cause if data else ""
    lines = [{"at": run.entered_at, "step": "", "title": "Entered", "words": entry_words(cause, data)}]
    for row in StepLog.objects.filter(run_id=run.pk).order_by("move"):
        step = definition_of(row.version_id).by_id.get(row.step)
        lines.append(
            {
                "at": row.at,
                "step": row.step,
                "title": (step.name or STEPS[step.kind].title) if step else row.step,
                "words": outcome_words(row.outcome, row.detail),
                "outcome": row.outcome,
                "detail": row.detail,
            }
        )
    if isinstance(run, RunEnded):
        words = "Reached the end" if run.status == "COMPLETED" else f"Left: {in_words(run.reason)}"
        lines.append({"at": run.ended_at, "step": "", "title": words, "words": "", "outcome": run.status})
    return lines


def entry_words(cause: str, data: RunData | None) -> str:
    """Why somebody entered."""
    if cause == "EVENT" and data is not None:
        return f"because: {event_words(data.event_type).lower()}"
    if cause == "SCORE" and data is not None:
        return f"because a score went from {data.data.get('before')} to {data.data.get('after')}"
    if cause == "DATE" and data is not None:
        return f"because of the date {data.data.get('date')}"
    return {
        "SEGMENT": "because of a segment",
        "SCHEDULE": "on schedule",
        "JOURNEY": "from another journey",
    }.get(cause, "by hand")


def outcome_words(outcome: str, detail: Mapping[str, Any] | None) -> str:
    """What a step did, with the reason."""
    words = OUTCOMES.get(outcome, outcome)
    detail = detail or {}
    if "part" in detail and isinstance(detail["part"], dict):
        part = detail["part"]
        asked = _asked(part)
        value = detail.get("value")
        return f"{words}: {asked}" + (f" (it was {value})" if value is not None else "")
    if detail.get("reason"):
        return f"{words}: {in_words(str(detail['reason']))}"
    if detail.get("note"):
        return f"{words}: {detail['note']}"
    if detail.get("error"):
        return f"{words}: {detail['error']}"
    channel = detail.get("channel")
    return f"{words} by {CHANNEL_WORDS.get(channel, str(channel).lower())}" if channel else words


def _asked(part: Mapping[str, Any]) -> str:
    """The part of a condition that decided, in words."""
    if "path" in part:
        return str(part["path"])
    return rule_words({"combinator": "AND", "rules": [part]}, segment_names() if "segment" in part else {})


def explain(journey: Journey, profile_id: UUID) -> dict[str, Any]:
    """In it: the story. Not in it: the first reason, with the values of that moment.

    Of whoever was merged it tells about the survivor. Raises CustomerNotFound.
    """
    profile_id = get_customer(profile_id).pk
    runs = runs_of(profile_id, journey.pk)
    if runs:
        return {
            "isIn": isinstance(runs[0], Run),
            "run": run_json(runs[0]),
            "story": story(runs[0]),
            "whyNot": None,
        }
    return {"isIn": False, "run": None, "story": [], "whyNot": why_not(journey, profile_id)}


def why_not(journey: Journey, profile_id: UUID) -> dict[str, Any]:
    """The first reason for which somebody never was in a journey."""
    held = Holdout.objects.filter(journey_id=journey.pk, profile_id=profile_id).first()
    if held is not None:
        return _because("HOLD_OUT", held.at, None)
    refusal = (
        EntryRefusal.objects.filter(journey_id=journey.pk, profile_id=profile_id)
        .order_by("-at", "-pk")
        .first()
    )
    if refusal is not None:
        return _because(refusal.reason, refusal.at, refusal.detail)
    if live_version(journey) is None:
        return _because("DRAFT", None, None)
    return _because("NEVER_TRIGGERED", journey.activated_at, None)


def _because(reason: str, at: datetime | None, detail: Mapping[str, Any] | None) -> dict[str, Any]:
    words = in_words(reason)
    if detail and isinstance(detail.get("part"), dict):
        words += f": {_asked(detail['part'])}"
        words += f" (it was {detail['value']})" if detail.get("value") is not None else ""
    return {"reason": reason, "words": words, "at": at, "detail": detail}


def now_for(journey: Journey, profile: CustomerProfile) -> list[dict[str, Any]]:
    """Each start of what runs, in words, and whether the person would pass its condition now, with the value."""
    version = live_version(journey)
    if version is None:
        return []
    names, tenant = segment_names(), Tenant.objects.get(pk=journey.tenant_id)
    rows = []
    for trigger in definition_of(version.pk).triggers:
        row: dict[str, Any] = {"words": trigger_words(trigger, names), "passes": True, "because": ""}
        if trigger.rule is not None:
            decided = decide(trigger.rule, tenant, timezone.now())
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {decided.place}, {decided.value} FROM profiles_customerprofile AS p"
                    " WHERE p.tenant_id = %(tenant)s AND p.id = %(profile)s",
                    {"tenant": tenant.pk, "profile": profile.pk, **decided.params},
                )
                [place, value] = cursor.fetchone() or [-1, None]
            row["passes"] = (place == -1) == decided.holds_by_default
            if place >= 0 and not row["passes"]:
                known = "" if value is None else f" (it is {value})"
                row["because"] = f"{_asked(decided.parts[place])}{known}"
        rows.append(row)
    return rows
