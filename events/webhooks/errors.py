"""Refusals of webhooks."""

from tenants.errors import ConflictError, InvalidError, NotFoundError


class EndpointNotFound(NotFoundError):
    """No such endpoint in this club."""

    def __init__(self) -> None:
        super().__init__("There is no such webhook endpoint.")


class DeliveryNotFound(NotFoundError):
    """No such delivery of this endpoint."""

    def __init__(self) -> None:
        super().__init__("There is no such delivery.")


class TooManyEndpoints(ConflictError):
    """The club has as many endpoints as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"A club may have {most} webhook endpoints; delete one first.", code="TOO_MANY_ENDPOINTS"
        )


class EndpointDisabled(ConflictError):
    """Nothing is sent to a disabled endpoint."""

    def __init__(self) -> None:
        super().__init__(
            "This endpoint is disabled; enable it first, then send again.", code="ENDPOINT_DISABLED"
        )


class NothingToReplay(ConflictError):
    """The delivery is waiting already, or was a test."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="NOTHING_TO_REPLAY")


class AddressRefused(InvalidError):
    """A URL, or where it leads, that must not be called."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


class NameNotFound(AddressRefused):
    """A host that has no address at this moment; it may have one by the time something is sent."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The name {host} cannot be found.")


class PrivateAddress(AddressRefused):
    """A host that leads into a private network."""
