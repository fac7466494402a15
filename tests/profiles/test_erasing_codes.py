"""An erased name is found in the codes of programs, in links and addresses; and nobody else's with it."""

import json
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.identity_hints import IdentityKey
from profiles.coded_texts import decoded_texts, readings
from profiles.editing import Author, add_note, create_customer, update_customer
from profiles.models import CustomerProfile, Note
from profiles.privacy.erasing import erase_customer
from profiles.privacy.matcher import Matcher
from profiles.privacy.person_patterns import Traits
from profiles.privacy.spotting import Spelling, Spotter
from profiles.privacy.tokens import tokens_of_part, tokens_of_texts
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.examples import examples

NAMES: Final = (("Ann", "Nel"), ("Zoë", "Müller"), ("José", "Fernández"), ("Mary-Anne", "Clark Jones"))
KEYS: Final = (
    IdentityKey("email", "ann.m@nel.example"),
    IdentityKey("phoneNumber", "+27821237654"),
)
# What a text says of the person, and what is left of it.
WRITTEN: Final = (
    ("Ann%20Nel", "[erased]"),
    ("Ann+Nel", "[erased]"),
    ("https://x.example/?to=Ann%20Nel&n=1", "https://x.example/?to=[erased]&n=1"),
    ("?u=%22Ann%2520Nel%22", "?u=%22[erased]%22"),
    ("Zo%C3%AB%20M%C3%BCller", "[erased]"),
    ("Zo%EB M%FCller", "[erased]"),
    ("Zo%u00EB%20M%u00FCller", "[erased]"),
    ("Zo&euml; M&uuml;ller", "[erased]"),
    ("Zo&#235; M&#xFC;ller.", "[erased]."),
    ("Zo&amp;euml;&amp;nbsp;M&amp;uuml;ller", "[erased]"),
    ("Zo&euml M&uumlller", "[erased]"),
    (r"Jos\u00e9 Fern\u00e1ndez", "[erased]"),
    (r"Jos\\u00e9 Fern\\u00E1ndez", "[erased]"),
    (r"Jos\u{e9} Fern\u{e1}ndez", "[erased]"),
    (r"Jos\xe9 Fern\xc3\xa1ndez", "[erased]"),
    (r"\u0041nn\u0020Nel", "[erased]"),
    (r"Jos\303\251 Fern\303\241ndez.pdf", "[erased].pdf"),
    (r"Hi Ann\nNel", "Hi [erased]"),
    ("Zo=C3=AB M=C3=BCller", "[erased]"),
    ("Zo=C3=\r\n=AB M=C3=BC=\r\nller", "[erased]"),
    ("To: =?utf-8?Q?Zo=C3=AB_M=C3=BCller?= <z@x.example>", "To: [erased] <z@x.example>"),
    ("To: =?iso-8859-1?q?Zo=EB?= =?utf-8?B?IE3DvGxsZXI=?=", "To: [erased]"),
    ("filename*=UTF-8''Ann%20Nel.pdf", "filename*=UTF-8''[erased].pdf"),
    ("Ann <b>Nel</b>", "[erased]</b>"),
    ("<b>A</b>nn <i>Ne<u>l</u></i>", "<b>[erased]</u></i>"),
    ("&lt;b&gt;Ann&lt;/b&gt; Nel", "&lt;b&gt;[erased]"),
    ("AnnNel", "[erased]"),
    ("ann_nel", "[erased]"),
    ("/members/annnel", "/members/[erased]"),
    ("https://x.example/annnel/edit", "https://x.example/[erased]/edit"),
    ("https://x.example/nel-ann?tab=1", "https://x.example/[erased]?tab=1"),
    ("annnel.pdf", "[erased].pdf"),
    ("cv_annnel_2024.pdf", "cv_[erased]_2024.pdf"),
    ("cv-ann.nel85.pdf", "cv-[erased]85.pdf"),
    ("annnel85@mail.example", "[erased]85@mail.example"),
    ("ANN.NEL@mail.example", "[erased]@mail.example"),
    ("maryanne.clarkjones@mail.example", "[erased]@mail.example"),
    ("zoemuller@mail.example zoemueller@mail.example", "[erased]@mail.example [erased]@mail.example"),
    ("@annnel, #nelann", "@[erased], #[erased]"),
    (r"C:\people\annnel\x.doc", r"C:\people\[erased]\x.doc"),
    ("user=annnel", "user=[erased]"),
    ("ann.m%40nel.example", "[erased]"),
    ("tel:%2B27%2082%20123%207654", "tel:[erased]"),
)
# What is of other people, or of nobody.
HARMLESS: Final = (
    "Joann Nel",
    "Ann Nelson",
    "Ann Nel­son",
    "Joann%20Nel",
    "Ann%20Nelson",
    "Zo&euml; M&uuml;llerson",
    "joannnel@mail.example",
    "annnelson@mail.example",
    "/channel/annnels",
    "the annnel of a kiln",
    "Food & Beverage; R&D; a=20 100%25 off",
    "https://x.example/?first=ann&x=nel",
    r"C:\new\tan\nel",
)


def matcher(*names: tuple[str, str], others: frozenset[str] = frozenset()) -> Matcher:
    return Matcher(Traits(frozenset(KEYS), frozenset(names or NAMES), frozenset(), others), [], 1)


@pytest.mark.parametrize(("written", "left"), WRITTEN)
def test_a_name_in_codes_is_found_by_the_index_and_taken_out(written: str, left: str) -> None:
    person = matcher()
    document = {"payload": {"text": f"Lunch: {written} today", "n": 3}}

    assert person.redacted_text(f"Lunch: {written} today") == f"Lunch: {left} today"
    assert person.is_named([None, written])
    assert person.is_named([json.dumps(document, ensure_ascii=False)])
    assert json.loads(person.redacted_json(json.dumps(document)))["payload"]["text"] == f"Lunch: {left} today"


@pytest.mark.parametrize("said", HARMLESS)
def test_words_of_others_stay(said: str) -> None:
    # Beside a true mention as well, by which the text is looked at.
    for text in (said, f"Ann Nel and {said}"):
        assert matcher().redacted_text(text) == text.replace("Ann Nel and", "[erased] and")


def test_a_list_entry_with_the_name_in_codes_is_blanked() -> None:
    players = {"players": [{"name": "Zo&euml; M&uuml;ller", "hcp": 3}, {"name": "Bo Ek", "hcp": 4}]}

    left = json.loads(matcher().redacted_json(json.dumps(players)))

    assert left == {"players": [{"name": "[erased]", "hcp": None}, {"name": "Bo Ek", "hcp": 4}]}


@settings(max_examples=examples(200), deadline=None)
@given(st.text(alphabet="aé%25C3=BC&uml;#\\x0<b>/? \n", max_size=40))
def test_a_reading_knows_where_each_of_its_signs_stands(text: str) -> None:
    for reading in readings(text):
        assert len(reading.text) == len(reading.starts) == len(reading.ends)
        for place in range(len(reading.text)):
            first, last = reading.place(place, place + 1)
            assert 0 <= first < last <= len(text)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([written for written, _ in WRITTEN]),
            st.sampled_from(HARMLESS),
            st.text(alphabet="anel.@/_%20&;=\\x ", max_size=8),
        ),
        max_size=4,
    )
)
def test_what_the_pattern_takes_out_has_the_tokens(said: list[str]) -> None:
    text = " ".join(said)
    for part in Traits(frozenset(KEYS), frozenset(NAMES), frozenset()).parts:
        spelling = [Spelling(part.pattern, part.ascii_pattern)]
        spotter = Spotter([], spelling) if part.run_together else Spotter(spelling, [])
        if spotter.is_in(text):
            assert tokens_of_texts([text], 1) >= tokens_of_part(part, 1)


@given(st.text(alphabet="griffnsmthoe' -`.,GS<b>&;ﬃſ", max_size=24))
def test_the_pattern_for_ascii_finds_what_the_whole_one_finds(text: str) -> None:
    names = {("Griffin", "O'Some"), ("Smith", "Ten"), ("Bo", "Fi"), ("Zoë", "Östen")}
    for said in (text, text.replace("ten", "Smith Ten"), f"{text}Griffin O'Some{text}", "Bo Fi" + text):
        for part in Traits(frozenset(KEYS), frozenset(names), frozenset()).parts:
            whole, quick = Spelling(part.pattern), Spelling(part.pattern, part.ascii_pattern)
            assert [one.span() for one in quick.find(said)] == [one.span() for one in whole.find(said)]


def test_texts_without_codes_have_no_other_reading() -> None:
    assert decoded_texts("Ann & Bo, 50% off; a < b; x = 3 \\ y") == []


@pytest.mark.django_db
def test_notes_and_tags_of_others_forget_a_name_in_codes(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        ann = create_customer({"firstName": "Ann", "lastName": "Nel", "email": "ann.m@nel.example"}).pk
        bo = create_customer({"firstName": "Bo", "lastName": "Ek", "email": "bo@ek.example"}).pk
        update_customer(bo, {"tags": ["with Ann%20Nel", "cv_annnel.pdf", "VIP"]})
        add_note(bo, "Plays with Ann&nbsp;Nel, see https://x.example/annnel", Author("Lindi"))

        erase_customer(ann, reason="popia_erasure")

        assert CustomerProfile.objects.get(pk=bo).tags == ["VIP"]
        assert Note.objects.get().body == "Plays with [erased], see https://x.example/[erased]"


@pytest.mark.django_db
def test_a_name_run_together_that_is_somebody_elses_stays(fairview: Club) -> None:
    """Rob Inson is forgotten, and the Robinsons keep their addresses."""
    with tenant_scope(fairview.tenant):
        rob = create_customer({"firstName": "Rob", "lastName": "Inson", "email": "rob@x.example"}).pk
        ann = create_customer({"firstName": "Ann", "lastName": "Abel", "email": "ann@x.example"}).pk
        create_customer({"firstName": "Jo", "lastName": "Robinson", "email": "jo@x.example"})
        bo = create_customer({"firstName": "Bo", "lastName": "Ek", "email": "annabel@ek.example"}).pk
        add_note(bo, "robinson@x.example, /insonrob, annabel@ek.example, /abelann", Author("Lindi"))

        erase_customer(rob, reason="popia_erasure")
        erase_customer(ann, reason="popia_erasure")

        assert Note.objects.get().body == "robinson@x.example, /[erased], annabel@ek.example, /[erased]"
