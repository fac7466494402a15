"""What is wrong with a rule tree, where, and what would be right."""

from dataclasses import dataclass

from tenants.errors import UnprocessableError


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `path` leads to it as in `rules[1].value`, an empty one means the tree as a whole."""

    path: str
    message: str


class InvalidRule(UnprocessableError):
    """The tree is no rule; `problems` are all mistakes that were found, `path` leads to the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.path = problems[0].path
        details = [{"field": each.path, "message": each.message} for each in problems]
        where = f"{self.path}: " if self.path else ""
        super().__init__(f"{where}{problems[0].message}", details=details, code="INVALID_RULE")


class Reject(Exception):
    """Raised inside the parser at the place of a mistake; collected into InvalidRule."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(path, message)
