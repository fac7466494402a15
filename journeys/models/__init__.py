"""Tables of journeys, by aggregate."""

from journeys.models.journey import (
    DraftRevision,
    Journey,
    JourneyDraft,
    JourneySecret,
    JourneyStatus,
    JourneyVersion,
)
from journeys.models.marks import Conversion, EntryRefusal, Holdout, ScoreLatch, TriggerMark
from journeys.models.moves import MoveAct, MovedRun, MovePlan
from journeys.models.runs import (
    RUN_STATUSES,
    EndedStatus,
    Hold,
    Run,
    RunData,
    RunEnded,
    RunStatus,
    StepCounter,
    StepLog,
    Subscription,
    WebhookCall,
)
from journeys.models.tasks import MorningMail, Outcome, Task, TaskSource, TaskStatus
from journeys.models.trials import Trial, TrialStatus

__all__ = [
    "RUN_STATUSES",
    "Conversion",
    "DraftRevision",
    "EndedStatus",
    "EntryRefusal",
    "Hold",
    "Holdout",
    "Journey",
    "JourneyDraft",
    "JourneySecret",
    "JourneyStatus",
    "JourneyVersion",
    "MorningMail",
    "MoveAct",
    "MovePlan",
    "MovedRun",
    "Outcome",
    "Run",
    "RunData",
    "RunEnded",
    "RunStatus",
    "ScoreLatch",
    "StepCounter",
    "StepLog",
    "Subscription",
    "Task",
    "TaskSource",
    "TaskStatus",
    "Trial",
    "TrialStatus",
    "TriggerMark",
    "WebhookCall",
]
