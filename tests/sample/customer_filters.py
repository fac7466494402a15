"""The filter of the customer list."""

from django.db.models import Exists, OuterRef, QuerySet

from profiles.models import CustomerProfile
from tenants.api.errors import InvalidParameterError
from tests.sample.items import waiting_items


def has_lost_item(customers: QuerySet[CustomerProfile], text: str) -> QuerySet[CustomerProfile]:
    """Whether something of theirs waits; raises InvalidParameterError."""
    if text not in ("true", "false"):
        raise InvalidParameterError("hasLostItem", "Write true or false.")
    waits = Exists(waiting_items().filter(profile_id=OuterRef("pk")).order_by())
    return customers.filter(waits if text == "true" else ~waits)


def choices() -> list[tuple[str, str]]:
    """The drop-down of the back office."""
    return [("true", "Left something behind"), ("false", "Left nothing behind")]
