"""What rows of the action log are about, by name and with a page to open: each app says it of its own kinds.

Names are looked up when the log is read, so that it holds none: what was erased since has no name in it any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.apps import apps
from django.urls import reverse

from tenants.declarations import every, resolve
from tenants.extension import Logged
from tenants.models import LoggedAction

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was about."""

    word: str  # "the segment"
    name: str = ""
    url: str = ""
    more: str = ""  # what exactly changed, where somebody still knows


def subjects_of(rows: Iterable[LoggedAction]) -> dict[int, Subject]:
    """Row's key → subject, of the open scope's rows; a query for each kind that occurs."""
    by_kind: dict[str, list[LoggedAction]] = {}
    for row in rows:
        by_kind.setdefault(row.subject_kind, []).append(row)
    known: dict[str, Logged] = {logged.kind: logged for logged in every("logged")}
    found: dict[int, Subject] = {}
    for kind, group in by_kind.items():
        found |= _of_kind(known[kind], group) if kind in known else _unnamed(kind, group)
    return found


def _unnamed(kind: str, rows: list[LoggedAction]) -> dict[int, Subject]:
    word = "" if kind in ("club", "tenant") else f"the {kind.replace('_', ' ')}"
    return {row.pk: Subject(word, str(row.details.get("name", ""))) for row in rows}


def _of_kind(logged: Logged, rows: list[LoggedAction]) -> dict[int, Subject]:
    ids = {row.subject_id for row in rows if _is_key(row.subject_id)}
    things = {
        str(thing.pk): thing for thing in apps.get_model(logged.model)._default_manager.filter(pk__in=ids)
    }
    more: Mapping[int, str] = resolve(logged.more)(rows) if logged.more else {}
    found = {}
    for row in rows:
        thing = things.get(row.subject_id)
        name = str(getattr(thing, logged.name)) if thing is not None else str(row.details.get("name", ""))
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        has_page = thing is not None and logged.route and not getattr(thing, "is_gone", False)
        url = reverse(f"admin:{logged.route}", args=[row.subject_id]) if has_page else ""
        found[row.pk] = Subject(logged.word, name, url, more.get(row.pk, ""))
    return found


def _is_key(text: str) -> bool:
    """Whether a row may have this key: all kinds that are looked up have UUIDs."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
