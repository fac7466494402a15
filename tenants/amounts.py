"""Amounts of money as staff type them. Pure.

They are kept in a currency's smallest unit: cents of a rand, yen, thousandths of a dinar.
"""

import re
from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision

# As typed, without spaces: 1000, 499.50, 499,5; no sign and no power.
TYPED: Final = re.compile(r"(?P<whole>[0-9]{1,12})(?:[.,](?P<part>[0-9]{1,6}))?", re.ASCII)
# 1,000,000 and 1'000: signs between thousands, which stand before groups of three.
GROUPED: Final = re.compile(
    r"[0-9]{1,3}(?:(?P<sign>[.,'])[0-9]{3})(?:(?P=sign)[0-9]{3})*(?:(?!(?P=sign))[.,][0-9]*)?", re.ASCII
)


class NoAmount(ValueError):
    """A text that is no amount, in words for staff."""


def smallest_units(text: str, currency: str) -> int:
    """An amount that somebody typed, in the currency's smallest unit; raises NoAmount.

    More decimals than the currency has are refused: an amount is never rounded. So is 1,500, which one country reads as
    fifteen hundred and another as one and a half, unless the currency has three decimals.
    """
    precision = int(get_currency_precision(currency))
    plain = "".join(text.split())
    grouped = GROUPED.fullmatch(plain)
    if grouped and (
        plain.count(grouped["sign"]) > 1 or grouped["sign"] == "'" or len(set(plain) & set(".,")) > 1
    ):
        plain = plain.replace(grouped["sign"], "")
    match = TYPED.fullmatch(plain)
    example = as_typed(2500 * 10**precision, currency) if precision else "2500"
    if match is None:
        raise NoAmount(f"Write the amount as a number, as in {example}.")
    part = match["part"] or ""
    # 25.000 may be twenty-five thousand.
    part = part if len(part) == len("000") > precision else part.rstrip("0")
    if len(part) > precision:
        decimals = f"{precision} decimals" if precision else "no decimals"
        raise NoAmount(f"{currency} has {decimals}: write the amount as in {example}.")
    return int(match["whole"] + part.ljust(precision, "0"))


def in_units(amount: int, currency: str) -> Decimal:
    """An amount in the smallest unit as a number of the whole unit: 12.5 dollars for 1250, 1250 yen."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def as_typed(amount: int, currency: str) -> str:
    """An amount in the smallest unit as a form shows it, so that `smallest_units` reads the same."""
    return f"{in_units(amount, currency):.{get_currency_precision(currency)}f}"
