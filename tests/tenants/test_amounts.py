"""Amounts as staff type them: in the currency's smallest unit, and never rounded."""

import pytest

from tenants.amounts import NoAmount, as_typed, smallest_units


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("25", "ZAR", 2_500),
        ("25,5", "ZAR", 2_550),
        ("1 000.50", "ZAR", 100_050),
        ("1,000,000", "ZAR", 100_000_000),
        ("1,000.50", "ZAR", 100_050),
        ("1.000,50", "EUR", 100_050),
        ("1'000", "CHF", 100_000),
        ("1.000.000", "EUR", 100_000_000),
        ("25.00", "JPY", 25),
        ("2500", "JPY", 2_500),
        ("1.234", "KWD", 1_234),
        ("25.500", "KWD", 25_500),
        ("25.5000", "ZAR", 2_550),
    ],
)
def test_an_amount_is_read_in_the_smallest_unit(text: str, currency: str, amount: int) -> None:
    assert smallest_units(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "words"),
    [
        ("1,000", "ZAR", "ZAR has 2 decimals: write the amount as in 2500.00."),
        ("25.505", "ZAR", "ZAR has 2 decimals: write the amount as in 2500.00."),
        ("1,500", "JPY", "JPY has no decimals: write the amount as in 2500."),
        ("25.0001", "ZAR", "ZAR has 2 decimals: write the amount as in 2500.00."),
        ("25.5", "JPY", "JPY has no decimals: write the amount as in 2500."),
        ("1.2345", "KWD", "KWD has 3 decimals: write the amount as in 2500.000."),
        ("much", "ZAR", "Write the amount as a number, as in 2500.00."),
        ("-5", "ZAR", "Write the amount as a number, as in 2500.00."),
        ("1e3", "ZAR", "Write the amount as a number, as in 2500.00."),
        ("nan", "ZAR", "Write the amount as a number, as in 2500.00."),
        ("٢٥", "ZAR", "Write the amount as a number, as in 2500.00."),
        ("", "ZAR", "Write the amount as a number, as in 2500.00."),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str, words: str) -> None:
    with pytest.raises(NoAmount, match=words):
        smallest_units(text, currency)


@pytest.mark.parametrize("currency", ["ZAR", "JPY", "KWD"])
@pytest.mark.parametrize("amount", [0, 1, 99, 2_500, 123_456])
def test_a_form_shows_what_it_reads(amount: int, currency: str) -> None:
    assert smallest_units(as_typed(amount, currency), currency) == amount
