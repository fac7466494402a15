"""What an edit by hand changed, in words: the row of the timeline that says who changed what, from what to what.

The values stand in the timeline alone, with all that an erasure takes; the action log names the fields and the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

WORDS: Final[Mapping[str, str]] = {
    "firstName": "first name",
    "lastName": "last name",
    "displayName": "preferred name",
    "dateOfBirth": "date of birth",
    "gender": "gender",
    "postcode": "postcode",
    "country": "country",
    "language": "language",
    "email": "e-mail",
    "phoneNumber": "phone",
    "status": "status",
    "tags": "tags",
}
LONGEST_SENTENCE: Final = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after."""

    field: str
    old: str
    new: str

    @property
    def words(self) -> str:
        """As in: phone from 082 555 0001 to nothing."""
        return f"{WORDS[self.field]} from {self.old or 'nothing'} to {self.new or 'nothing'}"


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields that people edit in which two states of a customer differ."""
    return [
        Change(field, _text(before.get(field)), _text(after.get(field)))
        for field in WORDS
        if before.get(field) != after.get(field)
    ]


def sentence(name: str, changes: list[Change]) -> str:
    """Who changed what, short enough for a title."""
    text = f"{name} changed {', '.join(change.words for change in changes)}"
    return text if len(text) <= LONGEST_SENTENCE else f"{text[: LONGEST_SENTENCE - 1]}…"


def as_metadata(name: str, changes: list[Change]) -> dict[str, Any]:
    """For the row of the timeline."""
    told = [{"field": change.field, "from": change.old, "to": change.new} for change in changes]
    return {"author": name, "changes": told}


def changes_in(metadata: Mapping[str, Any]) -> list[Change]:
    """What `as_metadata` wrote."""
    rows = metadata.get("changes", ())
    return [Change(row["field"], row["from"], row["to"]) for row in rows if row.get("field") in WORDS]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
