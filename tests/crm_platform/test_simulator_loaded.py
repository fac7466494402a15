"""What a loaded demo is: clubs, logins, key and history; its score; and a second load, which changes nothing."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crm_platform.simulator.accounts import KEYS_FILE, LOGINS_FILE, PLATFORM_USER
from crm_platform.simulator.files import history_path
from crm_platform.simulator.loading import FOLDER, LOADED_FILE
from events.models import InboxEvent, InboxStatus
from profiles.models import CustomerProfile
from tenants.api_keys import find_key
from tenants.directory import find_tenant
from tenants.models import ApiKey, Membership, Role, Tenant, User
from tenants.scope import all_tenants
from tests.crm_platform.simulated import SMALL, logins, simulate
from tests.prepared import delete_shared_rows

pytestmark = pytest.mark.xdist_group("simulator-loaded")


@pytest.fixture(scope="module")
def data_dir(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Path]:
    """The folder of a demo that is loaded once; what a test does in the database is rolled back."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CRM_DATA_DIR", str(folder))
        with django_db_blocker.unblock():
            said = simulate("--load", *SMALL)
        assert logins(folder)[0]["password"] in said
        yield folder
    delete_shared_rows(django_db_blocker)


def test_the_whole_history_is_applied(data_dir: Path, db: None) -> None:
    with all_tenants():
        statuses = set(InboxEvent.objects.values_list("status", flat=True))
        count = InboxEvent.objects.count()
        profiles = CustomerProfile.objects.count()
    assert statuses == {InboxStatus.SUCCESS}
    assert count > 200
    assert 30 <= profiles <= 80
    loaded = json.loads((data_dir / FOLDER / LOADED_FILE).read_text())
    assert loaded == {tenant.slug: str(tenant.pk) for tenant in Tenant.objects.all()}


def test_the_clubs_have_their_settings(data_dir: Path, db: None) -> None:
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


def test_there_is_a_login_for_each_role_of_each_club_and_one_for_the_platform(
    data_dir: Path, db: None
) -> None:
    rows = logins(data_dir)
    assert len(rows) == 9
    assert {row["password"] for row in rows} == {rows[0]["password"]}
    assert stat.S_IMODE((data_dir / LOGINS_FILE).stat().st_mode) == 0o600
    for row in rows:
        user = User.objects.get(username=row["username"])
        assert user.check_password(row["password"])
        assert user.is_staff
        assert user.is_superuser == (row["tenant"] is None)
    roles = set(Membership.objects.values_list("tenant__slug", "role"))
    assert roles == {(slug, role.value) for slug in ("fairview", "kingsmere") for role in Role}
    assert not Membership.objects.filter(user__username=PLATFORM_USER).exists()


def test_the_key_may_publish_for_both_clubs(data_dir: Path, db: None) -> None:
    document = json.loads((data_dir / KEYS_FILE).read_text())["keys"][0]
    key = find_key(document["key"])
    assert key is not None
    assert key.scopes == {"crm:events", "crm:read"}
    assert key.tenant_ids == set(Tenant.objects.values_list("pk", flat=True))
    assert stat.S_IMODE((data_dir / KEYS_FILE).stat().st_mode) == 0o600


def test_a_second_load_changes_nothing(data_dir: Path, db: None) -> None:
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


def test_the_score_is_high_and_comes_as_data_too(data_dir: Path, db: None) -> None:
    text, data = simulate("--score"), json.loads(simulate("--score", "--json"))

    assert text.splitlines()[1].startswith("fairview")
    assert set(data) == {"fairview", "kingsmere"}
    for one in data.values():
        assert one["unknown_records"] == 0
        assert one["true_pairs"] > 5
        assert one["precision"] > 0.8
        assert one["recall"] > 0.7
