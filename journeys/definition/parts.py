"""What steps and triggers share: the base class, small value types, conditions on a payload."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

LONGEST_TEXT: Final = 20_000
MOST_CONDITIONS: Final = 20
# One wait; a journey may last as long as it likes.
ELAPSED_LIMIT_DAYS: Final = 400

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"\S")]
StepId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,99}$")]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
# A tree of the rule language of segments; its own parser checks it.
RuleTree = dict[str, Any]


class Part(BaseModel):
    """Base of everything in a definition: immutable, camelCase in JSON, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        str_max_length=LONGEST_TEXT,
    )


class Unit(StrEnum):
    """Minutes and hours elapse; days and longer are steps of the calendar on the wall clock."""

    MINUTES = "MINUTES"
    HOURS = "HOURS"
    DAYS = "DAYS"
    WEEKS = "WEEKS"
    MONTHS = "MONTHS"


DAYS: Final = {Unit.MINUTES: 1 / 1440, Unit.HOURS: 1 / 24, Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30}


class Length(Part):
    """A length of time."""

    amount: int = Field(ge=0, le=100_000)
    unit: Unit

    @property
    def days(self) -> float:
        """About how many days it is."""
        return self.amount * DAYS[self.unit]

    @property
    def words(self) -> str:
        """As in 3 days."""
        unit = self.unit.lower()
        return f"{self.amount} {unit[:-1] if self.amount == 1 else unit}"


class Operator(StrEnum):
    """How a value of a payload is compared."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    CONTAINS = "contains"
    EXISTS = "exists"


class PayloadCondition(Part):
    """One comparison with what an event brought."""

    path: Path
    operator: Operator = Operator.EQ
    value: str | int | float | bool | list[str | int | float] | None = None


Where = Annotated[tuple[PayloadCondition, ...], Field(max_length=MOST_CONDITIONS)]


class Channel(StrEnum):
    """By which way a message goes."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    PUSH = "PUSH"
    WHATSAPP = "WHATSAPP"


class IfPast(StrEnum):
    """What happens where the moment to wait for has passed, or is not known."""

    SKIP_TO_NEXT_WAIT = "SKIP_TO_NEXT_WAIT"
    CONTINUE = "CONTINUE"
    EXIT = "EXIT"


class Duration(Part):
    """Wait a length of time."""

    mode: Literal["DURATION"] = "DURATION"
    amount: int = Field(ge=1, le=100_000)
    unit: Unit

    @property
    def length(self) -> Length:
        """As a length."""
        return Length(amount=self.amount, unit=self.unit)


class UntilTime(Part):
    """Wait until an hour of the wall clock, on some weekdays (1 = Monday)."""

    mode: Literal["TIME"] = "TIME"
    at: LocalTime
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = ()


class UntilDate(Part):
    """Wait until a date of the person (`membershipExpiry`) or of the event (`event.teeTime`), with an offset."""

    mode: Literal["DATE"] = "DATE"
    field: Path
    offset: int = Field(default=0, ge=-400, le=400)
    unit: Unit = Unit.DAYS
    at: LocalTime | None = None
    yearly: bool = False
    if_past: IfPast = IfPast.SKIP_TO_NEXT_WAIT
    if_missing: IfPast = IfPast.SKIP_TO_NEXT_WAIT

    @property
    def is_of_event(self) -> bool:
        """Whether the date is one of the event that started the run."""
        return self.field.startswith("event.")


Until = Annotated[Duration | UntilTime | UntilDate, Field(discriminator="mode")]
