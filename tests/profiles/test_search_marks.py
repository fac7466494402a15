"""Which part of a text fits what was typed."""

import pytest

from profiles.search.marks import Marks, Piece, excerpt, regrouped
from profiles.search.search_query import words_of

# typed, text, the text with what fits in brackets
MARKED = [
    ("lindi", "Lindiwe Nkosi", "[Lindi]we Nkosi"),
    ("nk lin", "Lindiwe Nkosi", "[Lin]diwe [Nk]osi"),
    ("zoe", "Zoë Müller-Botha", "[Zoë] Müller-Botha"),
    ("zoe", "Zoe\u0308 Botha", "[Zoe\u0308] Botha"),
    ("mull", "Zoë Müller-Botha", "Zoë [Müll]er-Botha"),
    ("müller-botha", "Zoë Müller-Botha", "Zoë [Müller]-[Botha]"),
    ("obr", "Sean O’Brien", "Sean [O’Br]ien"),
    ("strasse", "Straße", "[Straße]"),
    ("0821", "+27821234567", "+27[821]234567"),
    ("4567", "+27821234567", "+2782123[4567]"),
    ("34567", "+27821234567", "+278212[34567]"),
    ("567", "+27821234567", "+27821234567"),
    ("123 4567", "+27821234567", "+2782[1234567]"),
    ("1234", "+27821234567", "+2782[1234]567"),
    ("+27 82", "+27821234567", "+[2782]1234567"),
    ("471", "4711", "[471]1"),
    ("lindi", "lindiwe.nkosi@example.com", "[lindi]we.nkosi@example.com"),
    ("lindiwe.n", "lindiwe.nkosi@example.com", "[lindiwe.n]kosi@example.com"),
    ("example.co", "lindiwe@example.com", "lindiwe@[example.co]m"),
    ("li lin", "Lindiwe", "[Lin]diwe"),
    ("diwe", "Lindiwe", "Lindiwe"),
    ("<b>", "<b>Bold</b>", "<[b]>[B]old</[b]>"),
    ("محم", "محمد", "[محم]د"),
]


def shown(typed: str, text: str, *, with_slips: bool = False) -> str:
    pieces = Marks(words_of(typed), with_slips=with_slips).mark(text)
    assert "".join(piece.text for piece in pieces) == text
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


@pytest.mark.parametrize(("typed", "text", "expected"), MARKED)
def test_what_was_typed_is_marked_where_it_stands(typed: str, text: str, expected: str) -> None:
    assert shown(typed, text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("lindwie", "[Lindiwe] Nkosi"), ("lindwi", "[Lindiwe] Nkosi"), ("nkozi", "Lindiwe [Nkosi]")],
)
def test_a_name_that_was_meant_is_marked_as_a_whole(typed: str, expected: str) -> None:
    assert shown(typed, "Lindiwe Nkosi", with_slips=True) == expected
    assert shown(typed, "Lindiwe Nkosi") == "Lindiwe Nkosi"


def test_a_text_explains_only_what_nothing_explained_before() -> None:
    marks = Marks(words_of("nkosi vip"))
    marks.mark("Lindiwe Nkosi")

    explained = [
        [piece.text for piece in marks.mark_unseen(text) if piece.is_match]
        for text in ("nkosi@example.com", "Été VIP", "VIP")
    ]

    assert explained == [[], ["VIP"], []]
    assert marks.are_complete


def test_of_a_long_text_the_first_place_is_shown_on_one_line() -> None:
    pieces = excerpt(Marks(words_of("knee")).mark(f"{'before ' * 20}\nknee\n{'after ' * 20}"))

    text = "".join(piece.text for piece in pieces)
    assert [piece.text for piece in pieces if piece.is_match] == ["knee"]
    assert text.startswith("…before") or text.startswith("…")
    assert text.endswith("…")
    assert "\n" not in text
    assert len(text) < 100


@pytest.mark.parametrize(
    ("pieces", "written", "shown"),
    [
        ([("+2782", False), ("4688525", True)], "+27 82 468 8525", "+27 82 [468 8525]"),
        ([("+", False), ("2782468", True), ("8525", False)], "+27 82 468 8525", "+[27 82 468] 8525"),
        ([("+1", False), ("415555", True), ("2671", False)], "+1 415-555-2671", "+1 [415-555]-2671"),
        ([("+27824688525", False)], "+27 82 468 8525", "+27 82 468 8525"),
        ([("082", True), ("1", False)], "+27 82 1", "[082]1"),
    ],
)
def test_marks_stay_where_a_number_is_written_in_groups(
    pieces: list[tuple[str, bool]], written: str, shown: str
) -> None:
    made = regrouped([Piece(*piece) for piece in pieces], written)

    assert "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in made) == shown
