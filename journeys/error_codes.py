"""Codes of refusals of journeys, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "APPROVAL_NEEDED": "It was submitted; somebody else can publish it.",
    "INVALID_JOURNEY": "The definition cannot be stored or published; `details` say why.",
    "INVALID_TRANSITION": "The state does not allow it; `params` name both.",
    "NAME_TAKEN": "The name is taken.",
    "NOTHING_TO_DO": "There is nothing to undo or redo.",
    "SECRET_IN_USE": "Live journeys sign with the secret; `params.usedBy` names them.",
    "TASK_CLOSED": "The task is closed.",
    "TASK_OPEN": "The task is open.",
}
