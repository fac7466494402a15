"""Whatever networks, people and clocks do: no post twice, none live but failed, and every state true.

More plans by hand: `CRM_FAULT_SEEDS=200:400 pytest tests/social/test_fault_plans.py`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from social.networks import calling
from social.sandbox.server import Sandbox
from tests.social.fault_plans import PATIENCE, run
from tests.social.publishing import Stage, file_server, stage

__all__ = ["file_server", "stage"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FIRST, _, LAST = os.environ.get("CRM_FAULT_SEEDS", "1:7").partition(":")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A stand-in that can be restarted."""
    server = Sandbox(path=str(tmp_path / "networks.sqlite")).start()
    yield server
    server.stop()


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_no_plan_of_faults_makes_a_double_or_a_state_that_is_not_true(
    stage: Stage, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "READ_SECONDS", PATIENCE)

    seen = run(stage, seed)

    assert seen.problems() == [], seen.told
    assert seen.longest <= 20, seen.told
