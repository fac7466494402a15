"""What is wrong with a definition, in words that say what would be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tenants.errors import UnprocessableError


class Weight(StrEnum):
    """Whether a problem stops the publication."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `step` is empty where it is about the journey; `code` is for programs."""

    code: str
    message: str
    step: str = ""
    weight: Weight = Weight.ERROR

    @property
    def is_error(self) -> bool:
        """Whether it stops the publication."""
        return self.weight is Weight.ERROR


class InvalidDefinition(UnprocessableError):
    """A definition that cannot be stored or published; `problems` say why."""

    code = "INVALID_JOURNEY"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems[0].message, details=told(problems))


def told(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as the details of a refusal."""
    return [
        {"field": problem.step or None, "code": problem.code, "message": problem.message}
        for problem in problems
    ]
