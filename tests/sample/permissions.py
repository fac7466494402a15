"""Who may see and enter lost property."""

from typing import Any, Final

from tests.permissions import MAKE, READ, VIEWER, Page, Row
from tests.sample.models import LostItem

ALL: Final = "/api/v1/lost-items?tenantId=fairview"

REST: Final = (
    Row("lost-items", "GET", ALL, READ),
    Row("lost-items", "POST", ALL, MAKE, {"customerId": "{id}", "description": "A left glove"}),
)
PAGES: Final = (Page("lost_property", VIEWER),)


def state() -> tuple[Any, ...]:
    """What nobody who is refused may change."""
    return tuple(LostItem.objects.order_by("pk").values_list("pk", "profile_id", "description"))
