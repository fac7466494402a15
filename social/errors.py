"""What this app refuses."""

from typing import Any

from tenants.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnavailableError


class ConnectionNotFound(NotFoundError):
    """No such account in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such connection.")


class PostNotFound(NotFoundError):
    """No such post in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such post.")


class MediaNotFound(NotFoundError):
    """No such file in this club's library."""

    def __init__(self) -> None:
        super().__init__("There is no such picture or video.")


class PromotionNotFound(NotFoundError):
    """No such promotion in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such promotion.")


class ConsentRefused(ConflictError):
    """The way through the network's consent page did not end in a connection; the message says why."""

    def __init__(self, message: str, code: str = "CONSENT_REFUSED") -> None:
        super().__init__(message, code=code)


class ConsentInvalid(ForbiddenError):
    """The answer of a network belongs to no consent that was begun here: another session, another club, or used."""

    def __init__(self) -> None:
        super().__init__(
            "This answer of the network belongs to no connection that was begun here. Begin again.",
            code="CONSENT_INVALID",
        )


class IllegalMove(ConflictError):
    """A post cannot go from its state to that one."""

    def __init__(self, what: str, before: str, after: str) -> None:
        super().__init__(f"A {what} that is {before} cannot become {after}.", code="ILLEGAL_STATE")


class PostUnfit(InvalidError):
    """The post cannot be published as it is; `problems` says what each network would refuse."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(problems[0]["message"], code="POST_UNFIT")
        self.extra = {"problems": problems}


class NetworkAway(UnavailableError):
    """The network gave no useful answer."""

    def __init__(self, message: str = "The network does not answer now. Try again in a minute.") -> None:
        super().__init__(message)
