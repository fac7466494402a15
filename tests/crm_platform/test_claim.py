"""A data folder has one owner at a time."""

import os
from pathlib import Path

import pytest

from crm_platform.embedded import ServerError
from crm_platform.embedded.claim import claimed
from tests.crm_platform.processes import start

HOLD = (
    "import sys, time; from pathlib import Path; from crm_platform.embedded.claim import claimed\n"
    "with claimed(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
)


def test_a_second_owner_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        claimed(tmp_path),
        pytest.raises(ServerError, match=rf"already runs on .* \(process {os.getpid()}\)"),
        claimed(tmp_path),
    ):
        pytest.fail("two owners")


def test_a_folder_can_be_claimed_again_after_its_owner_is_done(tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(tmp_path) as folder:
            assert folder == tmp_path


def test_a_killed_owner_leaves_no_lock_behind(tmp_path: Path) -> None:
    owner = start("-c", HOLD, str(tmp_path))
    assert owner.stdout is not None
    assert owner.stdout.readline() == "held\n"

    owner.kill()
    owner.communicate()

    with claimed(tmp_path) as folder:
        assert folder == tmp_path
