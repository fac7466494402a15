"""How a person at the club reads what a text names: their club's days, clock, decimal sign and money. Pure.

Days and moments become text that the filter `date` still understands, in the club's zone; numbers stay numbers and
bring their text along. Messages and tasks are made so; what goes to programs keeps its own forms.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from profiles.club import money
from profiles.shouted_names import as_written
from tenants.days import full_day
from tenants.models import Tenant

ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
NAMES: Final = ("firstName", "lastName", "displayName")


class Written(float):
    """A number that counts as what it is; `text` is how the club writes it, for a text in which it stands."""

    text: str


def written(value: Decimal | float, text: str) -> Written:
    """The number with its text."""
    made = Written(value)
    made.text = text
    return made


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of a club."""

    zone: ZoneInfo
    locale: str
    currency: str

    def day(self, value: date) -> str:
        """As in 14 March 2026."""
        return full_day(value)

    def moment(self, value: datetime) -> str:
        """As in 14 March 2026 07:30; without an offset the club's clock is meant."""
        local = value.astimezone(self.zone) if value.tzinfo else value
        return f"{full_day(local)} {local:%H:%M}"

    def profile(
        self, values: Mapping[str, Any], cents: int | None, named: Container[str] | None
    ) -> dict[str, Any]:
        """The tokens of a customer; `cents`: what they have paid in all, in the club's currency.

        `named`: what the text names; the others stay as they are. None: all are told.
        """
        told = {
            name: self.told(value) if named is None or name in named else value
            for name, value in values.items()
        }
        for name in NAMES:
            if isinstance(told.get(name), str):
                told[name] = as_written(told[name])
        if cents is not None and (named is None or "lifetimeValue" in named):
            text = money(cents, self.currency, self.locale)
            told["lifetimeValue"] = written(values["lifetimeValue"], text)
        booked = values.get("lastBookingAt")
        if booked and (named is None or "lastBookingDate" in named):
            told["lastBookingDate"] = self.day(datetime.fromisoformat(booked).astimezone(self.zone))
        return told

    def told(self, value: Any) -> Any:
        """A value of an event or a run, in whatever depth."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (Decimal, float)):
            return written(value, self._number(value))
        if isinstance(value, Mapping):
            return {name: self.told(each) for name, each in value.items()}
        return [self.told(each) for each in value] if isinstance(value, list) else value

    def _number(self, value: Decimal | float) -> str:
        """As the club writes it; what has too many digits for that, as programs write it."""
        try:
            return str(format_decimal(value, locale=self.locale))
        except ArithmeticError:
            return str(value)

    def _text(self, value: str) -> str:
        """Text that is a day or a moment as programs write them, on the club's clock; any other as it is."""
        if not value[:4].isdecimal():
            return value
        try:
            if ISO_DAY.fullmatch(value):
                return self.day(date.fromisoformat(value))
            if ISO_MOMENT.fullmatch(value):
                return self.moment(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            return value
        return value


def reader_of(tenant: Tenant) -> Reader:
    """Who reads what this club writes."""
    return Reader(tenant.zone, tenant.locale.replace("-", "_"), tenant.currency)
