"""Normal forms of what identifies people."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.normalise import folded, is_placeholder_email, is_placeholder_phone, normal_email, normal_phone
from tests.examples import examples


@pytest.mark.parametrize(
    ("given_address", "expected"),
    [
        ("Nkosi@Example.COM", "nkosi@example.com"),
        ("  nkosi@example.com\t", "nkosi@example.com"),
        ("first.last+golf@sub.example.co.za", "first.last+golf@sub.example.co.za"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("jane@MÜNCHEN.example", "jane@xn--mnchen-3ya.example"),
        ("jane@EXAMPLE.İN", "jane@example.in"),
        ("nkosi", None),
        ("nkosi@", None),
        ("@example.com", None),
        ("nk..osi@example.com", None),
        ("two@at@example.com", None),
        ("spa ce@example.com", None),
        (f"{'x' * 250}@example.com", None),
        ("", None),
    ],
)
def test_an_email_is_trimmed_lower_case_and_its_domain_ascii(
    given_address: str, expected: str | None
) -> None:
    assert normal_email(given_address) == expected


@given(st.emails())
def test_a_normal_email_stays_as_it_is(address: str) -> None:
    normal = normal_email(address)

    assert normal is None or normal_email(normal) == normal


@pytest.mark.parametrize(
    ("given_number", "country", "expected"),
    [
        ("082 123 4567", "ZA", "+27821234567"),
        ("(082) 123-4567", "ZA", "+27821234567"),
        ("+27 82 123 4567", "GB", "+27821234567"),
        ("0027821234567", "ZA", "+27821234567"),
        ("+27 (0)82 123 4567", "ZA", "+27821234567"),
        ("07400 123456", "GB", "+447400123456"),
        ("07400 123456", "US", None),
        ("12345", "ZA", None),
        ("call me", "ZA", None),
        ("", "ZA", None),
    ],
)
def test_a_phone_number_is_e164_read_with_the_clubs_country(
    given_number: str, country: str, expected: str | None
) -> None:
    assert normal_phone(given_number, country) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("none@none.com", True),
        ("noreply@example.com", True),
        ("n.a@example.com", True),
        ("a@a.com", True),
        ("nonesuch@example.com", False),
        ("anna@a.com", False),
    ],
)
def test_what_people_type_when_a_form_insists_identifies_nobody(address: str, expected: bool) -> None:
    assert is_placeholder_email(address) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+27000000000", True), ("+27821111111", True), ("+27121212121", False), ("+27821234567", False)],
)
def test_a_number_of_seven_equal_digits_identifies_nobody(number: str, expected: bool) -> None:
    assert is_placeholder_phone(number) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Zoë   Müller-Lüdenscheidt ", "zoe muller ludenscheidt"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Straße", "strasse"),
        ("İbrahim", "ibrahim"),
        ("𝐋𝐢𝐧𝐝𝐢", "lindi"),
        ("ﬁona", "fiona"),
        ("محمد", "محمد"),
        ("🏌️ Sipho", "sipho"),
        ("—", ""),
        ("", ""),
    ],
)
def test_a_name_is_folded_to_plain_lower_case_words(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def by_the_library(value: str, country: str) -> str | None:
    try:
        parsed = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else None


@settings(max_examples=examples(500), deadline=None)
@given(
    country=st.sampled_from(["ZA", "GB", "IE", "DE", "FR", "AU", "NZ", "IT", "US", "AR", "BR", "XX"]),
    digits=st.from_regex(r"0?[0-9]{2,4}[0-9]{5,8}", fullmatch=True),
)
def test_plain_digits_are_read_as_the_library_reads_them(country: str, digits: str) -> None:
    assert normal_phone(digits, country) == by_the_library(digits, country)


@pytest.mark.parametrize("country", ["ZA", "IE", "DE"])
@pytest.mark.parametrize(
    "kind", [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]
)
def test_plain_digits_of_real_numbers_need_no_parser(
    country: str, kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = phonenumbers.example_number_for_type(country, kind)
    assert example is not None
    digits = f"0{example.national_number}"
    expected = by_the_library(digits, country)
    normal_phone.cache_clear()
    monkeypatch.setattr(phonenumbers, "parse", None)

    assert normal_phone(digits, country) == expected is not None
