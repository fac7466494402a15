"""The demo in the platform: clubs, logins, key and history, once; then its score."""

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from crm_platform.simulator.accounts import KEYS_FILE, LOGINS_FILE, PLATFORM_USER
from crm_platform.simulator.files import history_path, truth_path
from crm_platform.simulator.loading import FOLDER, LOADED_FILE
from events.models import InboxEvent, InboxStatus
from profiles.models import CustomerProfile
from tenants.api_keys import find_key
from tenants.directory import find_tenant
from tenants.models import ApiKey, Membership, Role, Tenant, User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.crm_platform.simulated import UNTIL

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("simulator-load")]
SMALL = ("--people", "40", "--months", "2", "--seed", "5", "--until", UNTIL.isoformat())


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    return tmp_path


def simulate(*arguments: str) -> str:
    out = StringIO()
    call_command("simulate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def logins(data_dir: Path) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = json.loads((data_dir / LOGINS_FILE).read_text())["logins"]
    return documents


def test_the_whole_history_is_applied(data_dir: Path) -> None:
    simulate("--load", *SMALL)

    with all_tenants():
        statuses = set(InboxEvent.objects.values_list("status", flat=True))
        count = InboxEvent.objects.count()
        profiles = CustomerProfile.objects.count()
    assert statuses == {InboxStatus.SUCCESS}
    assert count > 200
    assert 30 <= profiles <= 80
    loaded = json.loads((data_dir / FOLDER / LOADED_FILE).read_text())
    assert loaded == {tenant.slug: str(tenant.pk) for tenant in Tenant.objects.all()}


def test_the_clubs_have_their_settings(data_dir: Path) -> None:
    simulate("--load", *SMALL)

    fairview, kingsmere = Tenant.objects.get(slug="fairview"), Tenant.objects.get(slug="kingsmere")
    assert (fairview.default_country, fairview.currency, fairview.time_zone) == (
        "ZA",
        "ZAR",
        "Africa/Johannesburg",
    )
    assert (kingsmere.default_country, kingsmere.currency, kingsmere.time_zone) == (
        "GB",
        "GBP",
        "Europe/London",
    )
    assert fairview.tier_order == ["Platinum", "Gold", "Silver", "Bronze", "Junior", "Social"]
    assert "none@none.example" in fairview.placeholders
    assert "0000000000" in fairview.placeholders
    assert fairview.settings["simulation"]["seed"] == 5
    assert find_tenant("fv") == fairview


def test_there_is_a_login_for_each_role_of_each_club_and_one_for_the_platform(data_dir: Path) -> None:
    text = simulate("--load", *SMALL)

    rows = logins(data_dir)
    assert len(rows) == 9
    assert {row["password"] for row in rows} == {rows[0]["password"]}
    assert rows[0]["password"] in text
    assert stat.S_IMODE((data_dir / LOGINS_FILE).stat().st_mode) == 0o600
    for row in rows:
        user = User.objects.get(username=row["username"])
        assert user.check_password(row["password"])
        assert user.is_staff
        assert user.is_superuser == (row["tenant"] is None)
    roles = set(Membership.objects.values_list("tenant__slug", "role"))
    assert roles == {(slug, role.value) for slug in ("fairview", "kingsmere") for role in Role}
    assert not Membership.objects.filter(user__username=PLATFORM_USER).exists()


def test_the_key_may_publish_for_both_clubs(data_dir: Path) -> None:
    simulate("--load", *SMALL)

    document = json.loads((data_dir / KEYS_FILE).read_text())["keys"][0]
    key = find_key(document["key"])
    assert key is not None
    assert key.scopes == {"crm:events", "crm:read"}
    assert key.tenant_ids == set(Tenant.objects.values_list("pk", flat=True))
    assert stat.S_IMODE((data_dir / KEYS_FILE).stat().st_mode) == 0o600


def test_a_second_load_changes_nothing(data_dir: Path) -> None:
    simulate("--load", *SMALL)
    before = logins(data_dir)
    written = history_path(data_dir / FOLDER, "fairview").stat().st_mtime_ns
    with all_tenants():
        count = InboxEvent.objects.count()

    text = simulate("--load", *SMALL)

    assert "The history is loaded already." in text
    assert logins(data_dir) == before
    assert history_path(data_dir / FOLDER, "fairview").stat().st_mtime_ns == written
    assert ApiKey.objects.count() == 1
    assert User.objects.count() == 9
    with all_tenants():
        assert InboxEvent.objects.count() == count


def test_a_load_that_broke_off_is_finished_with_the_same_events(data_dir: Path) -> None:
    simulate("--load", *SMALL)
    (data_dir / FOLDER / LOADED_FILE).unlink()
    with all_tenants():
        count = InboxEvent.objects.count()

    text = simulate("--load", "--people", "60", "--seed", "6")

    assert "The demo here has seed 5, 40 people, 2 months; it stays so." in text
    with all_tenants():
        assert InboxEvent.objects.count() == count
    assert (data_dir / FOLDER / LOADED_FILE).exists()


def test_another_database_is_loaded_although_the_files_are_there(data_dir: Path) -> None:
    folder = data_dir / FOLDER
    folder.mkdir()
    (folder / LOADED_FILE).write_text(json.dumps({"kingsmere": "00000000-0000-0000-0000-000000000000"}))

    simulate("--load", "--tenants", "kingsmere", *SMALL)

    kingsmere = Tenant.objects.get()
    with tenant_scope(kingsmere):
        assert InboxEvent.objects.exists()


def test_one_club_can_be_loaded_alone(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *SMALL)

    assert [tenant.slug for tenant in Tenant.objects.all()] == ["kingsmere"]
    assert not truth_path(data_dir / FOLDER, "fairview").exists()
    assert {row["tenant"] for row in logins(data_dir)} == {"kingsmere", None}


def test_a_lost_file_of_logins_means_a_new_password(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *SMALL)
    before = logins(data_dir)[0]["password"]
    (data_dir / LOGINS_FILE).unlink()

    simulate("--load", "--tenants", "kingsmere", *SMALL)

    after = logins(data_dir)[0]["password"]
    assert after != before
    assert User.objects.get(username="kingsmere-admin").check_password(after)


@pytest.mark.parametrize("mode", ["--load", "--live", "--score"])
def test_a_real_club_of_the_same_name_is_left_alone(data_dir: Path, mode: str) -> None:
    club = factories.tenant("fairview")

    with pytest.raises(CommandError, match="fairview exists and is no demo"):
        simulate(mode, "--tenants", "fairview")

    with tenant_scope(club):
        assert not InboxEvent.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("mode", ["--live", "--score"])
def test_without_a_demo_it_says_how_to_get_one(data_dir: Path, mode: str) -> None:
    with pytest.raises(CommandError, match="simulate --load"):
        simulate(mode)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--load", "--tenants", "augusta"), "'augusta' is no club of the demo"),
        (("--load", "--people", "3"), "at least 20 people"),
        (("--out", "x", "--until", "soon"), "soon"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    data_dir: Path, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        simulate(*arguments)

    assert not Tenant.objects.exists()


def test_the_score_is_high_and_comes_as_data_too(data_dir: Path) -> None:
    simulate("--load", *SMALL)

    text, data = simulate("--score"), json.loads(simulate("--score", "--json"))

    assert text.splitlines()[1].startswith("fairview")
    assert set(data) == {"fairview", "kingsmere"}
    for one in data.values():
        assert one["unknown_records"] == 0
        assert one["true_pairs"] > 5
        assert one["precision"] > 0.8
        assert one["recall"] > 0.7


def test_a_half_loaded_club_is_not_scored(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *SMALL)
    (data_dir / FOLDER / LOADED_FILE).unlink()

    with pytest.raises(CommandError, match="not loaded completely"):
        simulate("--score")


def test_benchmark_events_are_written_with_their_people(tmp_path: Path) -> None:
    folder = tmp_path / "load"

    text = simulate(
        "--out", str(folder), "--events", "50", "--people", "20", "--tenants", "fairview", "--seed", "1"
    )

    assert {path.name for path in folder.iterdir()} == {
        "people-fairview.ndjson.gz",
        "mix-fairview.ndjson.gz",
    }
    assert "50 events" in text


def test_a_loaded_demo_goes_on_live_through_the_queue(
    data_dir: Path, redis_server: "redis.Redis", settings: LazySettings
) -> None:
    simulate("--load", "--tenants", "kingsmere", *SMALL)

    text = simulate("--live", "--rate", "6000", "--limit", "5")

    assert "Live: kingsmere, about 6000 events a minute" in text
    assert redis_server.llen(f"bull:{settings.CRM_EVENTS_QUEUE}:wait") == 5
