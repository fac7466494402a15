"""Refusals of campaigns."""

from typing import Final

from tenants.errors import ConflictError, NotFoundError

ILLEGAL_STATE: Final = "ILLEGAL_STATE"


class CampaignNotFound(NotFoundError):
    """There is no such campaign in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such campaign.")


class IllegalMove(ConflictError):
    """The campaign is not in a state from which this is possible; both states are named."""

    def __init__(self, present: str, wanted: str, message: str = "") -> None:
        super().__init__(
            message or f"A campaign that is {present} cannot become {wanted}.",
            code=ILLEGAL_STATE,
            extra={"from": present, "to": wanted},
        )


class NotADraft(ConflictError):
    """Only a draft may change audience, content or time."""

    def __init__(self, present: str) -> None:
        super().__init__(
            f"Only a draft can be changed; this campaign is {present}. Take it back to a draft first.",
            code=ILLEGAL_STATE,
            extra={"from": present, "to": "DRAFT"},
        )


class NotRecurring(ConflictError):
    """A campaign that is sent once, or by an event, has no rhythm."""

    def __init__(self) -> None:
        super().__init__(
            "This campaign does not repeat, so it has no rhythm to change.", code="NOT_RECURRING"
        )


class NotReady(ConflictError):
    """Something is missing before the campaign can be sent; `problems` lists all of it."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(
            "It cannot be scheduled yet: " + " ".join(problem["message"] for problem in problems),
            code="NOT_READY",
            extra={"problems": problems},
        )
        self.details = problems


class NeedsApproval(ConflictError):
    """The club wants a second person to agree, and none did to this version."""

    def __init__(self) -> None:
        super().__init__(
            "This club wants a second person to approve a campaign before it is scheduled.",
            code="NEEDS_APPROVAL",
        )


class OwnApproval(ConflictError):
    """Who made or changed it may not approve it."""

    def __init__(self) -> None:
        super().__init__("Somebody else must approve this campaign.", code="OWN_APPROVAL")


class ChangedMeanwhile(ConflictError):
    """What was looked at is not what stands there now."""

    def __init__(self) -> None:
        super().__init__(
            "It was changed since you opened it. Look at it once more, then approve it.",
            code="CHANGED_MEANWHILE",
        )
