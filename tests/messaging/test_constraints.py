"""Every named constraint of messaging, violated."""

import pytest

from tests.cast import Club
from tests.constraints import Violation, cases, check_refused, constraints_of
from tests.messaging.violations import VIOLATIONS


@pytest.mark.parametrize(("name", "violate"), cases(VIOLATIONS))
def test_the_database_refuses(name: str, violate: Violation, fairview: Club) -> None:
    check_refused(name, violate, fairview)


def test_every_constraint_is_violated_somewhere(db: None) -> None:
    assert constraints_of("messaging") == set(VIOLATIONS)
