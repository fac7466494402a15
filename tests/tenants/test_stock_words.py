"""Plain words in the place of Django's own, and the club's clock on pages that are not ours."""

from datetime import UTC, datetime
from pathlib import Path

import django
import pytest
import unfold
from babel.messages.pofile import read_po
from django.test import Client
from django.utils.translation import gettext

from tenants.management.commands.write_stock_words import compiled
from tenants.models import ApiKey
from tenants.stock_words import COUNTED, FOLDER, WORDS
from tests.back_office import desk, text_of
from tests.cast import Club


def test_the_catalogue_is_what_the_table_says() -> None:
    assert (FOLDER / "django.mo").read_bytes() == compiled(), "run manage.py write_stock_words"


def test_each_stock_sentence_still_occurs_in_the_packages() -> None:
    """After an upgrade that words something anew, the table must follow."""
    django, theme = sentences_of_django(), sources_of_the_theme()
    stock = [*WORDS, *(each for pair in COUNTED for each in pair)]
    assert [one for one in stock if one not in django and one not in theme] == []


def sentences_of_django() -> set[str | tuple[str, ...]]:
    """What Django says, from its own English catalogues."""
    found: set[str | tuple[str, ...]] = set()
    root = Path(django.__file__).parent
    for part in ("conf", "contrib/admin", "contrib/auth"):
        with (root / part / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
            for message in read_po(file):
                found |= {message.id} if isinstance(message.id, str) else {*message.id, tuple(message.id)}
    return found


def sources_of_the_theme() -> str:
    """Its templates and programs."""
    root = Path(unfold.__file__).parent
    return " ".join(path.read_text() for path in root.rglob("*") if path.suffix in (".html", ".py"))


def test_what_is_said_of_one_and_of_many_stands_as_a_pair() -> None:
    """Of a sentence with a number gettext asks for the pair: alone, ours would never be said."""
    pairs = {message for message in sentences_of_django() if isinstance(message, tuple)}

    assert pairs
    assert [pair for pair in pairs if set(pair) & WORDS.keys()] == []


def test_a_form_that_cannot_be_saved_says_so_in_our_words(fairview: Club) -> None:
    form = {"name": "Shop", "scopes": [], "sources": []}
    assert "Not saved yet: please look at what is marked." in text_of(
        desk(fairview.admin).post("/admin/tenants/apikey/add/", form)
    )


@pytest.mark.parametrize(("stock", "ours"), sorted(WORDS.items())[:5])
def test_our_words_are_said(stock: str, ours: str) -> None:
    assert gettext(stock) == ours


def test_an_empty_list_and_its_count_speak_plainly(fairview: Club) -> None:
    page = " ".join(text_of(desk(fairview.admin).get("/admin/tenants/apikey/")).split())

    assert "Nothing has been added yet" in page
    assert "API keys" in page
    assert "api keys" not in page


def test_a_stock_page_has_the_clubs_clock(fairview: Club) -> None:
    key = ApiKey.objects.create(
        name="Shop", prefix="crm_abc", key_hash="0" * 64, scopes=["crm:read"],
        expires_at=datetime(2030, 11, 26, 1, 7, tzinfo=UTC),
    )  # fmt: skip
    key.tenants.add(fairview.tenant)

    page = text_of(desk(fairview.admin).get(f"/admin/tenants/apikey/{key.pk}/change/"))

    assert "26 November 2030 03:07" in page


def test_a_password_that_is_wrong_is_said_without_a_staff_account(fairview: Club) -> None:
    answer = Client().post("/admin/login/", {"username": "nobody", "password": "wrong-words"})

    assert "The name and the password do not match" in text_of(answer)
    assert "staff account" not in text_of(answer)
