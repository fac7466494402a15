"""How a day is written out, for staff, members and files. Pure."""

from datetime import date


def full_day(value: date) -> str:
    """A day with its year, as in 14 March 2026; of a moment its own day."""
    return f"{value.day} {value:%B %Y}"
