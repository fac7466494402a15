"""Codes of refusals of customers, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "ALREADY_DECIDED": "Somebody has decided about the pair.",
    "CHANGED_MEANWHILE": "Somebody changed the customer since it was read.",
    "CUSTOMER_EXISTS": "Another customer has this key; `params.customerId` names them.",
    "IMPORT_NOT_READY": "The import has moved on.",
    "KEY_REQUIRED": "Give at least one key.",
    "MONEY_HIDDEN": "The caller's role does not see money.",
    "NOTE_NOT_FOUND": "There is no such note.",
    "NOT_ENOUGH_PEOPLE": "A household needs two customers.",
    "NOT_MERGED": "The customer was not merged.",
    "NOT_YOUR_NOTE": "Only its author or an administrator may change a note.",
    "ROLES_CLASH": "One person of a household pays, and no child.",
    "SAME_CUSTOMER": "The two are one customer already.",
    "SCORING_UNDER_WAY": "Everybody is being scored already.",
    "SEARCH_UNDER_WAY": "A search for duplicates is under way.",
}
