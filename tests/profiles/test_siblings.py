"""Siblings of the trials of placeholders, addresses and phones: other spellings of the same mistakes."""

import pytest

from events.empty_ids import stands_for_nothing
from profiles.normalise import (
    first_phone,
    is_placeholder_email,
    is_placeholder_phone,
    normal_email,
    normal_phone,
)
from profiles.role_addresses import is_role_email


@pytest.mark.parametrize(
    "value",
    ["(null)", "[none]", "<undefined>", "n\\a", "#N/A", "#REF!", "unknown user", "no number", "not known", "keine",
     "onbekend", "see office", "applied for", "xxxx", "undefined-undefined", "null_null", "None/None", "NYA",
     "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{{id}}",
     "{ userId }", "${id}", "%s", "%(id)s", "<id>", "__null__", "0000", "N/A", "n.v.t.", "k. A.", "s/d", "Entfällt",
     "inconnue", "ukjent", "неизвестно", "[deleted]", "REDACTED", "no-id", "undef", "walk-in", "#DIV/0!", "%1$s",
     "%ID%", "[[id]]", "<%= id %>", "Infinity",
     "неизвестен", "отсутствует", "н/д", "невідомо", "未知", "無", "不詳", "未設定", "없음", "미상", "אין", "άγνωστο",
     "ไม่มี", "अज्ञात", "غير معروف", "không có", "tidak ada", "neznámý", "ismeretlen", "necunoscut", "nežinomas",
     "０", "ｎｕｌｌ", "ＮＡ", "Ｎ／Ａ", "NaN.0", "null.0",
     "System.Object", "test-id", "TBD?", "n.n.", "N.N.", "Ø", "–",
     "néant", "vacío", "Neznáme", "nėra", "未登録", "해당없음", "N/K", "not-set", "NOT_FOUND",
     "undefined_id", "id_null",
     "user_undefined", "(blank)", "EMPTY_STRING", "&nbsp;", "-1.0", "-999", "0x0", "nul", "default-user",
     "anonymous_id", "guest_checkout", "__placeholder__", "unassigned", "ausstehend", "none@none"],
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
        "9999",
        "1111",
        "100%",
        "demo-4711",
        "n7",
        "admin",
        "Ｎ１７",
        "7.0",
        "Nn7",
        "無7",
        "test-id-7",
        "user_12",
        "null1",
        "sans-souci",
        "-7",
        "bos",
    ],
)
def test_an_id_that_only_looks_like_one_is_kept(value: str) -> None:
    assert not stands_for_nothing(value)


@pytest.mark.parametrize(
    "email",
    ["noone@nowhere.com", "nomail@nomail.com", "donotreply@x.example", "do-not-reply@x.example", "no_email@x.example",
     "keine@email.de", "geen@email.nl", "xx@xx.xx", "sin.correo@x.example", "n.a@x.example", "n/a@x.example",
     "unbekannt@x.example", "onbekend@x.example", "desconocido@x.example", "inconnu@x.example", "geen.mail@x.example",
     "pas-de-mail@x.example", "no.tengo@x.example", "noemail123@x.example", "noreply+4@x.example",
     "not-provided@x.example", "mailer-daemon@x.example", "anonymous@x.example", "asdf@asdf.com",
     "email@example.com", "ann@nowhere.invalid", "keine-angabe@x.example", "no-email-address@x.example",
     "heeft.geen.email@x.example", "nema.email@x.example", "email.not.provided@x.example", "nincs@x.example",
     "sin@correo.example", "ingen@mail.example", "nope@nope.example", "nvt@nvt.example", "guest@guest.example",
     "aaa@aa.example", "1@1.example", "123@123.example", "abc@123.example", "qwerty@qwerty.example"],
)  # fmt: skip
def test_an_address_that_stands_for_nobody_in_other_words(email: str) -> None:
    assert is_placeholder_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "na@abrams.example",
        "geen@devries.example",
        "no@oslo.example",
        "a@nel.example",
        "xx@nel.example",
        "test1@nel.example",
        "na7@abrams.example",
        "nonev@x.example",
        "deletedscenes@x.example",
        "bmw@bmw.example",
        "dummett@x.example",
        "nvt@nel.example",
        "guest@x.example",
        "gast@familie.example",
        "brak@nel.example",
        "j@j.example",
        "sans@nel.example",
        "postmail@x.example",
    ],
)
def test_a_short_address_of_somebody_is_kept(email: str) -> None:
    assert normal_email(email) == email
    assert not is_placeholder_email(email)


@pytest.mark.parametrize(
    ("written", "country", "is_placeholder"),
    [
        ("0000000000", "ZA", True),
        ("0123456789", "ZA", True),
        ("1234567890", "GB", True),
        ("0151 23456789", "DE", True),
        ("083 111 2222", "ZA", False),
        ("082 123 4567", "ZA", False),
        ("082 000 0001", "ZA", False),
        ("083 234 5678", "ZA", False),
    ],
)
def test_a_number_that_counts_up_stands_for_nobody(written: str, country: str, is_placeholder: bool) -> None:
    number = normal_phone(written, country)

    assert (number is None or is_placeholder_phone(number)) is is_placeholder


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
        ("ann‑bell@golf‑club.example", "ann-bell@golf-club.example"),
        ("ann–bell@x.example", "ann-bell@x.example"),
        ("o&#39;brien@x.example", "o'brien@x.example"),
        ("o\\'brien@x.example", "o'brien@x.example"),
        ("o‛brien@x.example", "o'brien@x.example"),
        ("mailto:ann@x.example?subject=Golf", "ann@x.example"),
        ("mailto:ann%40x.example", "ann@x.example"),
        ("[ann@x.example]", "ann@x.example"),
        ("‚ann@x.example‘", "ann@x.example"),
        ("「ann@x.example」", "ann@x.example"),
        ("ann@x.example。", "ann@x.example"),
        ("Ann@MÜLLER.example", "ann@xn--mller-kva.example"),
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
        # A country's code twice, or without its plus, however it is spaced.
        ("49 152 28817386", "DE", "+4915228817386"),
        ("49/152/28817386", "DE", "+4915228817386"),
        ("+49 49 152 28817386", "DE", "+4915228817386"),
        # Two numbers, with a word, a line or nothing between them.
        ("06 12 34 56 78 ou 01 42 68 53 00", "FR", "+33612345678"),
        ("612345678 y 913456789", "ES", "+34612345678"),
        ("082 555 1801 + 083 222 3333", "ZA", "+27825551801"),
        ("082 555 1801\n083 222 3333", "ZA", "+27825551801"),
        ("0825551801 0832223333", "ZA", "+27825551801"),
        ("Home 011 555 1234 Cell 082 555 1801", "ZA", "+27115551234"),
        ("082 555 1801 083 222", "ZA", None),
        # A slash behind the area code, and words beside the number.
        ("0475/12 34 56 (soir)", "BE", "+32475123456"),
        ("0664/1234567 privat", "AT", "+436641234567"),
        ("030/23125555 Büro, 0171/3920055 mobil", "DE", "+493023125555"),
        ("0664/1234567 (Hr. Maier)", "AT", "+436641234567"),
        ("T: 0664/1234567 F: 0664/7654321", "AT", "+436641234567"),
        ("06/69812345 casa", "IT", "+390669812345"),
        ("1-800-356-9377", "US", "+18003569377"),
        ("1-800-FLOWERS", "US", "+18003569377"),
    ],
)
def test_a_number_with_words_beside_it(written: str, country: str, first: str | None) -> None:
    assert first_phone(written, country) == first


def test_the_whole_text_is_no_number_where_two_are_in_it() -> None:
    assert normal_phone("082 123 4567 / 083 222 3333", "ZA") is None


@pytest.mark.parametrize(
    "email", ["guest@x.example", "visitors@x.example", "walk-in@x.example", "bounce@x.example"]
)
def test_a_mailbox_of_whoever_comes_is_a_roles(email: str) -> None:
    assert is_role_email(email)
