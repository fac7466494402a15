"""Who may see payments, values and complaints, and what of customers and timelines is told to other roles.

Held wherever a person reads, by whatever interface. Services with a key and programs are held by their scopes, not by
roles.
"""

from collections.abc import Callable
from typing import Any, Final

from profiles.models import ActivityCategory
from tenants.directory import tenant_by_id
from tenants.errors import ForbiddenError
from tenants.roles import Right, actor_may
from tenants.scope import current_tenant_id

MONEY_FIELDS: Final = frozenset({"lifetimeValue"})
MONEY_CATEGORIES: Final = (ActivityCategory.PAYMENT.value, ActivityCategory.FEEDBACK.value)
# By the words of a type; a mail marked as spam is no complaint of this kind.
_MONEY_WORDS: Final = frozenset({"PAYMENT", "INVOICE", "REFUND", "COMPLAINT", "FEEDBACK"})


class MoneyHidden(ForbiddenError):
    """The role does not see what is asked for."""

    def __init__(
        self,
        message: str = "Your role does not see payments, values and complaints, so a rule or segment about them is not"
        " for you: leave that part out, or ask an administrator of the club.",
    ) -> None:
        super().__init__(message, code="MONEY_HIDDEN")


def sees_money() -> bool:
    """Whether whoever acts now may see payments, values and complaints in the open scope's club."""
    return actor_may(Right.SEE_MONEY, tenant_by_id(current_tenant_id()))


def check_sees_money(message: str = "") -> None:
    """Raises MoneyHidden, in these words where there are some."""
    if not sees_money():
        raise MoneyHidden(message) if message else MoneyHidden


def hidden_categories() -> tuple[str, ...]:
    """The categories of activities that whoever acts may not see."""
    return () if sees_money() else MONEY_CATEGORIES


def is_money_type(activity_type: str) -> bool:
    """Whether a type of activity tells of payments or complaints."""
    return activity_type.partition("_")[0] in _MONEY_WORDS


Fields = dict[str, Any]


def telling() -> Callable[[Fields], Fields]:
    """How fields of customers (`representation.row_fields`) are told to whoever acts now; what is hidden is null.

    To be asked for once, and before a file begins that is sent while it is made.
    """
    return _as_they_are if sees_money() else _without_money


def told_customer(fields: Fields) -> Fields:
    """One customer's fields as whoever acts now may see them."""
    return telling()(fields)


def _as_they_are(fields: Fields) -> Fields:
    return fields


def _without_money(fields: Fields) -> Fields:
    told = {name: None if name in MONEY_FIELDS else value for name, value in fields.items()}
    if is_money_type(told.get("lastActivityType") or ""):
        told["lastActivityType"] = None
    return told
