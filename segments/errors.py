"""Refusals of this app, each with a code for callers and words for people."""

from collections.abc import Sequence

from tenants.errors import ConflictError, InvalidError, NotFoundError


class SegmentNotFound(NotFoundError):
    """No such segment in this tenant."""

    def __init__(self) -> None:
        super().__init__("There is no such segment.")


class NameTaken(ConflictError):
    """Another segment has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a segment called {name!r} already: choose another name.", code="NAME_TAKEN"
        )


class InCircle(ConflictError):
    """A segment would ask, through others, for itself."""

    def __init__(self, names: Sequence[str]) -> None:
        chain = " → ".join(names)
        super().__init__(f"The segments would ask for each other in a circle: {chain}.", code="SEGMENT_CYCLE")


class InUse(ConflictError):
    """Something still needs the segment."""

    def __init__(self, users: Sequence[str]) -> None:
        super().__init__(
            f"The segment is in use by {', '.join(users)}: change that first.",
            code="SEGMENT_IN_USE",
            extra={"usedBy": list(users)},
        )


class UnknownSegments(InvalidError):
    """A rule names segments that do not exist."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(
            f"The rule names segments that do not exist: {', '.join(ids)}.",
            field="criteria",
            code="INVALID_RULE",
        )


class NotAList(ConflictError):
    """The members follow a rule and cannot be put in by hand."""

    def __init__(self) -> None:
        super().__init__(
            "The members of this segment follow its rule: change the rule, or copy it to a fixed list.",
            code="NOT_A_LIST",
        )


class NoRule(ConflictError):
    """A fixed list has nothing to be compared with."""

    def __init__(self) -> None:
        super().__init__("A fixed list has no rule to compare anybody with.", code="NO_RULE")
