"""A name of a script that puts no gap between words is erased from running text; and nobody else's with it."""

import json
from typing import Final
from urllib.parse import quote

import pytest

from profiles.editing import Author, add_note, create_customer
from profiles.models import Note
from profiles.privacy.erasing import erase_customer
from profiles.privacy.matcher import Matcher
from profiles.privacy.person_patterns import Traits
from tenants.scope import tenant_scope
from tests.cast import Club

NAMES: Final = (("小明", "王"), ("太郎", "田中"), ("민수", "김"), ("明", "李"), ("ジョン", "スミス"))
WRITTEN: Final = (
    ("王小明さん", "[erased]さん"),
    ("今天王小明来了", "今天[erased]来了"),
    ("王 小明さん", "[erased]さん"),
    ("田中太郎様", "[erased]様"),
    ("田中　太郎様と", "[erased]様と"),
    ("김민수는 왔다", "[erased]는 왔다"),
    ("김민수씨", "[erased]씨"),
    ("李明さん", "[erased]さん"),
    ("李明。", "[erased]。"),
    ("ジョン・スミスさん", "[erased]さん"),
    ("photo_王小明_2024.jpg", "photo_[erased]_2024.jpg"),
    (f"?to={quote('王小明')}&n=1", "?to=[erased]&n=1"),
)


def matcher() -> Matcher:
    return Matcher(Traits(frozenset(), frozenset(NAMES), frozenset({"佐藤花子"})), [], 1)


@pytest.mark.parametrize(("written", "left"), [*WRITTEN, ("佐藤花子の予約", "[erased]の予約")])
def test_a_name_without_a_gap_is_found_by_the_index_and_taken_out(written: str, left: str) -> None:
    person = matcher()
    document = {"payload": {"text": written}}

    assert person.redacted_text(written) == left
    assert person.is_named([None, written])
    assert person.is_named([json.dumps(document, ensure_ascii=False)])
    assert json.loads(person.redacted_json(json.dumps(document)))["payload"]["text"] == left


@pytest.mark.parametrize(
    "said", ["李明華さん", "小李明天来", "王小亮さん", "田中花子", "明王", "김민지", "山田太郎"]
)
def test_names_of_others_stay(said: str) -> None:
    assert matcher().redacted_text(said) == said


def test_notes_of_others_forget_it(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        erased = create_customer({"firstName": "小明", "lastName": "王", "email": "w@example.com"})
        whole = create_customer({"firstName": "佐藤花子", "email": "s@example.com"})
        other = create_customer({"firstName": "明華", "lastName": "李", "email": "l@example.com"})
        add_note(other.pk, "王小明さんと佐藤花子さんの友達、李明華", Author("Lindi"))
        for one in (erased, whole):
            erase_customer(one.pk, reason="popia_erasure")

        assert Note.objects.get().body == "[erased]さんと[erased]さんの友達、李明華"


def test_a_given_name_alone_stays(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        erased = create_customer({"firstName": "健太郎", "email": "k@example.com"})
        other = create_customer({"firstName": "明華", "lastName": "李", "email": "l@example.com"})
        add_note(other.pk, "中村健太郎さんと", Author("Lindi"))
        erase_customer(erased.pk, reason="popia_erasure")

        assert Note.objects.get().body == "中村健太郎さんと"
