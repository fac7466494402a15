"""Codes of refusals of campaigns, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "ILLEGAL_STATE": "The state does not allow it; `params` name both.",
    "NEEDS_APPROVAL": "A second person must approve first.",
    "NOT_RECURRING": "The campaign does not repeat.",
    "NOT_READY": "Something is missing; `details` say what.",
    "OWN_APPROVAL": "Somebody else must approve.",
}
