"""The kinds of steps: one class each. `outlets` are the ways that lead out of a step; all but `optional` must be said.

A way that leads to nothing (null) ends the run as COMPLETED.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from journeys.definition.parts import (
    Channel,
    Length,
    Name,
    Part,
    Path,
    RuleTree,
    StepId,
    Until,
    Where,
)

NEXT = "next"


class StepBase(Part):
    """What every step has."""

    id: StepId
    name: str = Field(
        default="", max_length=120, title="Name", description="What colleagues read on the picture."
    )
    ways: dict[str, StepId | None] = Field(default_factory=dict)

    optional: ClassVar[tuple[str, ...]] = ()
    waits: ClassVar[bool] = False

    @property
    def outlets(self) -> tuple[str, ...]:
        """The names of the ways out, in the order in which they are drawn."""
        return (NEXT,)

    def way(self, name: str) -> str | None:
        """Where a way leads; None: to the end."""
        return self.ways.get(name)


class OnQuiet(StrEnum):
    """What becomes of a message in quiet hours."""

    DEFER = "DEFER"
    SKIP = "SKIP"


class MessageClass(StrEnum):
    """Marketing needs consent; a service message is about something the person did."""

    MARKETING = "MARKETING"
    TRANSACTIONAL = "TRANSACTIONAL"


class Send(StepBase):
    """Send a message."""

    kind: Literal["SEND"] = "SEND"
    channels: tuple[Channel, ...] = Field(
        default=(Channel.EMAIL,),
        min_length=1,
        title="Channels",
        description="The first that the person allows is used.",
    )
    template: str = Field(
        default="", max_length=200, title="Template", description="Of Messaging; or write below."
    )
    subject: str = Field(default="", max_length=300, title="Subject")
    text: str = Field(
        default="",
        max_length=20_000,
        title="Text",
        description="Liquid: {{ profile.firstName }}, {{ event.teeTime }}, {{ club.name }}, {{ run.enteredAt }}.",
    )
    message_class: MessageClass = Field(default=MessageClass.MARKETING, title="Kind of message")
    on_quiet: OnQuiet = Field(default=OnQuiet.DEFER, title="In quiet hours")
    on_cap: OnQuiet = Field(default=OnQuiet.SKIP, title="When the person had enough messages")
    expires_after_hours: int = Field(default=24, ge=1, le=720, title="Too late after (hours)")
    optional: ClassVar[tuple[str, ...]] = ("skipped",)

    @property
    def outlets(self) -> tuple[str, ...]:
        """`skipped` only where it was chosen: else whoever is skipped goes on."""
        return (NEXT, "skipped") if "skipped" in self.ways else (NEXT,)


class Wait(StepBase):
    """Wait for a time."""

    kind: Literal["WAIT"] = "WAIT"
    until: Until
    waits: ClassVar[bool] = True


class Since(StrEnum):
    """From when on an event counts."""

    ARRIVAL = "ARRIVAL"
    ENTRY = "ENTRY"


class AwaitedEvent(Part):
    """The event for which a run waits. `same_key`: only one with the business key of the run."""

    event: str = Field(min_length=1, max_length=100, title="Event")
    where: Where = ()
    same_key: bool = False


class WaitUntil(StepBase):
    """Wait until something happens, or a time has passed."""

    kind: Literal["WAIT_UNTIL"] = "WAIT_UNTIL"
    event: AwaitedEvent | None = None
    condition: RuleTree | None = None
    timeout: Length
    since: Since = Since.ARRIVAL
    waits: ClassVar[bool] = True

    @property
    def outlets(self) -> tuple[str, ...]:
        """It happened, or not in time."""
        return ("happened", "timeout")


class Did(StrEnum):
    """What a person may have done with a message of this run."""

    DELIVERED = "DELIVERED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"


class MessageDid(Part):
    """What became of the message of a step of this run."""

    step: StepId
    did: Did = Did.OPENED


class Condition(StepBase):
    """Ask, and go one way or the other. All that is given must hold."""

    kind: Literal["CONDITION"] = "CONDITION"
    rule: RuleTree | None = None
    where: Where = ()
    message: MessageDid | None = None

    @property
    def outlets(self) -> tuple[str, ...]:
        """Yes or no."""
        return ("yes", "no")


class Branch(Part):
    """One way of a split."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,19}$")]
    name: Name
    weight: int = Field(ge=0, le=10_000)
    is_holdout: bool = False


class Winner(Part):
    """The best way takes all new people once enough arrived and one is better beyond doubt."""

    fewest: int = Field(default=200, ge=20, title="People a way before it is judged")
    certainty: float = Field(default=0.95, ge=0.8, le=0.999)


class Split(StepBase):
    """Divide people by chance; the same person always goes the same way."""

    kind: Literal["SPLIT"] = "SPLIT"
    branches: tuple[Branch, ...] = Field(min_length=2, max_length=10)
    winner: Winner | None = None

    @property
    def outlets(self) -> tuple[str, ...]:
        """One for each branch."""
        return tuple(branch.id for branch in self.branches)


class Update(StepBase):
    """Change what is known of the person."""

    kind: Literal["UPDATE"] = "UPDATE"
    add_tags: tuple[Name, ...] = Field(default=(), title="Add tags")
    remove_tags: tuple[Name, ...] = Field(default=(), title="Remove tags")
    stage: str | None = Field(default=None, title="Stage")
    add_to: tuple[str, ...] = Field(default=(), title="Put into segments")
    take_from: tuple[str, ...] = Field(default=(), title="Take out of segments")


class Webhook(StepBase):
    """Ask another system; parts of its JSON answer become variables of the run."""

    kind: Literal["WEBHOOK"] = "WEBHOOK"
    url: str = Field(min_length=1, max_length=2000, title="Address")
    secret: str = Field(
        default="", max_length=60, title="Secret", description="The name of one, never the secret."
    )
    body: str = Field(
        default="", max_length=4000, title="Body", description="JSON with Liquid; empty: the run."
    )
    retry_for_hours: int = Field(default=4, ge=0, le=24, title="Retry for (hours)")
    save: dict[Path, Path] = Field(default_factory=dict, title="Keep of the answer", max_length=20)
    optional: ClassVar[tuple[str, ...]] = ("failed",)
    waits: ClassVar[bool] = False

    @property
    def outlets(self) -> tuple[str, ...]:
        """`failed` only where it was chosen: else the run goes on."""
        return (NEXT, "failed") if "failed" in self.ways else (NEXT,)


class Notify(StepBase):
    """Give a colleague a task."""

    kind: Literal["NOTIFY"] = "NOTIFY"
    title: str = Field(min_length=1, max_length=200, title="What to do")
    reason: str = Field(default="", max_length=1000, title="Why")
    owner: str = Field(
        default="", max_length=150, title="Owner", description="A user name; empty: nobody yet."
    )
    due_in_days: int = Field(default=0, ge=0, le=90, title="Due in (days)")


class Enrol(StepBase):
    """Let the person enter another journey."""

    kind: Literal["ENROL"] = "ENROL"
    journey: str = Field(min_length=1, max_length=60, title="Journey")


class Goal(StepBase):
    """Note that the goal was reached."""

    kind: Literal["GOAL"] = "GOAL"


class Exit(StepBase):
    """Leave the journey."""

    kind: Literal["EXIT"] = "EXIT"
    reason: str = Field(default="", max_length=60, title="Reason")

    @property
    def outlets(self) -> tuple[str, ...]:
        """None."""
        return ()


Step = Annotated[
    Send | Wait | WaitUntil | Condition | Split | Update | Webhook | Notify | Enrol | Goal | Exit,
    Field(discriminator="kind"),
]
STEP_CLASSES: tuple[type[StepBase], ...] = (
    Send, Wait, WaitUntil, Condition, Split, Update, Webhook, Notify, Enrol, Goal, Exit,
)  # fmt: skip


def title(step: StepBase) -> str:
    """How a step is named in messages: its name, else its id, in quotes."""
    return f"“{step.name or step.id}”"
