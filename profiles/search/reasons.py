"""Why somebody was found, for whoever searches: the texts shown with what fits marked, and what is not among them.

A fixed number of queries for any number of people; each is asked for only if something is still unexplained.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from profiles.models import CRM_RECORD, CustomerProfile, Identifier, Note
from profiles.search.finding import Closeness, search
from profiles.search.marks import Marks, Piece, excerpt
from profiles.search.search_query import words_of
from profiles.vocabulary import UNLISTED
from tenants.scope import current_tenant_id

# Of everybody together, the newest first.
MOST_NOTES: Final = 400
# As `profiles.ingest` has them in the documents.
MERGED_NAMES: Final = """
SELECT f.profile_id, string_agg(f.value #>> '{}', ' ' ORDER BY f.field)
FROM profiles_customerprofile AS p
JOIN profiles_fact AS f ON f.tenant_id = p.tenant_id AND f.profile_id = p.id
WHERE p.tenant_id = %s AND p.id = ANY(%s) AND p.has_shares
  AND f.field IN ('firstName', 'lastName') AND f.value #>> '{}' IS NOT NULL
GROUP BY f.profile_id, f.identifier_id ORDER BY f.identifier_id
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """What was found beyond what is shown anyway: `label` is a kind of key, or name, club, tag, note."""

    label: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody found; `details` are the member number, the address and the phone number, as far as known."""

    profile: CustomerProfile
    closeness: Closeness
    name: list[Piece]
    details: dict[str, list[Piece]]
    reasons: list[Reason]

    @property
    def is_guess(self) -> bool:
        """Whether something else was typed."""
        return self.closeness is Closeness.SLIP


def find(text: str, *, most: int) -> list[Found]:
    """The customers whom the text finds, the closest first, each with why."""
    closeness = {match.profile_id: match.closeness for match in search(text, most=most)}
    if not closeness:
        return []
    people = {
        profile.pk: profile
        for profile in CustomerProfile.objects.filter(pk__in=closeness).exclude(status__in=UNLISTED)
    }
    chosen = [_Explaining(people[key], text, closeness[key]) for key in closeness if key in people]
    for read in (_keys_of, _merged_names_of, _notes_of):
        unexplained = [each for each in chosen if not each.marks.are_complete]
        if unexplained:
            texts = read([each.profile.pk for each in unexplained])
            for each in unexplained:
                each.explain(texts.get(each.profile.pk, ()))
    return [each.found for each in chosen]


class _Explaining:
    """One person on the way to being explained."""

    def __init__(self, profile: CustomerProfile, text: str, closeness: Closeness) -> None:
        self.profile = profile
        self.marks = Marks(words_of(text), with_slips=closeness is Closeness.SLIP)
        shown = {
            "number": str(profile.scl_member_id or ""),
            "email": profile.email or "",
            "phone": profile.phone_number or "",
        }
        name = self.marks.mark(profile.name)
        details = {kind: self.marks.mark(value) for kind, value in shown.items() if value}
        self.found = Found(profile, closeness, name, details, [])
        self.explain(("tag", tag) for tag in profile.tags)
        self.explain([("club", profile.home_club_name or "")])
        # A display name may hide the others.
        self.explain([("name", f"{profile.first_name or ''} {profile.last_name or ''}".strip())])

    def explain(self, texts: Iterable[tuple[str, str]]) -> None:
        """Add each text that has a word which nothing had yet."""
        for label, text in texts:
            if self.marks.are_complete:
                return
            pieces = self.marks.mark_unseen(text)
            if pieces:
                self.found.reasons.append(Reason(label, excerpt(pieces)))


def _keys_of(ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    rows = Identifier.objects.filter(profile_id__in=ids).exclude(kind=CRM_RECORD).order_by("id")
    return _by_profile(
        (key, kind, value) for key, kind, value in rows.values_list("profile_id", "kind", "value")
    )


def _merged_names_of(ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    with connection.cursor() as cursor:
        cursor.execute(MERGED_NAMES, [current_tenant_id(), list(ids)])
        return _by_profile((key, "name", name) for key, name in cursor.fetchall())


def _notes_of(ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    rows = Note.objects.filter(profile_id__in=ids).order_by("-created_at", "-id")
    return _by_profile(
        (key, "note", body) for key, body in rows.values_list("profile_id", "body")[:MOST_NOTES]
    )


def _by_profile(rows: Iterable[tuple[UUID, str, str]]) -> dict[UUID, list[tuple[str, str]]]:
    texts: dict[UUID, list[tuple[str, str]]] = {}
    for profile_id, label, text in rows:
        texts.setdefault(profile_id, []).append((label, text))
    return texts
