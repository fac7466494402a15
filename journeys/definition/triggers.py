"""How people come in and go out: triggers, entry policy, exits, goal."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from journeys.definition.parts import LocalTime, Part, Path, RuleTree, Where


class TriggerBase(Part):
    """What every trigger has: a condition on the person."""

    rule: RuleTree | None = Field(default=None, title="Only people who")


class EventTrigger(TriggerBase):
    """An event of the catalogue, or a kind of activity. `key`: the part of it that names the business object."""

    kind: Literal["EVENT"] = "EVENT"
    event: str = Field(min_length=1, max_length=100, title="Event")
    where: Where = ()
    key: Path | None = Field(
        default=None, title="One run for each", description="As in bookingId; empty: a person."
    )


class Change(StrEnum):
    """Into a segment, or out of it."""

    JOINED = "JOINED"
    LEFT = "LEFT"


class SegmentTrigger(TriggerBase):
    """A transition, not a state. `on_merge`: joins that a merge brought count too."""

    kind: Literal["SEGMENT"] = "SEGMENT"
    segment: str = Field(min_length=1, max_length=60, title="Segment")
    change: Change = Change.JOINED
    on_merge: bool = False
    include_members: bool = Field(default=False, title="At activation also those who are in now")


class Score(StrEnum):
    """Which score."""

    ENGAGEMENT = "ENGAGEMENT"
    CHURN = "CHURN"


class Direction(StrEnum):
    """Which way a level is crossed."""

    UP = "UP"
    DOWN = "DOWN"


class ScoreTrigger(TriggerBase):
    """A level is crossed between two stored scores; again only after `rearm` was passed and `min_gap_days` went by."""

    kind: Literal["SCORE"] = "SCORE"
    score: Score
    direction: Direction = Direction.UP
    level: int = Field(ge=0, le=100)
    rearm: int = Field(ge=0, le=100)
    min_gap_days: int = Field(default=30, ge=0, le=400)


class LeapDay(StrEnum):
    """When 29 February is kept in a common year."""

    FEBRUARY_28 = "FEBRUARY_28"
    MARCH_1 = "MARCH_1"


class DateTrigger(TriggerBase):
    """A date of the person with an offset in days, at an hour of the club's clock."""

    kind: Literal["DATE"] = "DATE"
    field: Path
    offset_days: int = Field(default=0, ge=-400, le=400)
    at: LocalTime = "09:00"
    yearly: bool = True
    leap_day: LeapDay = LeapDay.FEBRUARY_28

    @property
    def comes_yearly(self) -> bool:
        """Whether it has anniversaries; a renewal is a day of its own."""
        return self.yearly and self.field != "membershipExpiry"


class ScheduleTrigger(TriggerBase):
    """A schedule (cron, on the club's clock) over a segment."""

    kind: Literal["SCHEDULE"] = "SCHEDULE"
    cron: str = Field(min_length=9, max_length=100)
    segment: str = Field(min_length=1, max_length=60)


class ManualTrigger(TriggerBase):
    """Staff, a list, or the API."""

    kind: Literal["MANUAL"] = "MANUAL"


Trigger = Annotated[
    EventTrigger | SegmentTrigger | ScoreTrigger | DateTrigger | ScheduleTrigger | ManualTrigger,
    Field(discriminator="kind"),
]
TRIGGER_CLASSES: tuple[type[TriggerBase], ...] = (
    EventTrigger, SegmentTrigger, ScoreTrigger, DateTrigger, ScheduleTrigger, ManualTrigger,
)  # fmt: skip


class Policy(StrEnum):
    """Whether somebody may enter again."""

    ONCE = "ONCE"
    ONCE_PER_KEY = "ONCE_PER_KEY"
    AFTER_EXIT = "AFTER_EXIT"
    AFTER_DAYS = "AFTER_DAYS"


class Entry(Part):
    """Who may enter, and how often."""

    policy: Policy = Policy.ONCE
    days: int = Field(default=30, ge=1, le=4000)
    max_enrollments: int | None = Field(default=None, ge=1)
    daily_cap: int | None = Field(default=None, ge=1)
    holdout_percent: int = Field(default=0, ge=0, le=90)
    max_age_hours: int = Field(default=24, ge=1, le=720)


class EventExit(Part):
    """Leave when something happens. `same_key`: only one with the business key of the run."""

    kind: Literal["EVENT"] = "EVENT"
    event: str = Field(min_length=1, max_length=100)
    where: Where = ()
    same_key: bool = False
    reason: str = Field(default="", max_length=60)


class SegmentExit(Part):
    """Leave with a segment."""

    kind: Literal["SEGMENT"] = "SEGMENT"
    segment: str
    change: Change = Change.LEFT


ExitRule = Annotated[EventExit | SegmentExit, Field(discriminator="kind")]


class ExitMode(StrEnum):
    """When the goal or the entry condition ends a run."""

    CONVERTS = "CONVERTS"
    STOPS_MATCHING = "STOPS_MATCHING"
    EITHER = "EITHER"
    NEITHER = "NEITHER"


class GoalRule(Part):
    """What the journey is for: an event, counted until so many days after the end of a run."""

    event: str = Field(min_length=1, max_length=100)
    where: Where = ()
    same_key: bool = False
    window_days: int = Field(default=30, ge=0, le=90)
