"""A copy for the person, erasure and restriction over REST and by command."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from events.consumers import Entry
from events.models import DomainLogEntry
from profiles import outbound
from profiles.merging.actions import merge_profiles
from profiles.models import CustomerProfile
from profiles.restricting import restricted_among, set_restriction
from profiles.scoring.people import Scorer
from profiles.unmerging import unmerge_profiles
from tenants.models import LoggedAction, Tenant
from tenants.scope import tenant_scope
from tests.cast import Club
from tests.profiles.api_callers import CUSTOMERS, caller, error_of, thandi
from tests.profiles.records import note
from tests.profiles.stories import contact, payment, player, tell


def call(tenant: Tenant, method: str, path: str, body: Any = None) -> Any:
    url = f"{CUSTOMERS}/{path}{'&' if '?' in path else '?'}tenantId={tenant.slug}"
    content = () if body is None else (json.dumps(body), "application/json")
    return caller(tenant).generic(method, url, *content)


def known(tenant: Tenant) -> UUID:
    profile_id = thandi(tenant)
    tell(tenant, payment(4711, 500, at=4), contact("c-1", email="thandi@example.org", emailOptIn=True, at=5))
    note(tenant, profile_id, body="=cmd|' /C calc'!A0")
    return profile_id


def test_the_copy_holds_what_every_table_has_about_the_person(fairview: Club) -> None:
    profile_id = known(fairview.tenant)

    body = call(fairview.tenant, "GET", f"{profile_id}/export").json()

    assert body["customer"]["firstName"] == "Thandi"
    assert {row["value"] for row in body["data"]["identifier"]} >= {
        "4711",
        "thandi@example.org",
        "+27821234567",
    }
    assert {row["type"] for row in body["data"]["activity"]} >= {"PAYMENT_RECEIVED", "MEMBER_CREATED"}
    assert [(row["channel"], row["said"], row["source"]) for row in body["consentHistory"]] == [
        ("email", "yes", "messaging")
    ]
    assert len(body["data"]["inboxEvent"]) == 3
    with tenant_scope(fairview.tenant):
        logged = LoggedAction.objects.get(action="customer.exported")
    assert logged.details["rows"]["note"] == 1


def test_the_zip_has_a_csv_for_each_table_and_defuses_formulas(fairview: Club) -> None:
    profile_id = known(fairview.tenant)

    answer = call(fairview.tenant, "GET", f"{profile_id}/export?format=zip")

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {"everything.json", "customer.csv", "identifier.csv", "note.csv"} <= set(archive.namelist())
    assert "'=cmd" in archive.read("note.csv").decode()


def test_another_format_is_refused(fairview: Club) -> None:
    assert call(fairview.tenant, "GET", f"{thandi(fairview.tenant)}/export?format=pdf").status_code == 400


def test_an_erased_customer_answers_as_unknown(fairview: Club) -> None:
    profile_id = known(fairview.tenant)

    preview = call(fairview.tenant, "POST", f"{profile_id}/erase", {"reason": "gdpr_erasure", "dryRun": True})
    done = call(fairview.tenant, "POST", f"{profile_id}/erase", {"reason": "gdpr_erasure"})

    assert preview.json()["receipt"] is None
    assert preview.json()["counts"] == done.json()["counts"]
    assert len(done.json()["receipt"]["hash"]) == 64
    for path in ("", "/export", "/activities", "/notes", "/restriction"):
        assert error_of(call(fairview.tenant, "GET", f"{profile_id}{path}")) == (404, "RESOURCE_NOT_FOUND"), (
            path
        )
    assert call(fairview.tenant, "POST", f"{profile_id}/erase", {"reason": "gdpr_erasure"}).status_code == 404


def test_erasures_count_as_several_requests_over_both_interfaces(
    fairview: Club, settings: Any, one_minute: None
) -> None:
    settings.CRM_RATE_LIMITS = {**settings.CRM_RATE_LIMITS, "write": 15}
    path, dry = f"{CUSTOMERS}/{known(fairview.tenant)}/erase", {"reason": "gdpr_erasure", "dryRun": True}
    rest, graphql = caller(fairview.tenant), caller(fairview.tenant)
    field = (
        f'eraseCustomer(customerId: "{path.split("/")[-2]}", reason: gdpr_erasure, dryRun: true) {{ counts }}'
    )

    statuses = [rest.post(path, dry, "application/json").status_code for _ in range(2)]
    answer = graphql.post(
        "/graphql", {"query": f"mutation {{ a: {field} b: {field} }}"}, "application/json"
    ).json()

    assert statuses == [200, 429]
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["RATE_LIMITED"]


def test_a_reason_must_be_given(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)

    for wrong, field in (({"reason": "boredom"}, "reason"), ({"reason": "boredom", "sure": True}, "sure")):
        answer = call(fairview.tenant, "POST", f"{profile_id}/erase", wrong)

        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["error"]["details"]] == [field]


def test_restriction_is_set_told_to_others_and_lifted(fairview: Club) -> None:
    profile_id = thandi(fairview.tenant)

    assert call(fairview.tenant, "PUT", f"{profile_id}/restriction", {"restricted": True}).json() == {
        "restricted": True
    }
    tell(
        fairview.tenant,
        player("t-9", email="thandi@example.org", name="Thandi", surname="Mokoena", handicap=9.1),
    )

    told = envelopes(fairview.tenant, profile_id)
    assert [one["payload"]["changes"] for one in told if one["type"] == "crm.profile.updated"] == [
        ["processingRestricted"]
    ]
    assert told[-1]["payload"]["processingRestricted"] is True
    assert call(fairview.tenant, "GET", f"{profile_id}/restriction").json() == {"restricted": True}
    call(fairview.tenant, "PUT", f"{profile_id}/restriction", {"restricted": False})
    assert call(fairview.tenant, "GET", f"{profile_id}/restriction").json() == {"restricted": False}


def envelopes(tenant: Tenant, profile_id: UUID) -> list[dict[str, Any]]:
    """What others would be told about the customer now."""
    with tenant_scope(tenant):
        rows = DomainLogEntry.objects.filter(profile_id=profile_id, kind__in=list(outbound.MAKERS)).order_by(
            "pk"
        )
        entries = [
            Entry("0", row.pk, row.tenant_id, row.kind, row.profile_id, row.data, row.at) for row in rows
        ]
        loaded = outbound._load(entries)
        made = [outbound._envelope(entry, loaded) for entry in entries]
    return [one for one in made if one is not None]


def test_a_restriction_follows_merges_and_comes_apart_with_them(fairview: Club) -> None:

    anna = thandi(fairview.tenant)
    tell(fairview.tenant, player("t-2", name="Ben"))
    with tenant_scope(fairview.tenant):
        ben = CustomerProfile.objects.get(teetime_player_id="t-2").pk
        set_restriction(ben, is_restricted=True)
        merge_profiles(anna, ben)
        assert restricted_among([anna, ben]) == {anna}
        unmerge_profiles(ben)
        assert restricted_among([anna, ben]) == {ben}


def test_a_restricted_customer_is_not_scored(fairview: Club) -> None:
    profile_id = known(fairview.tenant)
    with tenant_scope(fairview.tenant):
        set_restriction(profile_id, is_restricted=True)
        Scorer.of_scope().score([profile_id])
        assert CustomerProfile.objects.get(pk=profile_id).engagement_score is None
        set_restriction(profile_id, is_restricted=False)
        Scorer.of_scope().score([profile_id])
        assert CustomerProfile.objects.get(pk=profile_id).engagement_score is not None


def test_the_commands_do_the_same(fairview: Club, tmp_path: Path) -> None:
    profile_id = known(fairview.tenant)
    out = io.StringIO()

    call_command("export_profile", str(profile_id), "--out", str(tmp_path / "copy.json"), stdout=out)
    call_command("export_profile", str(profile_id), "--out", str(tmp_path / "copy.zip"), stdout=out)
    call_command("erase_profile", str(profile_id), "--reason", "popia_erasure", "--dry-run", stdout=out)
    call_command("erase_profile", str(profile_id), "--reason", "popia_erasure", stdout=out)

    assert zipfile.ZipFile(tmp_path / "copy.zip").read("letter.html").decode().count(fairview.tenant.name) > 0
    assert json.loads((tmp_path / "copy.json").read_text())["customer"]["firstName"] == "Thandi"
    copy = json.loads((tmp_path / "copy.json").read_text())
    assert {row["recordedAt"][-1] for row in copy["data"]["fact"]} == {"Z"}
    assert "Nothing was changed." in out.getvalue()
    assert f"Erased {profile_id} (receipt " in out.getvalue()
    with pytest.raises(CommandError):
        call_command("erase_profile", str(profile_id), "--reason", "popia_erasure")
