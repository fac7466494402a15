"""Expected refusals: what a function of the domain raises when it says no.

They know nothing of HTTP or GraphQL; `tenants.api.errors` turns each into the envelope that callers see.
"""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """An act was refused. `code` is for programs, `message` for people, `extra` gives the particulars."""

    code = "CONFLICT"

    def __init__(
        self, message: str, *, code: str | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.extra = dict(extra or {})


class NotFoundError(DomainError):
    """There is no such thing here; also said of another tenant's things, so that nobody can probe."""

    code = "RESOURCE_NOT_FOUND"


class ConflictError(DomainError):
    """The act does not fit the present state, or collides with another."""


class InvalidError(DomainError):
    """The input cannot be used. `field` names the culprit, None means the input as a whole."""

    code = "VALIDATION_ERROR"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class UnprocessableError(DomainError):
    """The input can be read but makes no sense; `details` lists every field with its reason."""

    code = "VALIDATION_ERROR"

    def __init__(self, message: str, *, details: list[dict[str, Any]], code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.details = details


class ForbiddenError(DomainError):
    """The caller is known but may not do this."""

    code = "FORBIDDEN"


class UnauthenticatedError(DomainError):
    """The caller's credentials are missing or not accepted."""

    code = "AUTHENTICATION_REQUIRED"


class UnavailableError(DomainError):
    """Something that is needed is away for the moment; trying again later makes sense."""

    code = "SERVICE_UNAVAILABLE"
