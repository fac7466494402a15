"""A journey through servers and programs that are killed at random: the service's book is the ledger, row by row."""

import json
import subprocess
import sys

import pytest

from crm_platform import env
from tests.crm_platform.processes import product_environment

PATIENCE_SECONDS = 1_800
WANTED = {"people": 300, "kills": 4, "hurry": True, "patience_seconds": 1_200}


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_whatever_is_killed_each_step_is_done_once_and_book_and_ledger_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.journeys_kills", json.dumps(WANTED)],
        cwd=env.PROJECT_DIR,
        env=product_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.stdout, done.stderr[-2_000:]
    verdict = json.loads(done.stdout)
    assert sum(verdict["kills"].values()) == 4
    assert min(verdict["kills"].values()) >= 1
    assert (verdict["in_book"], verdict["ledger"]) == (600, {"HANDED_OVER": 600})
    assert (verdict["different"], verdict["twice"], verdict["stuck"]) == (0, 0, 0)
    assert (verdict["completed"], verdict["steps"]) == (300, 1_800)
    assert (verdict["tasks"], verdict["tagged"]) == (300, 300)
    assert verdict["is_right"] is True
    assert done.returncode == 0
