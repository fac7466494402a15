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
from journeys.models.moves import MovedRun, MovePlan
from journeys.models.runs import (
    EndedStatus,
    Hold,
    Run,
    RunData,
    RunEnded,
    RunStatus,
    StepLog,
    StepTally,
    Subscription,
    WebhookCall,
)
from journeys.models.tasks import Outcome, Task, TaskSource, TaskStatus

__all__ = [
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
    "MovePlan",
    "MovedRun",
    "Outcome",
    "Run",
    "RunData",
    "RunEnded",
    "RunStatus",
    "ScoreLatch",
    "StepLog",
    "StepTally",
    "Subscription",
    "Task",
    "TaskSource",
    "TaskStatus",
    "TriggerMark",
    "WebhookCall",
]
