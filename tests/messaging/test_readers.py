"""Texts for people are written as the club writes: days, clock, decimal sign, money, names; not those for programs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from messaging.readers import Reader
from messaging.rendering import named_in, render_strict, values_for

READER = Reader(ZoneInfo("Africa/Johannesburg"), "en_ZA", "ZAR")
ANNA: dict[str, Any] = {
    "firstName": "ANNA",
    "lastName": "VAN DER MERWE",
    "displayName": "ANNA VAN DER MERWE",
    "handicap": Decimal("12.4"),
    "lastBookingAt": datetime(2026, 11, 2, 22, 10, tzinfo=UTC),
    "memberSince": date(2011, 5, 1),
    "lifetimeValue": 123450,
    "emailOptIn": True,
}
EVENT: dict[str, Any] = {
    "teeTime": "2026-11-29T05:30:00Z",
    "date": "2026-11-29",
    "localTime": "2026-11-29T07:30",
    "score": 81.5,
    "players": [{"firstName": "Piet", "joinedAt": "2026-11-28T22:15:00.123+00:00"}],
    "course": "Links",
    "voucher": "2026-99-99",
    "holes": 18,
}
VALUES = values_for(ANNA, club={"name": "Fairview"}, extra={"event": EVENT}, reader=READER)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{{ memberSince }}", "1 May 2011"),
        ("{{ lastBookingDate }}", "3 November 2026"),
        ("{{ lastBookingAt }}", "3 November 2026 00:10"),
        ("{{ handicap }}", "12,4"),
        ("{{ profile.lifetimeValue }}", "R1 234,50"),
        ("Dear {{ firstName }} {{ lastName }}", "Dear Anna van der Merwe"),
        ("{{ displayName }}", "Anna van der Merwe"),
        ("{{ emailOptIn }}", "true"),
        ("{{ event.teeTime }}", "29 November 2026 07:30"),
        ("{{ event.date }}", "29 November 2026"),
        ("{{ event.localTime }}", "29 November 2026 07:30"),
        ("{{ event.score }}", "81,5"),
        ("{{ event.holes }}", "18"),
        ("{{ event.players[0].joinedAt }}", "29 November 2026 00:15"),
        ("{{ event.voucher }}, {{ event.course }}", "2026-99-99, Links"),
    ],
)
def test_a_text_for_people_is_written_as_the_club_writes(text: str, written: str) -> None:
    assert render_strict(text, VALUES).replace("\N{NO-BREAK SPACE}", " ") == written


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ event.teeTime | date: '%H:%M' }}", "07:30"),
        ("{{ memberSince | date: '%d/%m/%y' }}", "01/05/11"),
        ("{% if handicap < 18 %}low{% else %}high{% endif %}", "low"),
        ("{{ handicap | plus: 1 }}", "13.4"),
        ("{% if lifetimeValue >= 1234.5 %}yes{% endif %}", "yes"),
    ],
)
def test_filters_and_conditions_go_on_to_count(text: str, made: str) -> None:
    assert render_strict(text, VALUES) == made


@pytest.mark.parametrize(("currency", "paid"), [("ZAR", "1234.5"), ("JPY", "123450.0"), ("KWD", "123.45")])
def test_programs_read_money_in_the_currencys_whole_unit(currency: str, paid: str) -> None:
    values = values_for(ANNA, club={"currency": currency})
    assert render_strict("{{ lifetimeValue }}", values) == paid


def test_what_programs_read_keeps_its_own_forms() -> None:
    values = values_for(ANNA, club={"name": "Fairview"}, extra={"event": EVENT})

    text = "{{ memberSince }} {{ handicap }} {{ lastName }} {{ event.teeTime }} {{ lifetimeValue }}"
    assert render_strict(text, values) == "2011-05-01 12.4 VAN DER MERWE 2026-11-29T05:30:00Z 1234.5"


def test_where_many_are_written_to_what_a_text_names_is_told_and_nothing_else() -> None:
    text = "{{ profile.memberSince }}, {{ firstName }}: {{ lastBookingDate }}, {{ event.teeTime }}, {{ lifetimeValue }}"
    named = named_in(text)

    values = values_for(ANNA, club={"name": "Fairview"}, extra={"event": EVENT}, reader=READER, named=named)

    assert render_strict(text, values) == render_strict(text, VALUES)
    assert values["handicap"] == Decimal("12.4")
    assert not hasattr(values["handicap"], "text")
