"""The pages of an import, from the upload to the undoing, as staff walk through them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from profiles.exchange.importing.jobs import work_on
from profiles.models import ColumnChoice, CustomerProfile, ImportRow, MemberImport
from tenants.models import LoggedAction
from tenants.scope import tenant_scope
from tests.back_office import desk
from tests.cast import Club
from tests.profiles.importing.acts import HEADER
from tests.profiles.importing.spreadsheets import csv_file, office_workbook


def upload(client: Client, content: bytes, name: str = "members.csv", **fields: str) -> Any:
    return client.post(reverse("admin:imports"), {"file": SimpleUploadedFile(name, content), **fields})


def the_import(club: Club) -> MemberImport:
    with tenant_scope(club.tenant):
        found: MemberImport = MemberImport.objects.get()
    return found


def act(client: Client, club: Club, name: str, **fields: str) -> Any:
    return client.post(reverse(f"admin:{name}", args=[the_import(club).pk]), fields)


def page(client: Client, club: Club, query: str = "") -> str:
    return client.get(reverse("admin:import", args=[the_import(club).pk]) + query).content.decode()


def work(club: Club) -> None:
    with tenant_scope(club.tenant):
        work_on(MemberImport.objects.get().pk)


def choose(client: Client, club: Club, *targets: str) -> Any:
    return act(
        client, club, "import_columns", **{f"column-{place}": one for place, one in enumerate(targets)}
    )


TARGETS = (
    "sclMemberId",
    "firstName",
    "lastName",
    "email",
    "phoneNumber",
    "dateOfBirth",
    "membershipTier",
    "",
    "tags",
)


def test_a_file_is_walked_from_upload_to_undoing(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    assert "Nothing has been imported yet" in manager.get(reverse("admin:imports")).content.decode()

    answer = upload(
        manager,
        csv_file(HEADER, "1,Anna,Botha,anna@example.com,,,,,vip", "2,Ben,Cele,ben@,,,,,", ",,,x,,,,,"),
    )
    assert answer.url == reverse("admin:import", args=[the_import(fairview).pk])
    assert "What is in which column?" in page(manager, fairview)

    choose(manager, fairview, *TARGETS)
    assert "0 of 3 rows" in page(manager, fairview)
    work(fairview)
    checked = page(manager, fairview)
    assert "2 rows ready to come in" in checked
    assert "No person given" in page(manager, fairview, "?rows=ERROR")
    assert "Anna Botha" not in page(manager, fairview, "?rows=ERROR")
    assert "Anna Botha" not in page(manager, fairview, "?after=2")

    act(manager, fairview, "import_start")
    work(fairview)
    assert "2 rows brought in" in page(manager, fairview)
    problems = manager.get(reverse("admin:import_problems", args=[the_import(fairview).pk]))
    assert b"'ben@' is no e-mail address" in problems.content

    act(manager, fairview, "import_undo")
    work(fairview)
    assert "Taken back" in page(manager, fairview)
    with tenant_scope(fairview.tenant):
        assert not CustomerProfile.objects.exclude(status="DELETED").exists()
        logged = (
            LoggedAction.objects.filter(subject_kind="import")
            .order_by("pk")
            .values_list("action", "actor_name")
        )
        assert [action for action, _ in logged] == [
            "customers.imported",
            "import.problems_read",
            "customers.import_undone",
        ]


def test_what_was_read_of_a_new_customer_is_shown_before_it_comes_in(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    upload(manager, csv_file(HEADER, "1,Anna,Botha,,,04/03/1980,Gold,,vip", "2,Ben,Cele,,,13/03/1981,,,"))
    choose(manager, fairview, *TARGETS)
    work(fairview)

    shown = manager.get(reverse("admin:import", args=[the_import(fairview).pk])).context["rows"]

    assert [said["changes"] for _, _, _, said in shown] == [
        [
            ("Member number", "", "1"),
            ("Date of birth", "", "4 March 1980"),
            ("Membership tier", "", "Gold"),
            ("Tags", "", "vip"),
        ],
        [("Member number", "", "2"), ("Date of birth", "", "13 March 1981")],
    ]


def test_a_bad_file_is_refused_in_words_and_nothing_is_kept(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)

    empty = upload(manager, b"Surname\r\n")
    missing = manager.post(reverse("admin:imports"))

    assert (empty.status_code, missing.status_code) == (422, 422)
    assert "There is no row below the header." in empty.content.decode()
    assert "Choose a file first." in missing.content.decode()
    with tenant_scope(fairview.tenant):
        assert not MemberImport.objects.exists()


def test_two_columns_for_one_field_are_refused_at_the_column_with_the_choice_kept(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    upload(manager, csv_file("A,B", "Anna,Botha"))

    answer = choose(manager, fairview, "firstName", "firstName")

    assert answer.status_code == 422
    assert "First name is taken from “A” already." in answer.content.decode()
    assert answer.content.decode().count('value="firstName" selected') == 2
    with tenant_scope(fairview.tenant):
        assert not ColumnChoice.objects.exists()


def test_conflicts_come_in_only_when_staff_say_so(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    upload(
        manager, csv_file(HEADER, "1,Anna,Botha,home@example.com,,,,,", ",Fritz,Botha,home@example.com,,,,,")
    )
    choose(manager, fairview, *TARGETS)
    work(fairview)
    assert "1 row contradicts what is known" in page(manager, fairview)

    act(manager, fairview, "import_start", conflicts="yes")
    work(fairview)

    assert "2 rows brought in" in page(manager, fairview)


def test_progress_leads_to_the_page_once_the_work_is_done(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    upload(manager, office_workbook(), "members.xlsx")
    choose(
        manager,
        fairview,
        "sclMemberId",
        "firstName",
        "lastName",
        "email",
        "phoneNumber",
        "dateOfBirth",
        "membershipTier",
    )
    progress = reverse("admin:import_progress", args=[the_import(fairview).pk])
    assert "0 of 6 rows" in manager.get(progress).content.decode()

    work(fairview)

    assert manager.get(progress).headers["Location"] == reverse(
        "admin:import", args=[the_import(fairview).pk]
    )


def test_an_import_that_was_not_started_can_be_discarded(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)
    upload(manager, csv_file("Surname", "Botha"))

    act(manager, fairview, "import_discard")

    with tenant_scope(fairview.tenant):
        assert not MemberImport.objects.exists()
        assert not ImportRow.objects.exists()


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_stands_in_a_file_is_never_markup(fairview: Club, evil: str) -> None:
    manager = desk(fairview.marketing_manager)
    cell = '"' + evil.replace('"', '""') + '"'
    upload(manager, csv_file(f"{cell},Surname", f"x,{cell}"), f"{evil}.csv")
    choose(manager, fairview, "firstName", "lastName")
    mapped = page(manager, fairview)
    work(fairview)

    for text in (mapped, page(manager, fairview), manager.get(reverse("admin:imports")).content.decode()):
        assert evil not in text


def test_more_rows_and_columns_take_no_more_queries(fairview: Club) -> None:
    manager = desk(fairview.marketing_manager)

    def queries(rows: int) -> int:
        upload(
            manager,
            csv_file(HEADER, *(f"{n},A{n},Botha,a{n}@example.com,,,,,vip" for n in range(1, rows + 1))),
        )
        choose(manager, fairview, *TARGETS)
        work(fairview)
        with CaptureQueriesContext(connection) as captured:
            page(manager, fairview)
        act(manager, fairview, "import_discard")
        return len(captured)

    queries(1)
    assert queries(1) == queries(40)


def test_words_for_a_status_are_asked_for_with_their_counts_and_remembered(fairview: Club) -> None:
    client = desk(fairview.marketing_manager)
    lines = ["Surname,E-mail,Status", *(f"Yusuf{n},y{n}@example.com,Half price" for n in range(3))]
    upload(client, csv_file(*lines))
    choose(client, fairview, "lastName", "email", "membershipStatus")
    work(fairview)
    asked = page(client, fairview)

    act(client, fairview, "import_statuses", **{"word-0": "Half price", "status-0": "ACTIVE"})
    work(fairview)

    assert "<strong>Half price</strong>" in asked
    assert '<td data-label="Rows" class="crm-right crm-number">3</td>' in asked
    assert "What do these membership statuses mean?" not in page(client, fairview)
    with tenant_scope(fairview.tenant):
        assert [row.values["membershipStatus"] for row in ImportRow.objects.all()] == ["ACTIVE"] * 3
