"""Siblings of the trials of placeholders, addresses and phones: other spellings of the same mistakes."""

import pytest

from events.identity_hints import stands_for_nothing
from profiles.normalise import first_phone, is_placeholder_email, normal_email, normal_phone


@pytest.mark.parametrize(
    "value",
    ["(null)", "[none]", "<undefined>", "n\\a", "#N/A", "#REF!", "unknown user", "no number", "not known", "keine",
     "onbekend", "see office", "applied for", "xxxx", "undefined-undefined", "null_null", "None/None", "NYA",
     "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{{id}}",
     "{ userId }", "${id}", "%s", "%(id)s", "<id>", "__null__"],
)  # fmt: skip
def test_an_id_that_stands_for_nothing_in_other_words(value: str) -> None:
    assert stands_for_nothing(value)


@pytest.mark.parametrize(
    "value",
    [
        "guest1",
        "test123",
        "x1",
        "no-7",
        "Anna",
        "null-0-a1",
        "A-0123",
        "Null-7",
        "nan123",
        "{7}",
        "%27",
        "12",
        "NA-17",
    ],
)
def test_an_id_that_only_looks_like_one_is_kept(value: str) -> None:
    assert not stands_for_nothing(value)


@pytest.mark.parametrize(
    "email",
    ["noone@nowhere.com", "nomail@nomail.com", "donotreply@x.example", "do-not-reply@x.example", "no_email@x.example",
     "keine@email.de", "geen@email.nl", "xx@xx.xx", "sin.correo@x.example", "n.a@x.example"],
)  # fmt: skip
def test_an_address_that_stands_for_nobody_in_other_words(email: str) -> None:
    assert is_placeholder_email(email)


@pytest.mark.parametrize(
    "email",
    ["na@abrams.example", "geen@devries.example", "no@oslo.example", "a@nel.example", "xx@nel.example"],
)
def test_a_short_address_of_somebody_is_kept(email: str) -> None:
    assert normal_email(email) == email
    assert not is_placeholder_email(email)


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ("Thandi O’Brien <t.o’brien@x.example>", "t.o'brien@x.example"),
        ("mailto:ann@x.example", "ann@x.example"),
        ("ann@x.example;", "ann@x.example"),
        ("<ann@x.example>,", "ann@x.example"),
        ("“ann@x.example”", "ann@x.example"),
        ("\u200bann@x.example", "ann@x.example"),
        ("ann@x.example bob@x.example", None),
        ("ann(at)x.example", None),
    ],
)
def test_an_address_as_address_books_write_it(written: str, email: str | None) -> None:
    assert normal_email(written) == email


@pytest.mark.parametrize(
    ("written", "country", "first"),
    [
        ("082-123-4567 (home)", "ZA", "+27821234567"),
        ("082 123 4567 / 083 222 3333", "ZA", "+27821234567"),
        ("07911 123456 mobile", "GB", "+447911123456"),
        ("0821234567.0", "ZA", "+27821234567"),
        ("0664/1234567", "AT", "+436641234567"),
        ("030/23125555", "DE", "+493023125555"),
        ("123456", "ZA", None),
        ("ask his wife", "ZA", None),
    ],
)
def test_a_number_with_words_beside_it(written: str, country: str, first: str | None) -> None:
    assert first_phone(written, country) == first


def test_the_whole_text_is_no_number_where_two_are_in_it() -> None:
    assert normal_phone("082 123 4567 / 083 222 3333", "ZA") is None
