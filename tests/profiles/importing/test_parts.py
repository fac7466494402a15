"""What is decided while PostgreSQL stores the last part is what would have been decided of the whole at once."""

import random
from datetime import UTC, datetime

import pytest

from profiles.importing import running
from profiles.importing.jobs import choose_columns, start_import, work_on
from profiles.importing.opening import open_import
from profiles.models import ImportStatus, MemberImport
from tenants.scope import tenant_scope
from tests import factories
from tests.profiles.importing.spreadsheets import csv_file
from tests.profiles.stories import member, player, tell
from tests.profiles.test_convergence import portrait, without_confidence

HEADER = "Member No,First name,Surname,E-mail,Cell,Date of birth,Handicap,Tags"


def crowded_file(seed: int) -> list[str]:
    """Rows of which many are about the same people, or cannot be although they share an address."""
    rng = random.Random(seed)
    return [
        ",".join(
            (
                rng.choice(["", "", *(str(number) for number in range(1, 9))]),
                rng.choice(["", "Anna", "Ben", "B", "Carl"]),
                rng.choice(["Botha", "Smith"]),
                rng.choice(["", *(f"golfer{number}@example.com" for number in range(6))]),
                rng.choice(["", *(f"082123456{number}" for number in range(5))]),
                rng.choice(["", "", "17/05/1980", "18/06/1990"]),
                rng.choice(["", "12.4", "3"]),
                rng.choice(["", "gold", "2026"]),
            )
        )
        for _ in range(30)
    ]


def brought_in(rows: list[str], part: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A club of some known people after the file came in by parts of a size, free of the import's id."""
    tenant = factories.tenant()
    known = (
        member(1, email="golfer1@example.com", firstName="Anna", lastName="Botha"),
        member(2, phoneNumber="0821234562", firstName="Ben", lastName="Smith"),
        player("t1", email="golfer3@example.com", name="Carl", surname="Smith"),
    )
    tell(tenant, *({**event, "id": f"known-{number}"} for number, event in enumerate(known)))
    monkeypatch.setattr(running, "PART", part)
    with tenant_scope(tenant):
        member_import, guesses = open_import("members.csv", csv_file(HEADER, *rows))
        choose_columns(member_import, [guess.target.value for guess in guesses])
        work_on(member_import.pk)
        member_import.refresh_from_db()
        start_import(member_import, takes_conflicts=True)
        # Facts are as old as the import.
        MemberImport.objects.update(started_at=datetime(2026, 3, 1, tzinfo=UTC))
        done = work_on(member_import.pk)
        assert done is not None
        assert done.status == ImportStatus.DONE
        texts = [text.replace(str(member_import.pk), "import") for text in portrait(tenant)]
    return without_confidence(texts)


@pytest.mark.parametrize("seed", range(8))
def test_parts_end_as_the_whole_would(db: None, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = crowded_file(seed)

    assert brought_in(rows, 7, monkeypatch) == brought_in(rows, len(rows), monkeypatch)
