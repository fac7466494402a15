"""Notes: changed and deleted by their author or an administrator, with a trace; pinned, with links."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from profiles.editing import Author, add_note
from profiles.errors import InvalidFields, NoteNotFound, NotYourNote
from profiles.models import Activity, Note
from profiles.notes import change_note, delete_note
from tenants.models import LoggedAction, User
from tenants.scope import tenant_scope
from tests.back_office import desk, page_of, text_of
from tests.cast import Club
from tests.profiles.records import profile


def written(club: Club, by: User, body: str = "Rings back on Friday") -> Note:
    person = profile(club.tenant, first_name="Ann")
    with tenant_scope(club.tenant):
        return add_note(person.pk, body, Author(by.username, by))


def post(club: Club, user: User, note: Note, **given: Any) -> str:
    url = f"/admin/profiles/customerprofile/{note.profile_id}/notes/{note.pk}/"
    return text_of(desk(user).post(url, given, follow=True))


def titles(club: Club, person: UUID) -> list[str]:
    with tenant_scope(club.tenant):
        return list(Activity.objects.filter(profile_id=person).values_list("title", flat=True))


def test_its_author_changes_a_note_and_the_timeline_follows(fairview: Club) -> None:
    note = written(fairview, fairview.staff)

    html = post(fairview, fairview.staff, note, act="save", body="See https://club.example/a", is_pinned="on")

    assert "The note is saved." in html
    assert '<a href="https://club.example/a"' in html
    assert "Pinned" in html
    assert titles(fairview, note.profile_id) == ["Note: See https://club.example/a"]
    with tenant_scope(fairview.tenant):
        assert (
            LoggedAction.objects.filter(action="note.changed", subject_id=str(note.profile_id)).count() == 1
        )


def test_a_deleted_note_leaves_none_of_its_words(fairview: Club) -> None:
    note = written(fairview, fairview.staff)

    html = post(fairview, fairview.staff, note, act="delete")

    assert "The note is deleted." in html
    assert "Rings back" not in html
    assert titles(fairview, note.profile_id) == ["A note was deleted"]
    with tenant_scope(fairview.tenant):
        assert not Note.objects.exists()
        with pytest.raises(NoteNotFound):
            delete_note(note.pk, Author("x", fairview.staff))


def test_nobody_else_but_an_administrator_may_touch_it(fairview: Club) -> None:
    note = written(fairview, fairview.marketing_manager)
    assert "Change</summary>" not in text_of(desk(fairview.staff).get(page_of(note.profile_id)))

    html = post(fairview, fairview.staff, note, act="delete")
    assert "Only whoever wrote the note, or an administrator, can change it." in html
    with tenant_scope(fairview.tenant):
        assert Note.objects.get().body == "Rings back on Friday"
        with pytest.raises(NotYourNote):
            change_note(note.pk, Author("x", fairview.staff), body="Mine", is_pinned=False)
        with pytest.raises(InvalidFields):
            change_note(note.pk, Author("x", fairview.marketing_manager), body=" ", is_pinned=False)

    assert "The note is saved." in post(fairview, fairview.admin, note, act="save", body="Rang")


def test_the_page_says_since_when_somebody_is_a_member(fairview: Club) -> None:

    person = profile(fairview.tenant, member_since=date(2011, 3, 1))

    html = text_of(desk(fairview.staff).get(page_of(person.pk)))

    assert "Member since 2011" in html
    assert "Member since 1 March 2011 · record made" in html
