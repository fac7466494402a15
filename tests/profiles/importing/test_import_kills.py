"""A worker killed in the middle of an import, and of its undoing, loses nothing and repeats nothing."""

import os
import signal
import subprocess
import sys

import pytest

from profiles.exchange.importing.jobs import start_import, undo_import, work_on
from profiles.models import CustomerProfile, Fact, Identifier, ImportRow, ImportStatus, MemberImport
from tenants.scope import tenant_scope
from tests.factories import tenant as make_tenant
from tests.patience import wait_until
from tests.profiles.importing.acts import brought_in, checked
from tests.profiles.importing.test_importing import everything

ROWS = 600
# Small chunks, so that there is a middle in which to kill.
WORKER = """
import django
django.setup()
from profiles.exchange.importing import jobs, running, undoing
running.CHUNK = running.MOST_CHUNK = undoing.CHUNK = 50
jobs.run_import({argument!r})
"""


def killed_worker(environment: dict[str, str], member_import: MemberImport, done: str) -> int:
    """Start a worker of its own, kill it once it has committed something; returns how many rows it has done."""
    argument = f"{member_import.tenant_id}/{member_import.pk}"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(argument=argument)], env=environment, start_new_session=True
    )
    rows = ImportRow.objects.filter(**{f"{done}__isnull": False})
    wait_until(lambda: rows.count() > 0 or worker.poll() is not None)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    # The lease would run out by itself.
    MemberImport.objects.filter(pk=member_import.pk).update(leased_until=None)
    return rows.count()


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_and_a_killed_undoing_end_as_if_nobody_had_been_killed(
    process_environment: dict[str, str],
) -> None:
    lines = [f"{n},First{n},Botha,m{n}@example.com,,17/05/1984,Gold,9,vip" for n in range(1, ROWS + 1)]
    undisturbed, disturbed = make_tenant("undisturbed"), make_tenant("disturbed")
    with tenant_scope(undisturbed):
        brought_in(*lines)
        wanted = (CustomerProfile.objects.count(), Identifier.objects.count(), Fact.objects.count())
    with tenant_scope(disturbed):
        before = everything()
        member_import = checked(*lines)
        start_import(member_import, takes_conflicts=False)

        assert 0 < killed_worker(process_environment, member_import, "applied_at") < ROWS
        done = work_on(member_import.pk)

        assert done is not None
        assert (done.status, done.counts["applied"]) == (ImportStatus.DONE, ROWS)
        assert (CustomerProfile.objects.count(), Identifier.objects.count(), Fact.objects.count()) == wanted

        undo_import(done)
        assert 0 < killed_worker(process_environment, member_import, "undone_at") < ROWS
        done = work_on(member_import.pk)

        assert done is not None
        assert done.status == ImportStatus.UNDONE
        assert everything() == before
