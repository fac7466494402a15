"""Enumerations of texts with labels that need no Django, for modules that stay pure.

They offer the `choices`, `values`, `labels` and `label` of Django's `TextChoices`, so that fields and forms take them.
"""

from enum import EnumType, StrEnum
from typing import Any


class _Listed(EnumType):
    """The lists that fields and forms ask the class for."""

    @property
    def choices(cls) -> list[tuple[str, str]]:
        """(value, label) of each member."""
        members: list[Any] = list(cls)
        return [(str(member), member.label) for member in members]

    @property
    def values(cls) -> list[str]:
        """The values, in order."""
        return [value for value, _ in cls.choices]

    @property
    def labels(cls) -> list[str]:
        """The labels, in order."""
        return [label for _, label in cls.choices]


class TextChoices(StrEnum, metaclass=_Listed):
    """Members are declared as `NAME = "VALUE", "Label"`."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "TextChoices":
        """A text with a label beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
