"""Refusals of this app, each with a code for callers and words for people."""

from collections.abc import Mapping
from uuid import UUID

from tenants.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnprocessableError


class CustomerNotFound(NotFoundError):
    """No such customer in this tenant."""

    def __init__(self) -> None:
        super().__init__("There is no such customer.")


class InvalidFields(UnprocessableError):
    """Fields that cannot be taken; `fields` maps each to the reason, all of them at once."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        details = [{"field": field, "message": message} for field, message in fields.items()]
        super().__init__("Some fields cannot be taken as they are.", details=details)


class KeyInUse(ConflictError):
    """An address or id leads to another customer already."""

    def __init__(self, kind: str, customer_id: UUID) -> None:
        super().__init__(
            f"Another customer already has this {kind}: open that customer, or merge the two.",
            code="CUSTOMER_EXISTS",
            extra={"field": kind, "customerId": str(customer_id)},
        )


class NothingToResolve(InvalidError):
    """Resolve was called without a usable key."""

    def __init__(self) -> None:
        super().__init__(
            "Give an e-mail address, a phone number or an id of a service that is valid and no placeholder.",
            field="email",
        )


class SameCustomer(ConflictError):
    """The two who shall be merged are one customer already."""

    def __init__(self) -> None:
        super().__init__("These two are one customer already.", code="SAME_CUSTOMER")


class NothingToUnmerge(ConflictError):
    """No standing merge took this customer away."""

    def __init__(self) -> None:
        super().__init__(
            "This customer was not merged into another, so there is nothing to undo.", code="NOT_MERGED"
        )


class NothingToForm(ConflictError):
    """Fewer than two different customers make no household."""

    def __init__(self) -> None:
        super().__init__("A household needs two different customers.", code="NOT_ENOUGH_PEOPLE")


class RolesClash(ConflictError):
    """Two people who pay, or a child who does."""

    def __init__(self) -> None:
        super().__init__("One person of a household pays, and no child.", code="ROLES_CLASH")


class AlreadyDecided(ConflictError):
    """Somebody decided about this pair in the meantime."""

    def __init__(self) -> None:
        super().__init__("Somebody has decided about this pair in the meantime.", code="ALREADY_DECIDED")


class SearchUnderWay(ConflictError):
    """The club's customers are being searched for duplicates already."""

    def __init__(self) -> None:
        super().__init__("A search for duplicates is under way.", code="SEARCH_UNDER_WAY")


class ScoringUnderWay(ConflictError):
    """The club's customers are being scored already."""

    def __init__(self) -> None:
        super().__init__("Everybody is being scored already.", code="SCORING_UNDER_WAY")


class NoteNotFound(NotFoundError):
    """There is no such note in the club."""

    code = "NOTE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such note.")


class NotYourNote(ForbiddenError):
    """Only its author or an administrator may change a note."""

    code = "NOT_YOUR_NOTE"

    def __init__(self) -> None:
        super().__init__("Only whoever wrote the note, or an administrator, can change it.")


class ImportNotFound(NotFoundError):
    """No such import in this tenant."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such import; those that were never started are forgotten after a while."
        )


class ImportNotReady(ConflictError):
    """The import is not where this act could follow."""

    def __init__(self) -> None:
        super().__init__(
            "The import has moved on in the meantime: load the page anew.", code="IMPORT_NOT_READY"
        )
