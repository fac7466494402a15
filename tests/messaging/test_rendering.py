"""Texts for one person: strict with its place in a preview, lenient in sending, limited in any case."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from messaging.composing import club_values
from messaging.rendering import (
    CLUB_FIELDS,
    TemplateProblem,
    check_names,
    check_text,
    render,
    render_strict,
    values_for,
)
from tests.cast import Club

ANNA: dict[str, Any] = {
    "firstName": "Anna",
    "membershipTier": None,
    "handicap": 12.4,
    "lastBookingAt": datetime(2026, 11, 2, 9, 10, tzinfo=UTC),
    "memberSince": date(2011, 5, 1),
    "lifetimeValue": 123450,
    "authUserId": "secret",
}
VALUES = values_for(ANNA, club={"name": "Fairview"}, extra={"event": {"clubName": "Links"}})


def test_a_text_names_fields_of_the_profile_the_club_and_the_event() -> None:
    text = "{{ firstName }} of {{ club.name }}, {{ profile.handicap }}, {{ lastBookingDate }}, {{ event.clubName }}"

    assert render_strict(text, VALUES) == "Anna of Fairview, 12.4, 2026-11-02, Links"


def test_what_is_unknown_is_an_error_with_its_place_in_a_preview() -> None:
    with pytest.raises(TemplateProblem) as caught:
        render_strict("Hello,\n\ndear {{ frstName }}", VALUES, part="body")

    problem = caught.value
    assert (problem.part, problem.line, problem.column) == ("body", 3, 9)
    assert str(problem) == "body, line 3, column 9: “frstName” is not known here. Is “firstName” meant?"


def test_what_is_unknown_is_empty_in_sending_or_what_default_says() -> None:
    assert render("Dear {{ frstName }}{{ membershipTier | default: 'golfer' }}", VALUES) == "Dear golfer"


def test_a_field_without_a_value_is_no_mistake_in_a_preview() -> None:
    assert render_strict("[{{ membershipTier }}]", VALUES) == "[]"


@pytest.mark.parametrize(
    ("text", "place"),
    [("Hi\n{% if %}", (2, 4)), ("{{ firstName | nosuch }}", (1, 16)), ("{% for a in b %}", (1, 17))],
)
def test_liquid_that_cannot_be_read_is_refused_when_it_is_kept(text: str, place: tuple[int, int]) -> None:
    def keep_and_show() -> None:
        check_text(text)
        render_strict(text, VALUES)

    with pytest.raises(TemplateProblem) as caught:
        keep_and_show()

    assert (caught.value.line, caught.value.column) == place


def test_a_name_cannot_become_markup_in_html() -> None:
    values = values_for({"firstName": "<b>Anna</b>"}, club={})

    assert render("<p>{{ firstName }}</p>", values, is_html=True) == "<p>&lt;b&gt;Anna&lt;/b&gt;</p>"


def test_a_loop_without_end_is_stopped() -> None:
    with pytest.raises(TemplateProblem):
        render("{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}", VALUES)


def test_keys_of_the_machine_room_are_not_for_readers() -> None:
    assert render("[{{ authUserId }}{{ profile.authUserId }}]", VALUES) == "[]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear {{ fristName }},", "line 1, column 9: “fristName” is not known here. Is “firstName” meant?"),
        ("{{ club.nmae }}", "line 1, column 4: “club.nmae” is not known here."),
        ("{{ profile.shoe }}", "line 1, column 4: “profile.shoe” is not known here."),
        ("Hi\n{% if nick %}{{ nick }}{% endif %}", "line 2, column 7: “nick” is not known here."),
        ("{{ firstName", "line 1, column 1: What is begun with “{{” or “{%” is not closed."),
    ],
)
def test_names_that_nobody_has_a_value_for_are_found_before_anybody_is_written_to(
    text: str, words: str
) -> None:
    with pytest.raises(TemplateProblem) as problem:
        check_names(text)

    assert str(problem.value) == words


@pytest.mark.parametrize(
    "text",
    [
        "Dear {{ firstName | default: displayName }}, {{ profile.lastName }} of {{ club.name }}",
        "{{ event.anything.at.all }} {{ run.key }}",
        "{% assign nick = firstName %}{{ nick }}{% for tag in tags %}{{ tag }} {{ forloop.index }}{% endfor %}",
        "{% capture all %}{{ club['name'] }}{% endcapture %}{{ all }}",
    ],
)
def test_names_of_the_person_the_club_what_happened_and_the_texts_own_are_known(text: str) -> None:
    check_names(text)


def test_what_is_known_of_a_club_is_what_texts_get(fairview: Club) -> None:
    assert set(club_values(fairview.tenant)) == CLUB_FIELDS
