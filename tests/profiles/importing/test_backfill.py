"""The old system's members: both forms, again and again, and whether all of them have arrived."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from profiles.models import CustomerProfile, Fact, Identifier, MemberImport
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.api_callers import happened
from tests.profiles.importing.spreadsheets import csv_file
from tests.profiles.stories import member

ZA = "id,golfrsa_id,email,cell,first_name,last_name,membership_type,handicap,created_at"
ANNA = "za-1,2700012345,anna@example.com,082 123 4567,Anna,Botha,Gold,12.4,2019-03-01T08:00:00Z"
BEN = "za-2,,ben@example.com,27831234567,Ben,Cele,Silver,,2020-01-15"


def backfill(
    tenant: Tenant, capsys: pytest.CaptureFixture[str], path: Path, *options: str, source: str = "mca-za"
) -> str:
    call_command("backfill_members", str(path), "--source", source, "--tenant", tenant.slug, *options)
    return " ".join(capsys.readouterr().out.split())


def za_file(folder: Path, *lines: str, header: str = ZA) -> Path:
    path = folder / "za.csv"
    path.write_bytes(csv_file(header, *lines))
    return path


def person(email: str) -> CustomerProfile:
    found: CustomerProfile = CustomerProfile.objects.get(email=email)
    return found


def test_members_of_south_africa_arrive_with_their_ids_and_their_age(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = backfill(fairview.tenant, capsys, za_file(tmp_path, ANNA, BEN), "--expect", "2")

    assert (
        "total 2, created 2, updated 0, skipped 0, errors 0; in conflict 0, of which 0 were left out" in said
    )
    assert "records 2, distinct members 2, found here 2, missing 0" in said
    with tenant_scope(fairview.tenant):
        anna = person("anna@example.com")
        assert (anna.external_ids, anna.phone_number, anna.membership_tier, anna.handicap_tenths) == (
            {"mcaV1ZaId": "za-1", "golfRsaId": "2700012345"},
            "+27821234567",
            "Gold",
            124,
        )
        assert (anna.created_at.isoformat(), anna.lifecycle_stage) == ("2019-03-01T08:00:00+00:00", "MEMBER")
        # A day without an hour begins on the club's clock.
        assert person("ben@example.com").created_at.isoformat() == "2020-01-14T22:00:00+00:00"


def test_members_of_the_united_kingdom_have_their_own_columns(
    kingsmere: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "uk.ndjson"
    records: list[dict[str, Any]] = [
        {
            "id": 7,
            "cdh_id": 1012345678,
            "email": "A@Example.com",
            "mobile": "07911 123456",
            "forename": "Ann",
        },
        {
            "id": 8,
            "cdh_id": None,
            "email": None,
            "mobile": None,
            "forename": "Bob",
            "surname": "Ash",
            "handicap": -2.1,
        },
    ]
    path.write_text("\n".join(json.dumps(one) for one in records))

    said = backfill(kingsmere.tenant, capsys, path, source="mca-uk")

    assert "created 2" in said
    with tenant_scope(kingsmere.tenant):
        ann = person("a@example.com")
        assert (ann.external_ids, ann.phone_number) == (
            {"mcaV1UkId": "7", "cdhId": "1012345678"},
            "+447911123456",
        )
        assert CustomerProfile.objects.get(first_name="Bob").handicap_tenths == -21


def test_a_backfill_repeated_changes_nothing(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = za_file(tmp_path, ANNA, BEN)
    backfill(fairview.tenant, capsys, path)
    with tenant_scope(fairview.tenant):
        before = (
            sorted(Fact.objects.values_list("identifier_id", "field", "value")),
            Identifier.objects.count(),
        )

    said = backfill(fairview.tenant, capsys, path)

    assert "created 0, updated 0, skipped 2, errors 0" in said
    with tenant_scope(fairview.tenant):
        after = (
            sorted(Fact.objects.values_list("identifier_id", "field", "value")),
            Identifier.objects.count(),
        )
    assert after == before


def test_what_a_service_said_since_stands(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    happened(
        fairview.tenant,
        member(
            4, firstName="Anna", lastName="Nkosi", email="anna@example.com", membershipTierName="Platinum"
        ),
    )

    said = backfill(fairview.tenant, capsys, za_file(tmp_path, ANNA))

    assert "created 0, updated 1" in said
    assert "lastName │ 1 │ 0 │ 1" in said
    with tenant_scope(fairview.tenant):
        anna = person("anna@example.com")
        assert (anna.last_name, anna.membership_tier, anna.handicap_tenths) == ("Nkosi", "Platinum", 124)
        assert anna.external_ids == {"mcaV1ZaId": "za-1", "golfRsaId": "2700012345"}


def test_who_did_not_arrive_is_told_with_the_reason(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = za_file(tmp_path, ANNA, ",,x@example.com,,No,Id,,,", "za-9,,,,,,,,")
    problems = tmp_path / "problems.csv"

    said = backfill(fairview.tenant, capsys, path, "--problems", str(problems))

    assert "total 3, created 2, updated 0, skipped 0, errors 1" in said
    assert "Has no id, by which the old system knows its members." in problems.read_text("utf-8-sig")


def test_verifying_brings_nothing_in(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backfill(fairview.tenant, capsys, za_file(tmp_path, ANNA))

    said = backfill(fairview.tenant, capsys, za_file(tmp_path, ANNA, BEN), "--verify")

    assert "records 2, distinct members 2, found here 1, missing 1" in said
    with tenant_scope(fairview.tenant):
        assert (CustomerProfile.objects.count(), MemberImport.objects.count()) == (1, 1)


def test_columns_of_other_names_are_mapped_by_a_file(
    fairview: Club, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"lid": "mcaV1ZaId", "epos": "email"}')
    path = za_file(tmp_path, "1,anna@example.com", header="lid,epos")

    backfill(fairview.tenant, capsys, path, "--mapping", str(mapping))

    with tenant_scope(fairview.tenant):
        assert person("anna@example.com").external_ids == {"mcaV1ZaId": "1"}


def test_what_cannot_be_meant_is_refused_before_anything_is_done(fairview: Club, tmp_path: Path) -> None:
    slug = fairview.tenant.slug
    wrong = tmp_path / "mapping.json"
    wrong.write_text('{"cell": "shoeSize"}')
    options: list[tuple[Path, list[str], str]] = [
        (za_file(tmp_path, ANNA), ["--expect", "3"], "the source counts 3: nothing was done"),
        (za_file(tmp_path, ANNA), ["--mapping", str(wrong)], "must hold a JSON object"),
        (tmp_path / "missing.csv", [], "cannot be read"),
    ]
    for path, more, words in options:
        with pytest.raises(CommandError, match=words):
            call_command("backfill_members", str(path), "--source", "mca-za", "--tenant", slug, *more)
    lacking = tmp_path / "lacking.csv"
    lacking.write_bytes(csv_file("email,cell", "a@example.com,"))
    with pytest.raises(CommandError, match="There is no column 'id'"):
        call_command("backfill_members", str(lacking), "--source", "mca-za", "--tenant", slug)
    with tenant_scope(fairview.tenant):
        assert not CustomerProfile.objects.exists()
