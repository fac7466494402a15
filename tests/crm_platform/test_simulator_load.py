"""Loading the demo: once, alone, after a break, in another database, and what is refused."""

import json
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings
from django.core.management import CommandError

from crm_platform.simulator.accounts import LOGINS_FILE
from crm_platform.simulator.files import truth_path
from crm_platform.simulator.loading import FOLDER, LOADED_FILE
from events.models import InboxEvent
from tenants.models import Tenant, User
from tenants.scope import all_tenants, tenant_scope
from tests import factories
from tests.crm_platform.simulated import UNTIL, logins, simulate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("simulator-load")]
TINY = ("--people", "20", "--months", "1", "--seed", "5", "--until", UNTIL.isoformat())


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_load_that_broke_off_is_finished_with_the_same_events(data_dir: Path) -> None:
    simulate("--load", *TINY)
    (data_dir / FOLDER / LOADED_FILE).unlink()
    with all_tenants():
        count = InboxEvent.objects.count()

    text = simulate("--load", "--people", "60", "--seed", "6")

    assert "The demo here has seed 5, 20 people, 1 months; it stays so." in text
    with all_tenants():
        assert InboxEvent.objects.count() == count
    assert (data_dir / FOLDER / LOADED_FILE).exists()


def test_another_database_is_loaded_although_the_files_are_there(data_dir: Path) -> None:
    folder = data_dir / FOLDER
    folder.mkdir()
    (folder / LOADED_FILE).write_text(json.dumps({"kingsmere": "00000000-0000-0000-0000-000000000000"}))

    simulate("--load", "--tenants", "kingsmere", *TINY)

    kingsmere = Tenant.objects.get()
    with tenant_scope(kingsmere):
        assert InboxEvent.objects.exists()


def test_one_club_can_be_loaded_alone(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *TINY)

    assert [tenant.slug for tenant in Tenant.objects.all()] == ["kingsmere"]
    assert not truth_path(data_dir / FOLDER, "fairview").exists()
    assert {row["tenant"] for row in logins(data_dir)} == {"kingsmere", None}


def test_a_lost_file_of_logins_means_a_new_password(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *TINY)
    before = logins(data_dir)[0]["password"]
    (data_dir / LOGINS_FILE).unlink()

    simulate("--load", "--tenants", "kingsmere", *TINY)

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


def test_a_half_loaded_club_is_not_scored(data_dir: Path) -> None:
    simulate("--load", "--tenants", "kingsmere", *TINY)
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
    simulate("--load", "--tenants", "kingsmere", *TINY)

    text = simulate("--live", "--rate", "6000", "--limit", "5")

    assert "Live: kingsmere, about 6000 events a minute" in text
    assert redis_server.llen(f"bull:{settings.CRM_EVENTS_QUEUE}:wait") == 5
