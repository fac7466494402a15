"""How many examples something is tried on: some in each run, the same ones each time; all of them, new ones, at night.

`make test-thorough`, or CRM_TESTS_THOROUGH=1, asks for all.
"""

import os
from collections.abc import Sequence
from typing import Any, Final
from zlib import crc32

from hypothesis import HealthCheck, settings

IS_THOROUGH: Final = bool(os.environ.get("CRM_TESTS_THOROUGH"))
LEAST: Final = 8
SHARE: Final = 4
USUAL: Final = 100


def examples(number: int) -> int:
    """What a run of today tries of a number that would be enough to sleep well."""
    return number if IS_THOROUGH else max(LEAST, number // SHARE)


def some(values: Sequence[Any], place: str) -> Sequence[Any]:
    """What a run of today tries at one of many places that are served by the same code.

    The places take turns, so that each value is tried at some of them.
    """
    return values if IS_THOROUGH else values[crc32(place.encode()) % SHARE :: SHARE]


def load_profile() -> None:
    """The profile of properties that name no number. No clock on the wall decides: machines are busy."""
    settings.register_profile(
        "house",
        max_examples=examples(USUAL),
        deadline=None,
        derandomize=not IS_THOROUGH,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.load_profile("house")
