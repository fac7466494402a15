"""Codes of refusals of letters to one person, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "NOT_ALLOWED": "The person must not be written to; `params.reason` says why.",
}
