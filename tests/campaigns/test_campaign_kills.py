"""A campaign through servers and programs that are killed at random: the service's book is the ledger, row by row."""

import json
import subprocess
import sys

import pytest

from crm_platform import env
from tests.crm_platform.processes import product_environment

PATIENCE_SECONDS = 1_800
WANTED = {"people": 2_000, "kills": 4, "hurry": True, "call_seconds": 0.5, "patience_seconds": 1_200}


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_whatever_is_killed_each_mailbox_has_one_message_and_book_and_ledger_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.campaign_kills", json.dumps(WANTED)],
        cwd=env.PROJECT_DIR,
        env=product_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.stdout, done.stderr[-2_000:]
    verdict = json.loads(done.stdout)
    assert verdict["kills"] == {"postgres": 1, "redis": 1, "sandbox": 1, "worker": 1}
    assert verdict["calls_cut"] > 0
    # 50 families of four share a mailbox; 150 never agreed, 20 took it back between planning and sending.
    assert verdict["mailboxes"] == verdict["in_book"] == 2_000 - 3 * 50 - 150 - 20
    assert verdict["skipped"] == {"SAME_MAILBOX": 150, "CONSENT": 170}
    assert (verdict["different"], verdict["twice"], verdict["open"]) == (0, 0, 0)
    assert verdict["campaign"] == "COMPLETED"
    assert verdict["is_right"] is True
    assert done.returncode == 0
