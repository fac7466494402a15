"""Fixed lists: people put in and taken out by hand, by pasted addresses or numbers, by an import."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from profiles.desk_rows import tell_of
from profiles.exchange.importing.jobs import find_import
from profiles.models import ImportRow, ImportStatus, MemberImport
from profiles.reading import current_club
from segments.actions import get_segment
from segments.errors import NotAList
from segments.membership import Change, lock_members, name_others, write_changes
from segments.models import Cause, Segment
from tenants.directory import tenant_by_id
from tenants.scope import current_tenant_id

MOST_PASTED: Final = 100_000
_SPLIT: Final = re.compile(r"[\s,;\"']+")
_KEY: Final = re.compile(r"[@\d]")
_NUMBER: Final = re.compile(r"\d{1,18}")
# Who may be put on the list, of those who are not on it yet; for one that was merged the survivor.
ADDABLE: Final = """
SELECT DISTINCT COALESCE(p.merged_into_id, p.id) FROM profiles_customerprofile AS p
WHERE p.tenant_id = %(tenant)s AND p.id = ANY(%(ids)s) AND p.status <> 'DELETED'
  AND NOT EXISTS (SELECT FROM segments_segmentmember AS m
                  WHERE m.tenant_id = %(tenant)s AND m.segment_id = %(segment)s
                    AND m.profile_id = COALESCE(p.merged_into_id, p.id))
"""
PRESENT: Final = """
SELECT profile_id FROM segments_segmentmember
WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s AND profile_id = ANY(%(ids)s)
"""
BY_EMAIL: Final = """
SELECT value, min(profile_id::text)::uuid, count(DISTINCT profile_id) FROM profiles_identifier
WHERE tenant_id = %(tenant)s AND kind = 'email' AND value = ANY(%(values)s) GROUP BY value
"""
BY_NUMBER: Final = """
SELECT value, min(profile_id::text)::uuid, count(DISTINCT profile_id) FROM profiles_identifier
WHERE tenant_id = %(tenant)s AND kind = 'sclMemberId' AND value = ANY(%(values)s) GROUP BY value
"""


@dataclass(slots=True)
class Pasted:
    """What became of pasted text: who was found, what leads to nobody, what to several people."""

    found: list[UUID] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


def add_members(segment_id: UUID, profile_ids: Iterable[UUID], *, cause: Cause = Cause.MANUAL) -> int:
    """Put people on a list; returns how many were not on it yet. Raises SegmentNotFound, NotAList."""
    return _change(segment_id, profile_ids, is_join=True, cause=cause)


def remove_members(segment_id: UUID, profile_ids: Iterable[UUID], *, cause: Cause = Cause.MANUAL) -> int:
    """Take people off a list; returns how many were on it."""
    return _change(segment_id, profile_ids, is_join=False, cause=cause)


def add_import(segment_id: UUID, import_id: UUID) -> int:
    """Put on a list whom a finished import brought in or changed; returns how many were not on it yet.

    Whom the import made goes with it when it is undone. Idempotent. Raises SegmentNotFound, NotAList, ImportNotFound.
    """
    find_import(import_id)
    rows = ImportRow.objects.filter(import_id=import_id, applied_at__isnull=False, undone_at__isnull=True)
    people = rows.exclude(profile_id=None).values_list("profile_id", flat=True)
    return add_members(segment_id, set(people), cause=Cause.IMPORT)


def finished_imports() -> QuerySet[MemberImport]:
    """Imports whose people can be put on a list, the newest first."""
    imports: QuerySet[MemberImport] = MemberImport.objects.filter(status=ImportStatus.DONE)
    return imports.order_by("-made_at")


def _change(segment_id: UUID, profile_ids: Iterable[UUID], *, is_join: bool, cause: Cause) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        lock_members()
        segment = _list(segment_id)
        values: dict[str, Any] = {
            "tenant": segment.tenant_id,
            "segment": segment.pk,
            "ids": list(profile_ids),
        }
        cursor.execute(ADDABLE if is_join else PRESENT, values)
        changes = [Change(segment.pk, each, is_join, cause.value) for (each,) in cursor.fetchall()]
        write_changes(segment.tenant_id, changes)
        name_others(changes, tenant_by_id(segment.tenant_id), timezone.now())
        if cause is Cause.MANUAL:
            words = "put on the list" if is_join else "took off the list"
            kind = "LIST_JOINED" if is_join else "LIST_LEFT"
            people = [change.profile_id for change in changes]
            tell_of(people, kind, f"{words} “{segment.name}”", segment=str(segment.pk))
    return len(changes)


def _list(segment_id: UUID) -> Segment:
    segment = get_segment(segment_id)
    if segment.has_rule:
        raise NotAList
    return segment


def resolve_pasted(text: str) -> Pasted:
    """Whom pasted e-mail addresses and member numbers mean; an address of several people means nobody.

    A first line without either is the heading of a table.
    """
    text = text.replace("\x00", "").lstrip()
    heading, _, rest = text.partition("\n")
    if rest and not _KEY.search(heading):
        text = rest
    words = list(dict.fromkeys(word for word in _SPLIT.split(text) if word))[:MOST_PASTED]
    club = current_club()
    emails = {word: club.email(word) for word in words if "@" in word}
    numbers = {word: str(int(word)) for word in words if _NUMBER.fullmatch(word)}
    meant = {
        **_look_up(BY_EMAIL, [each for each in emails.values() if each]),
        **_look_up(BY_NUMBER, list(numbers.values())),
    }
    result = Pasted()
    for word in words:
        key = emails.get(word) or numbers.get(word)
        found = meant.get(key) if key else None
        if found is None:
            result.unknown.append(word)
        elif found[1] > 1:
            result.shared.append(word)
        else:
            result.found.append(found[0])
    result.found = list(dict.fromkeys(result.found))
    return result


def _look_up(statement: str, values: Sequence[str]) -> dict[str, tuple[UUID, int]]:
    if not values:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant_id(), "values": list(values)})
        return {value: (profile_id, holders) for value, profile_id, holders in cursor.fetchall()}
