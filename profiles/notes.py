"""Changing and deleting notes: by whoever wrote them, or by an administrator; the action log keeps that it was done."""

from typing import Final
from uuid import UUID

from django.db import transaction

from profiles.editing import LONGEST_NOTE, Author, note_title
from profiles.errors import InvalidFields, NoteNotFound, NotYourNote
from profiles.models import Activity, Note
from tenants.action_log import log_action
from tenants.postgresql.locks import AdvisoryLock, lock_tenant

DELETED_TITLE: Final = "A note was deleted"


def change_note(
    note_id: UUID, author: Author, *, body: str, is_pinned: bool, may_change_others: bool = False
) -> Note:
    """Write it anew; the timeline follows. Raises NoteNotFound, NotYourNote, InvalidFields."""
    body = body.strip()
    if not body or len(body) > LONGEST_NOTE or "\x00" in body:
        raise InvalidFields({"body": f"Write a note of 1 to {LONGEST_NOTE:,} characters."})
    with transaction.atomic():
        note = _take(note_id, author, may_change_others=may_change_others)
        if body != note.body:
            _retitle(note, note_title(body))
        Note.objects.filter(pk=note.pk).update(body=body, is_pinned=is_pinned)
        log_action("note.changed", subject_kind="customer", subject_id=note.profile_id)
    note.refresh_from_db()
    return note


def delete_note(note_id: UUID, author: Author, *, may_change_others: bool = False) -> UUID:
    """Take it away with its words; returns whose it was. Raises NoteNotFound, NotYourNote."""
    with transaction.atomic():
        note = _take(note_id, author, may_change_others=may_change_others)
        profile_id: UUID = note.profile_id
        _retitle(note, DELETED_TITLE)
        note.delete()
        log_action("note.deleted", subject_kind="customer", subject_id=profile_id)
    return profile_id


def _take(note_id: UUID, author: Author, *, may_change_others: bool) -> Note:
    lock_tenant(AdvisoryLock.IDENTITY)
    note: Note | None = Note.objects.filter(pk=note_id).first()
    if note is None:
        raise NoteNotFound
    if not may_change_others and (author.user is None or note.author_id != author.user.pk):
        raise NotYourNote
    return note


def _retitle(note: Note, title: str) -> None:
    """Notes written for many at once stand in no timeline."""
    Activity.objects.filter(
        profile_id=note.profile_id, type="NOTE_ADDED", source_event_id=str(note.pk)
    ).update(title=title)
