"""Who may write to people, change the club's rules, and see what went wrong."""

from collections.abc import Mapping
from typing import Any, Final

from messaging.models import Delivery, SendPolicy
from tests.messaging.people import reader
from tests.messaging.violations import delivery
from tests.permissions import ADMIN, MAKE, MANAGER, OPEN, READ, Page, Row, World

# Whoever has a letter may follow its links; a token that is none leads nowhere.
NOWHERE: Final = "   404 404  404  404  404  404  404  404  404  404     404"
LETTERS: Final = "/api/v1/customers/{letter_to}/messages"
OWN: Final = "?tenantId=fairview"
LETTER: Final = {"channel": "EMAIL", "subject": "Hello", "body": "Hello {{ firstName }}"}


def somebody(world: World) -> Mapping[str, object]:
    """A customer who agreed to mails."""
    return {"letter_to": reader(world.club.tenant).pk}


REST: Final[tuple[Any, ...]] = (
    Row("customer-messages", "GET", f"{LETTERS}{OWN}", READ, prepare=somebody),
    Row("customer-messages", "POST", f"{LETTERS}{OWN}", MAKE, LETTER, prepare=somebody),
    Row(
        "preview-customer-message",
        "POST",
        f"{LETTERS}/preview{OWN}",
        READ,
        LETTER,
        prepare=somebody,
        is_reading=True,
    ),
    Row("message-opened", "GET", "/m/open/none", OPEN),
    Row("message-clicked", "GET", "/m/click/none", NOWHERE),
    Row("mail-provider-events", "POST", "/m/provider", NOWHERE, {}),
    Row("message-unsubscribe", "GET", "/m/unsubscribe/none", NOWHERE),
)
PAGES: Final = (
    Page("customers_write", MANAGER),
    Page("customer_write", MANAGER),
    Page("send_rules", ADMIN),
    Page("send_troubles", ADMIN),
    Page("send_settle", ADMIN, "POST"),
)


def things(world: World) -> Mapping[str, object]:
    """Somebody to write to, and a message whose fate is unknown."""
    unknown = delivery(world.club, status="UNKNOWN")
    return {"profile_id": reader(world.club.tenant).pk, "delivery_id": unknown.pk}


def state() -> tuple[Any, ...]:
    """The ledger and the rules."""
    return (
        sorted(Delivery.objects.values_list("key", "status")),
        sorted(SendPolicy.objects.values_list("caps", "sender_name")),
    )
