"""Every kind of step and trigger once: its name, icon and help, for the builder, the checks and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from journeys.definition.steps import STEP_CLASSES, StepBase
from journeys.definition.triggers import TRIGGER_CLASSES, TriggerBase


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as staff know it."""

    name: str
    title: str
    icon: str
    help: str
    model: type[StepBase] | type[TriggerBase]

    @property
    def fields(self) -> list[dict[str, Any]]:
        """Name (as in JSON), title, help and whether it must be given, of each field."""
        return [
            {
                "name": info.alias or name,
                "title": info.title or name.replace("_", " ").capitalize(),
                "help": info.description or "",
                "required": info.is_required(),
            }
            for name, info in self.model.model_fields.items()
            if name not in ("id", "kind", "ways")
        ]


_WORDS: Final = {
    "SEND": ("Send a message", "mail", "Consent, caps and quiet hours decide; who is skipped goes on."),
    "WAIT": ("Wait", "hourglass_empty", "For a time, until an hour, or until a date of the person or the event."),
    "WAIT_UNTIL": ("Wait for something", "notifications", "Until it happens, or a time has passed."),
    "CONDITION": ("Ask", "help", "Yes or no, asked when somebody arrives, never earlier."),
    "SPLIT": ("Split", "call_split", "By chance; the same person always goes the same way."),
    "UPDATE": ("Update the customer", "sell", "Tags, stage, static segments."),
    "WEBHOOK": ("Call another system", "webhook", "Signed and retried; parts of the answer can be used later."),
    "NOTIFY": ("Give a colleague a task", "task_alt", "As in: call her today, with the reason."),
    "ENROL": ("Start another journey", "alt_route", "By the entry rules of that journey."),
    "GOAL": ("Goal reached", "flag", "Counts as a conversion."),
    "EXIT": ("Leave", "logout", "Ends the journey for the person."),
    "EVENT": ("Something happens", "bolt", "An event of a service, or an activity."),
    "SEGMENT": ("Joins or leaves a segment", "group", "The transition counts, not being in."),
    "SCORE": ("A score crosses a level", "trending_up", "Once per crossing; again only after the other level."),
    "DATE": ("A date comes", "event", "Birthday, anniversary, renewal, some days before or after."),
    "SCHEDULE": ("At fixed times", "schedule", "For everybody in a segment."),
    "MANUAL": ("By hand", "touch_app", "One person, a segment, a list, or the API."),
}  # fmt: skip


def _kinds(models: tuple[type[Any], ...]) -> Mapping[str, Kind]:
    kinds = {}
    for model in models:
        name = model.model_fields["kind"].default
        kinds[name] = Kind(name, *_WORDS[name], model)
    return kinds


STEPS: Final[Mapping[str, Kind]] = _kinds(STEP_CLASSES)
TRIGGERS: Final[Mapping[str, Kind]] = _kinds(TRIGGER_CLASSES)
