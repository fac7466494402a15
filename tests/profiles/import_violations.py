"""Every named constraint of the tables of imports, violated; part of the table in test_constraints.py."""

from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from profiles.models import ColumnChoice, ImportRow, MemberImport
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.constraints import Violation
from tests.profiles.records import NOON
from tests.profiles.score_violations import foreign, stored


def an_import(club: Club, **values: Any) -> Any:
    defaults: dict[str, Any] = {"file_name": "members.csv", "header": [], "targets": []}
    return stored(club, MemberImport, **(defaults | values))


def imported(**values: Any) -> Violation:
    return lambda club: an_import(club, **values)


def a_row(*, times: int = 1, **values: Any) -> Violation:
    def violate(club: Club) -> object:
        made = an_import(club)
        return [
            stored(club, ImportRow, **({"import_id": made.pk, "line": 2, "cells": ["a"]} | values))
            for _ in range(times)
        ]

    return violate


def a_row_of_another_clubs_import(club: Club) -> object:
    other = factories.tenant()
    with tenant_scope(other):
        theirs: UUID = MemberImport.objects.create(tenant=other, file_name="x", header=[], targets=[]).pk
    return stored(club, ImportRow, import_id=theirs, line=2, cells=["a"])


def second_id(club: Club) -> object:
    """Past the primary key, which says the same: only the pair's own constraint is left to speak."""
    made = an_import(club)
    connection.check_constraints()  # pending deferred checks would keep the table from being changed
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE profiles_memberimport DROP CONSTRAINT profiles_memberimport_pkey")
    return an_import(club, id=made.pk)


IMPORT_VIOLATIONS: Final[dict[str, list[Violation]]] = {
    "profiles_import_tenant_uq": [second_id],
    "profiles_import_status_ck": [imported(status="LOST")],
    "profiles_import_form_ck": [imported(form="PAPER")],
    "profiles_import_progress_ck": [imported(done=-1), imported(total=-1)],
    "profiles_importrow_line_uq": [a_row(times=2)],
    "profiles_importrow_outcome_ck": [a_row(outcome="MAYBE")],
    "profiles_importrow_undone_ck": [a_row(undone_at=NOON)],
    "profiles_importrow_import_fk": [a_row(import_id=uuid4()), a_row_of_another_clubs_import],
    "profiles_importrow_profile_fk": [lambda club: a_row(profile_id=foreign(club))(club)],
    "profiles_columnchoice_header_uq": [
        lambda club: [stored(club, ColumnChoice, header="van", target="lastName") for _ in range(2)]
    ],
}
