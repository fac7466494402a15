"""Posts through real workers while servers and programs are killed: each is out once, and known to be."""

import json
import subprocess
import sys

import pytest

from crm_platform import env
from tests.crm_platform.processes import product_environment

PATIENCE_SECONDS = 1_800
WANTED = {"posts": 24, "kills": 4, "patience_seconds": 1_200}


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_whatever_is_killed_each_post_is_out_once_and_known_to_be() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.social_outages", json.dumps(WANTED)],
        cwd=env.PROJECT_DIR,
        env=product_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.stdout, done.stderr[-2_000:]
    figures = json.loads(done.stdout)
    assert [one["measure"] for one in figures if not one["met"]] == []
    assert len(figures) == 5
    assert all(f"killed {part}" in done.stderr for part in ("postgres", "redis", "sandbox", "worker"))
    assert done.returncode == 0
