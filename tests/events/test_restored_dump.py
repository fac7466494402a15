"""A dump restored in a new cluster, by the recipe of docs/operations.md, word for word.

Its consumers are neither silenced (positions in the future of the younger cluster) nor repeat what they have read.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg
import pytest
from django.db import connection

from crm_platform import env
from crm_platform.embedded import EmbeddedPostgres
from crm_platform.embedded.postgres_program import program_dir
from events import consumers
from events.models import DomainLogEntry
from profiles.models import CustomerProfile
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.crm_platform.processes import product_environment
from tests.events.logbook import Reader, append, position_of, read_all
from tests.patience import PATIENCE_SECONDS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_consumers", "redis_server"),
]
RECIPE: Final = env.PROJECT_DIR / "docs" / "operations.md"
COMMAND: Final = re.compile(r"`((?:pg_dump|psql|pg_restore|manage\.py) [^`]+)`")
# More than a new cluster counts while it is set up and restored.
BUSY_TRANSACTIONS: Final = 20_000


def commands_when(what: str) -> list[str]:
    """The commands of one row of the table "When …"."""
    [row] = [line for line in RECIPE.read_text().splitlines() if line.startswith(f"| {what} |")]
    return COMMAND.findall(row)


def follow(commands: list[str], *, url: str, folder: Path) -> str:
    """Run commands of the recipe as somebody would who has copied them; returns what the last one said."""
    manage = f'"{sys.executable}" "{env.PROJECT_DIR / "manage.py"}"'
    said = ""
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command.replace("manage.py", manage).replace("URL", '"$URL"')],
            cwd=folder,
            env=product_environment(
                URL=url, CRM_DATABASE_URL=url, PATH=f"{program_dir()}{os.pathsep}{os.environ['PATH']}"
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}\n{said}"
    return said


@pytest.fixture
def new_cluster() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that has had nothing to do with the one of the tests."""
    with TemporaryDirectory(prefix="crm-new-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with EmbeddedPostgres(folder / "postgres", socket=folder / "socket", durable=False) as server:
            yield server


@contextmanager
def connected_to(server: EmbeddedPostgres) -> Iterator[None]:
    """Let this process work on the restored database."""
    address = connection.settings_dict
    before = {name: address[name] for name in ("HOST", "NAME")}
    connection.close()
    address.update(HOST=str(server.socket), NAME=env.DATABASE_NAME)
    try:
        yield
    finally:
        connection.close()
        address.update(before)


def test_a_dump_restored_in_a_new_cluster_silences_no_consumer_and_repeats_nothing(
    fairview: Club,
    kingsmere: Club,
    new_cluster: EmbeddedPostgres,
    tmp_path: Path,
    database_environment: dict[str, str],
) -> None:
    old_url = database_environment["CRM_DATABASE_URL"]
    reader, never_ran = Reader(), Reader()
    reader.register()
    never_ran.register("never_ran")
    append(fairview.tenant, "1", "2")
    read_all()
    append(fairview.tenant, "3")
    append(kingsmere.tenant, "k1")
    be_busy(old_url)
    append(fairview.tenant, "4")
    read_all()
    append(fairview.tenant, "5")
    append(kingsmere.tenant, "k2")
    with tenant_scope(fairview.tenant):
        CustomerProfile.objects.create(tenant=fairview.tenant, last_name="Zwane")
    assert reader.seen == ["1", "2", "3", "4", "k1"]

    follow(commands_when("the database must be saved"), url=old_url, folder=tmp_path)
    said = follow(commands_when("a dump must be restored"), url=new_cluster.url, folder=tmp_path)

    assert "no issues" in said
    with connected_to(new_cluster):
        # Otherwise nothing would have been in the future.
        assert int(position_of(fairview.tenant).last_xid) > transactions_counted()
        assert [(lag.name, lag.entries) for lag in consumers.lags()] == [("never_ran", 7), ("reader", 2)]
        append(fairview.tenant, "6")
        read_all()
        append(kingsmere.tenant, "k3")
        read_all()
        read_all("never_ran")
        assert [lag.entries for lag in consumers.lags()] == [0, 0]
        with tenant_scope(kingsmere.tenant):
            assert not CustomerProfile.objects.exists()
        assert functions_of_others() == []
    assert reader.seen == ["1", "2", "3", "4", "k1", "5", "6", "k2", "k3"]
    assert never_ran.seen == ["1", "2", "3", "4", "5", "6", "k1", "k2", "k3"]
    with all_tenants():
        assert not DomainLogEntry.objects.filter(data__n="6").exists()


def be_busy(url: str) -> None:
    """Let the cluster count far beyond where a new one stands."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            f"DO $$ BEGIN FOR n IN 1 .. {BUSY_TRANSACTIONS} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )


def transactions_counted() -> int:
    """How far the cluster that answers has counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def functions_of_others() -> list[str]:
    """Functions that run with other rights than those of `crm_all`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'crm'::regnamespace AND prosecdef"
            " AND proowner <> 'crm_all'::regrole"
        )
        return [name for (name,) in cursor.fetchall()]
