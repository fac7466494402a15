"""Every column of a club's data is declared; what was declared wrongly is told."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from crm_platform import extension_checks
from profiles.models import CustomerProfile, Note
from profiles.tables import TABLES
from tenants.declarations import every
from tenants.extension import Move, OnUndo, Table

META = type("Meta", (), {"app_label": "profiles"})
NOTES = next(table for table in TABLES if table.model == "profiles.Note")


def test_every_table_and_column_is_declared() -> None:
    assert extension_checks.check_tables(None) == []
    assert extension_checks.check_extensions(None) == []


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ({}, "profiles.Note has a tenant, but no app declares what becomes of its rows."),
        (
            {"profiles.Note": replace(NOTES, plain=NOTES.plain[1:])},
            "profiles.Note.is_pinned is declared neither as personal nor as plain.",
        ),
        (
            {"profiles.Note": replace(NOTES, plain=(*NOTES.plain, "colour"))},
            "profiles.Note has no column colour.",
        ),
        (
            {"profiles.Note": replace(NOTES, plain=(*NOTES.plain, "body"))},
            "profiles.Note.body is declared both as personal and as plain.",
        ),
        (
            {"profiles.Note": replace(NOTES, erase=())},
            "profiles.Note holds personal data that no step erases.",
        ),
        (
            {"profiles.Note": replace(NOTES, person=("owner_id",), undo=OnUndo.GOES_ALONG)},
            "profiles.Note names its person in owner_id, which does not exist.",
        ),
    ],
)
def test_what_is_declared_wrongly_is_told(declared: dict[str, Table], fault: str) -> None:
    assert list(extension_checks.faults_of(Note, declared)) == [fault]


@isolate_apps("profiles")
@pytest.mark.parametrize(
    "person", [models.ForeignKey(CustomerProfile, models.CASCADE, related_name="+"), models.UUIDField()]
)
def test_a_table_that_names_a_person_without_a_club_is_told(person: Any) -> None:
    name = "owner" if person.remote_field else "profile_id"
    loose = type("Loose", (models.Model,), {"__module__": __name__, name: person, "Meta": META})

    assert list(extension_checks.faults_of(loose, {})) == [
        "profiles.Loose names a person, but has no tenant: no merge and no erasure would reach its rows."
    ]


def test_what_moves_on_a_merge_is_known_by_its_rule() -> None:
    moved = {table.model for table in every("tables") if isinstance(table.merge, Move)}

    assert {"profiles.Identifier", "profiles.Activity", "profiles.Note", "profiles.PrivacyRequest"} <= moved


def test_no_two_tables_of_a_copy_have_one_name() -> None:
    names = [table.model.partition(".")[2] for table in every("tables") if table.mine is not None]

    assert len(names) == len(set(names))
