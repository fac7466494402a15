"""Counting outcomes where it is known who is who."""

from pathlib import Path

from profiles.matching.duplicates.backends import open_backend
from profiles.matching.duplicates.learning import count_outcomes
from profiles.matching.duplicates.parameters import shipped_parameters
from tests.profiles.test_duplicate_parts import person, prepared


def test_outcomes_are_counted_among_the_pairs_that_are_named(tmp_path: Path) -> None:
    rows = [
        person(1, "Barend", "Esterhuizen", email="b@example.com", phone="+27821234567"),
        person(2, "Barend", "Esterhuizen", email="c@example.com", phone="+27821234567"),
        person(3, "William", "Ferguson", email="w@example.com"),
        person(4, "Bill", "Ferguson", email="w@example.com"),
    ]
    duck = prepared(tmp_path, rows)
    backend = open_backend(duck)

    seen = count_outcomes(
        duck, backend, backend.register("person", duck), [(2, 1), (3, 4)], shipped_parameters()
    )

    assert (
        seen["name.same"] == seen["name.close_first"] == seen["contact.phone"] == seen["contact.email"] == 1
    )
    assert seen["services.two_members"] == 2
