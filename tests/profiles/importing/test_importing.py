"""Imports end to end: check, run, undo, and what may happen in between."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from profiles.editing import create_customer, update_customer
from profiles.errors import ImportNotFound, ImportNotReady, InvalidFields
from profiles.exchange.importing import jobs
from profiles.exchange.importing.jobs import (
    choose_columns,
    discard_import,
    start_import,
    undo_import,
    work_on,
)
from profiles.exchange.importing.opening import open_import
from profiles.exchange.importing.problems import problems_file
from profiles.models import (
    CustomerProfile,
    ErasureReason,
    Fact,
    Identifier,
    ImportRow,
    ImportStatus,
    MemberImport,
    Note,
    ProfileMerge,
    ReviewCandidate,
    SearchDocument,
)
from profiles.privacy.erasing import erase_customer
from profiles.privacy.retention import apply_retention
from profiles.search.finding import search_profiles
from profiles.search.rebuilding import rebuild_documents
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.api_callers import happened
from tests.profiles.importing.acts import HEADER, brought_in, checked, row, taken_back
from tests.profiles.importing.spreadsheets import csv_file, office_workbook
from tests.profiles.stories import booking, member, player

GOLDEN = (
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "date_of_birth",
    "membership_tier",
    "scl_member_id",
)


def outcomes(member_import: MemberImport) -> list[tuple[int, str | None]]:
    rows = ImportRow.objects.filter(import_id=member_import.pk).order_by("line")
    return list(rows.values_list("line", "outcome"))


def people() -> list[dict[str, Any]]:
    living = CustomerProfile.objects.filter(status__in=["ACTIVE", "INACTIVE"])
    return list(
        living.order_by("id").values(
            "id", "tags", "stage_reached", "lifecycle_stage", "external_ids", *GOLDEN
        )
    )


def everything() -> dict[str, Any]:
    return {
        "people": people(),
        "facts": sorted(
            Fact.objects.values_list("profile_id", "field", "value", "source", "event_id"), key=str
        ),
        "keys": sorted(Identifier.objects.values_list("profile_id", "kind", "value", "is_shared")),
        "merges": ProfileMerge.objects.filter(unmerged_at=None).count(),
        "review": ReviewCandidate.objects.count(),
    }


def documents() -> list[tuple[Any, ...]]:
    return sorted(SearchDocument.objects.values_list("profile_id", "document"))


def test_an_office_workbook_becomes_customers(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        member_import, guesses = open_import("members.xlsx", office_workbook())
        choose_columns(member_import, [guess.target.value for guess in guesses])
        work_on(member_import.pk)
        start_import(member_import, takes_conflicts=False)
        done = work_on(member_import.pk)

        assert done is not None
        assert done.counts == {"CREATE": 4, "SKIPPED": 2, "applied": 4, "partial": 3}
        thandi = CustomerProfile.objects.get(scl_member_id=1001)
        assert (thandi.name, thandi.email, thandi.phone_number, str(thandi.date_of_birth)) == (
            "Thandi van der Merwe",
            "thandi@example.com",
            "+27821234567",
            "1984-05-17",
        )
        assert (thandi.membership_tier, thandi.lifecycle_stage, thandi.created_source) == (
            "Gold",
            "MEMBER",
            "crm",
        )
        zoe = row(done, 8)
        assert [remark["field"] for remark in zoe.remarks] == ["email", "phoneNumber"]
        assert LoggedAction.objects.filter(action="customers.imported", subject_id=str(done.pk)).count() == 1


def test_the_check_says_row_by_row_what_would_happen_and_does_nothing(fairview: Club) -> None:
    happened(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", email="anna@example.com", membershipTierName="Gold"),
        member(2, firstName="Ben", lastName="Cele", email="ben@example.com"),
    )
    with tenant_scope(fairview.tenant):
        before = everything()

        found = checked(
            "1,ANNA,BOTHA,anna@example.com,082 123 4567,,Silver,,vip",
            "2,Ben,Cele,ben@example.com,,,,,",
            "3,Dan,Evans,dan@example.com,,,,,",
            "3,Dan,Evans,dan@example.com,083 123 4567,,,,",
            "2,Zola,Budd,,,,,,",
            ",Fritz,Botha,anna@example.com,,,,,",
            ",,,nobody,,,,,",
            "MEMBERS OF HONOUR,,,,,,,,",
        )

        assert outcomes(found) == [
            (2, "UPDATE"),
            (3, "UNCHANGED"),
            (4, "CREATE"),
            (5, "UPDATE"),
            (6, "CONFLICT"),
            (7, "CONFLICT"),
            (8, "ERROR"),
            (9, "SKIPPED"),
        ]
        anna = row(found, 2)
        assert anna.changes == [
            {"field": "phoneNumber", "before": "empty", "after": "+27821234567"},
            {"field": "tags", "before": "", "after": "vip"},
        ]
        assert [remark["text"] for remark in anna.remarks] == [
            "Membership tier: stays Gold, as the membership service says."
        ]
        assert row(found, 5).reason == "The same person as in line 4."
        assert row(found, 6).reason == "Member number 2 is Ben Cele, whose name is another."
        assert row(found, 7).reason.startswith("E-mail is Anna Botha’s, who cannot be the same person.")
        assert row(found, 8).reason.startswith("No person given")
        assert everything() == before


def test_the_same_file_again_changes_nothing(fairview: Club) -> None:
    lines = (
        "1,Anna,Botha,anna@example.com,082 123 4567,17/05/1984,Gold,12.4,vip",
        "2,Ben,Cele,,083 123 4567,,,,",
    )
    with tenant_scope(fairview.tenant):
        brought_in(*lines)
        before = everything()

        again = brought_in(*lines)

        assert outcomes(again) == [(2, "UNCHANGED"), (3, "UNCHANGED")]
        assert everything() == before


def test_a_row_without_any_address_is_never_brought_in_twice(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        first = checked("", ",Ben,Adams,,,17/05/1984,,,", ",ben,adams,,,,,,")
        assert outcomes(first) == [(3, "CREATE"), (4, "CONFLICT")]
        brought_in(",Ben,Adams,,,17/05/1984,,,")

        again = checked(",Ben,Adams,,,17/05/1984,,,")

        assert row(again, 2).reason == (
            "Has nothing but a name, and a customer has the same: nobody can tell whether they are one."
        )


def test_rows_in_conflict_come_in_by_the_rules_where_that_is_wanted(fairview: Club) -> None:
    happened(fairview.tenant, member(1, firstName="Anna", lastName="Botha", email="family@example.com"))
    with tenant_scope(fairview.tenant):
        left_out = brought_in(",Fritz,Botha,family@example.com,,,,,")
        assert (left_out.counts["applied"], CustomerProfile.objects.count()) == (0, 1)

        taken = brought_in(",Fritz,Botha,family@example.com,,,,,", takes_conflicts=True)

        assert (taken.counts, CustomerProfile.objects.count()) == (
            {"CREATE": 1, "applied": 1, "partial": 0},
            2,
        )
        assert ReviewCandidate.objects.get().reason == "SHARED_KEY"
        assert set(Identifier.objects.filter(kind="email").values_list("is_shared", flat=True)) == {True}


def test_a_row_that_names_two_customers_joins_them_and_the_undo_parts_them(fairview: Club) -> None:
    happened(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", email="anna@example.com"),
        player("p1", name="Anna", surname="Botha", phone="082 123 4567"),
    )
    with tenant_scope(fairview.tenant):
        before = everything()
        joined = brought_in(",Anna,Botha,anna@example.com,082 123 4567,,,,")
        assert row(joined, 2).reason == "Shows that two customers are one: Anna Botha and Anna Botha."
        assert len(people()) == 1

        taken_back(joined)

        assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_an_import_taken_back_leaves_everything_as_it_was(fairview: Club) -> None:
    happened(
        fairview.tenant,
        member(1, firstName="Anna", lastName="Botha", email="family@example.com", dateOfBirth="1984-05-17"),
        player("p1", name="Ben", surname="Cele", email="ben@example.com"),
    )
    with tenant_scope(fairview.tenant):
        before = everything()
        done = brought_in(
            "1,Anna,Botha-Nkosi,family@example.com,082 123 4567,,Gold,,vip;captain",
            "7,Ben,Cele,ben@example.com,,,Gold,11.2,vip",
            ",Fritz,Botha,family@example.com,,,,,",
            "9,Dan,Evans,dan@example.com,083 123 4567,,,,",
            "9,Dan,Evans,dan@work.example.com,,,,,new",
            takes_conflicts=True,
        )
        assert len(people()) == 4

        taken_back(done)

        assert everything() == before
        gone = CustomerProfile.objects.filter(status="DELETED")
        assert [(one.name, one.email) for one in gone] == [("Unknown person", None)] * 2


@pytest.mark.django_db(transaction=True)
def test_everybody_is_found_by_what_a_file_says_and_no_longer_once_it_is_taken_back(fairview: Club) -> None:
    happened(fairview.tenant, member(1001, firstName="Thandi", lastName="Golfer", email="thandi@example.com"))
    with tenant_scope(fairview.tenant):
        done = brought_in(
            "1001,Thandi,Golfer,thandi@example.com,,,,,seniors", "1002,Zoe,Nkosi,zoe@example.com,,,,,captain"
        )
        thandi, zoe = (row(done, line).profile_id for line in (2, 3))
        assert (search_profiles("seniors"), search_profiles("captain nkosi")) == ([thandi], [zoe])
        written = documents()
        rebuild_documents()
        assert documents() == written

        taken_back(done)
        assert (search_profiles("seniors"), search_profiles("nkosi"), search_profiles("thandi")) == (
            [],
            [],
            [thandi],
        )


def test_what_came_since_stays_when_an_import_is_taken_back(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        done = brought_in(
            "7,Ben,Cele,ben@example.com,,,Gold,,",
            "8,Dan,Evans,,083 123 4567,,,,",
            "9,Eve,Fouche,eve@example.com,,,,,",
        )
        dan = CustomerProfile.objects.get(scl_member_id=8)
        Note.objects.create(
            tenant_id=fairview.tenant.pk, profile_id=dan.pk, origin_profile_id=dan.pk, body="Call back"
        )
    happened(
        fairview.tenant,
        player("p7", name="Benjamin", email="ben@example.com", at=timezone.now()),
        booking("p7", at=timezone.now()),
    )
    with tenant_scope(fairview.tenant):
        taken_back(done)

        left = {one["first_name"]: one for one in people()}
        # Ben has booked: he stays, known by what the booking says and by the keys it rests on. Dan has a note.
        assert set(left) == {"Benjamin", ""}
        assert (left["Benjamin"]["email"], left["Benjamin"]["membership_tier"]) == ("ben@example.com", "")
        assert left[""]["id"] == dan.pk


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_imports_of_one_file_nobody_is_left_once_both_are_taken_back(
    order: tuple[int, int], fairview: Club
) -> None:
    header = "Member No,First name,Surname,E-mail,Cell"
    people = ("1,Ann,Nel,ann@example.com,0821234567", ",Ben,Nel,ben@example.com,")
    with tenant_scope(fairview.tenant):
        kept = create_customer({"firstName": "Cas", "lastName": "Nel", "email": "cas@example.com"})
        both = [checked(*people, ",Cas,Nel,cas@example.com,0827654321", header=header) for _ in range(2)]
        for one in both:
            start_import(one, takes_conflicts=False)
            work_on(one.pk)
            one.refresh_from_db()

        taken_back(both[order[0]])
        between = CustomerProfile.objects.filter(status="ACTIVE").count()
        taken_back(both[order[1]])

        left = CustomerProfile.objects.filter(status="ACTIVE").get()
        keys = set(Identifier.objects.filter(profile_id=kept.pk).values_list("kind", "value"))
    assert (between, left.pk, left.phone_number) == (3, kept.pk, None)
    assert {value for kind, value in keys if kind != "crmRecordId"} == {"cas@example.com"}


def test_what_staff_changed_between_two_imports_stays_with_its_keys(fairview: Club) -> None:
    header = "Member No,First name,Surname,E-mail,Cell"
    with tenant_scope(fairview.tenant):
        first = brought_in("1,Ann,Nel,ann@example.com,0821234567", header=header)
        ann = CustomerProfile.objects.get(email="ann@example.com")
        update_customer(ann.pk, {"firstName": "Anneke"})
        second = brought_in("1,Ann,Nel,ann@example.com,0821234567", header=header)

        taken_back(first)
        taken_back(second)

        ann.refresh_from_db()
    assert (ann.status, ann.first_name, ann.email, ann.scl_member_id) == (
        "ACTIVE",
        "Anneke",
        "ann@example.com",
        1,
    )


def test_somebody_who_was_erased_does_not_come_back(fairview: Club) -> None:
    lines = ("1,Anna,Botha,anna@example.com,,,,,", "2,Ben,Cele,ben@example.com,,,,,")
    with tenant_scope(fairview.tenant):
        first = brought_in(*lines)
        erase_customer(CustomerProfile.objects.get(scl_member_id=1).pk, reason=ErasureReason.POPIA.value)
        # Her row went with her.
        assert outcomes(first) == [(3, "CREATE")]

        again = checked(*lines)

        assert outcomes(again) == [(2, "ERROR"), (3, "UNCHANGED")]
        assert row(again, 2).reason.startswith("Belongs to somebody who was erased")


def test_somebody_erased_between_check_and_run_does_not_come_back(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        brought_in("1,Anna,Botha,anna@example.com,,,,,")
        waiting = checked(
            "1,Anna,Botha,anna@example.com,082 123 4567,,,,", ",Anke,Botha,anke@example.com,,,,,"
        )
        ImportRow.objects.filter(import_id=waiting.pk).update(profile_id=None)
        MemberImport.objects.filter(pk=waiting.pk).update(status="CHECKED")
        kept = list(ImportRow.objects.filter(import_id=waiting.pk, line=2).values())
        erase_customer(CustomerProfile.objects.get(scl_member_id=1).pk, reason=ErasureReason.POPIA.value)
        # As if the row had been read by the run just before.
        ImportRow.objects.bulk_create(ImportRow(**one) for one in kept)

        start_import(waiting, takes_conflicts=False)
        work_on(waiting.pk)

        assert outcomes(waiting) == [(2, "ERROR"), (3, "CREATE")]
        assert [one["first_name"] for one in people()] == ["Anke"]


def test_acts_out_of_turn_are_refused_and_do_nothing(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        member_import = checked("1,Anna,Botha,anna@example.com,,,,,")
        with pytest.raises(ImportNotReady):
            undo_import(member_import)
        start_import(member_import, takes_conflicts=False)
        with pytest.raises(ImportNotReady):
            start_import(member_import, takes_conflicts=True)
        with pytest.raises(ImportNotReady):
            discard_import(member_import)
        assert MemberImport.objects.get().status == ImportStatus.RUNNING


def test_columns_that_are_no_choice_are_refused_by_name(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        member_import, _ = open_import("members.csv", csv_file("A,B,C", "x,y,z"))
        with pytest.raises(InvalidFields) as refused:
            choose_columns(member_import, ["firstName", "firstName", "shoeSize"])
        assert refused.value.fields == {
            "B": "First name is taken from “A” already.",
            "C": "Choose one of the list.",
        }
        with pytest.raises(InvalidFields, match="cannot be taken"):
            choose_columns(member_import, ["", "", ""])


def test_choices_are_remembered_for_the_clubs_next_file_and_for_no_other_club(
    fairview: Club, kingsmere: Club
) -> None:
    file = csv_file("Nickname,Clan,Contact", "Bokkie,Botha,a@example.com")
    with tenant_scope(fairview.tenant):
        member_import, _ = open_import("a.csv", file)
        choose_columns(member_import, ["firstName", "lastName", "email"])
        _, again = open_import("b.csv", file)
        assert [(guess.target.value, guess.why) for guess in again] == [
            ("firstName", "remembered"),
            ("lastName", "remembered"),
            ("email", "remembered"),
        ]
    with tenant_scope(kingsmere.tenant):
        _, elsewhere = open_import("a.csv", file)
        assert [guess.target.value for guess in elsewhere] == ["", "", "email"]


def test_an_import_is_nobody_elses(fairview: Club, kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant):
        member_import = checked("1,Anna,Botha,anna@example.com,,,,,")
    with tenant_scope(kingsmere.tenant):
        assert work_on(member_import.pk) is None
        with pytest.raises(ImportNotFound):
            jobs.find_import(member_import.pk)
        assert ImportRow.objects.count() == 0


def test_the_file_of_problems_can_be_mended_and_read_again(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        done = brought_in("1,Anna,Botha,anna@,,,,,", ",,,nobody,,,,,", "2,=Ben+1,Cele,ben@example.com,,,,,")

        text = b"".join(problems_file(done)).decode("utf-8-sig").splitlines()

    assert text[0].startswith("Line,What,Why,Member No")
    assert [line.split(",")[:2] for line in text[1:]] == [
        ["2", "New customer"],
        ["3", "Cannot be taken"],
        ["4", "New customer"],
    ]
    assert "'anna@' is no e-mail address; left out." in text[1]


def test_retention_forgets_imports_but_not_their_customers(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        brought_in("1,Anna,Botha,anna@example.com,,,,,")
        MemberImport.objects.update(made_at=timezone.now() - timedelta(days=181))
    apply_retention(fairview.tenant)
    with tenant_scope(fairview.tenant):
        assert (MemberImport.objects.count(), ImportRow.objects.count(), len(people())) == (0, 0, 1)


def write(folder: Path, *lines: str) -> str:
    path = folder / "members.csv"
    path.write_bytes(csv_file(HEADER, *lines))
    return str(path)


def run(tenant: Tenant, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("import_members", *arguments, "--tenant", tenant.slug)
    return capsys.readouterr().out


def test_the_command_checks_brings_in_and_takes_back(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(
        tmp_path, "1,Anna,Botha,anna@example.com,,,,,", ",,,nobody,,,,,", "2,Ben,Nel,ben.example,,,,,"
    )
    problems, rows = tmp_path / "problems.csv", tmp_path / "rows.csv"

    dry = run(fairview.tenant, capsys, file, "--dry-run", "--rows", str(rows))
    with tenant_scope(fairview.tenant):
        assert (CustomerProfile.objects.count(), MemberImport.objects.count()) == (0, 0)
    wet = run(fairview.tenant, capsys, file, "--problems", str(problems))

    assert "2  New customer" in dry
    assert "line 3: No person given" in dry
    assert "line 4: E-mail: " in dry
    assert [line.split(",")[1] for line in rows.read_text("utf-8-sig").splitlines()[1:]] == [
        "New customer",
        "Cannot be taken",
        "New customer",
    ]
    assert "Brought in 2 rows of members.csv." in wet
    assert "nobody" in problems.read_text("utf-8-sig")
    back = run(fairview.tenant, capsys, "--undo", wet.split()[-1])
    assert "Took back 2 rows of members.csv." in back
    with tenant_scope(fairview.tenant):
        assert people() == []


def test_the_command_says_what_is_wrong(fairview: Club, tmp_path: Path) -> None:
    slug = fairview.tenant.slug
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_members", str(tmp_path / "missing.csv"), "--tenant", slug)
    with pytest.raises(CommandError, match="There is no column 'Shoe'"):
        call_command(
            "import_members", write(tmp_path, "1,A,B,,,,,,"), "--column", "Shoe=firstName", "--tenant", slug
        )
    with pytest.raises(CommandError, match="Name a file"):
        call_command("import_members", "--tenant", slug)
