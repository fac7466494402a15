"""Who may write to people, change the club's rules, and see what went wrong."""

from collections.abc import Mapping
from typing import Any, Final

from messaging.models import Delivery, SendPolicy
from tests.messaging.people import reader
from tests.permissions import ADMIN, MANAGER, OPEN, Page, Row, World

# Whoever has a letter may follow its links; a token that is none leads nowhere.
NOWHERE: Final = "   404 404  404  404  404  404  404  404  404  404     404"
REST: Final[tuple[Any, ...]] = (
    Row("message-opened", "GET", "/m/open/none", OPEN),
    Row("message-clicked", "GET", "/m/click/none", NOWHERE),
    Row("message-unsubscribe", "GET", "/m/unsubscribe/none", NOWHERE),
)
PAGES: Final = (
    Page("customer_write", MANAGER),
    Page("send_rules", ADMIN),
    Page("send_troubles", ADMIN),
)


def things(world: World) -> Mapping[str, object]:
    """Somebody to write to."""
    return {"profile_id": reader(world.club.tenant).pk}


def state() -> tuple[Any, ...]:
    """The ledger and the rules."""
    return (
        sorted(Delivery.objects.values_list("key", "status")),
        sorted(SendPolicy.objects.values_list("caps", "sender_name")),
    )
