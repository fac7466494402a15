"""The base of the product's management commands."""

import sys
from typing import ClassVar, Final

from django.core.management.base import BaseCommand

# The tag of checks that every program asks before it starts: of settings, not of code.
START_TAG = "crm"
# As shells tell that Ctrl-C ended a program.
INTERRUPTED: Final = 130


def counted(count: int, word: str, many: str | None = None) -> str:
    """A count with its word at a terminal, as in 1 event, 2,000 events."""
    return f"{count:,} {word if count == 1 else many or f'{word}s'}"


class ProductCommand(BaseCommand):
    """A command that checks the settings, and not the code, before it begins.

    The code is checked before it is taken (`manage.py check`); doing that at each start would import every page of the
    back office and the whole API, twice as long as all else that a command needs.
    """

    requires_system_checks: ClassVar[list[str]] = [START_TAG]  # type: ignore[misc]  # Django names no class variable

    def run_from_argv(self, argv: list[str]) -> None:
        """From a terminal: Ctrl-C ends it, without a traceback."""
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
