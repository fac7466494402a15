"""What journeys and tasks refuse."""

from collections.abc import Sequence

from journeys.definition.problems import Problem, told
from tenants.errors import ConflictError, ForbiddenError, NotFoundError


class JourneyNotFound(NotFoundError):
    """There is no such journey in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such journey.")


class TaskNotFound(NotFoundError):
    """There is no such task in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such task.")


class IllegalTransition(ConflictError):
    """A journey cannot go from one status to another."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(
            f"A journey that is {before} cannot become {after}.",
            code="INVALID_TRANSITION",
            extra={"from": before, "to": after},
        )


class NameTaken(ConflictError):
    """Another journey has the name."""

    def __init__(self) -> None:
        super().__init__("Another journey has this name already: choose another.", code="NAME_TAKEN")


class DraftNotReady(ConflictError):
    """The draft cannot be published or tried as it is; `problems` say why."""

    code = "INVALID_JOURNEY"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems, self.details = list(problems), told(problems)


class NothingToDo(ConflictError):
    """Nothing to undo, to redo, or to take back."""

    code = "NOTHING_TO_DO"


class ApprovalNeeded(ForbiddenError):
    """The club wants a second person."""

    def __init__(self) -> None:
        super().__init__(
            "This club wants a second person to approve: it was submitted; somebody else can publish it.",
            code="APPROVAL_NEEDED",
        )


class TrialNotFound(NotFoundError):
    """There is no such trial of this journey."""

    def __init__(self) -> None:
        super().__init__("There is no such trial.")


class SecretNotFound(NotFoundError):
    """There is no secret of this name."""

    def __init__(self) -> None:
        super().__init__("There is no such secret.")


class SecretNameTaken(ConflictError):
    """Another secret has the name."""

    def __init__(self) -> None:
        super().__init__("There is a secret of this name already.", code="NAME_TAKEN")


class SecretInUse(ConflictError):
    """A live journey signs with it."""

    def __init__(self, journeys: Sequence[str]) -> None:
        names = ", ".join(f"“{name}”" for name in journeys)
        super().__init__(
            f"Journeys sign with this secret: {names}. Change them first.",
            code="SECRET_IN_USE",
            extra={"usedBy": list(journeys)},
        )
