"""Imports by chunks and parts: what came of earlier ones is in mind, and whoever dies loses none."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from profiles.exchange.importing import jobs, running
from profiles.exchange.importing.jobs import start_import, work_on
from profiles.models import CustomerProfile, Fact, Identifier, ImportRow, ImportStatus, MemberImport
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.profiles.api_callers import happened
from tests.profiles.importing.acts import brought_in, checked, row
from tests.profiles.stories import member, player, tell
from tests.profiles.test_convergence import portrait, without_confidence

CROWDED = "Member No,First name,Surname,E-mail,Cell,Date of birth,Handicap,Tags"


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


def portrait_after(rows: list[str], part: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
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
        member_import = checked(*rows, header=CROWDED)
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

    assert portrait_after(rows, 7, monkeypatch) == portrait_after(rows, len(rows), monkeypatch)


@pytest.mark.parametrize("chunk", [1, 2, 5_000])
def test_a_check_remembers_what_it_saw_in_earlier_chunks(
    fairview: Club, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CHECK_CHUNK", chunk)
    happened(fairview.tenant, member(1, firstName="Anna", lastName="Botha", email="anna@example.com"))
    with tenant_scope(fairview.tenant):
        judged = checked(
            "1,Anna,Botha,anna@example.com,,,,12.4,",
            ",Ben,Smith,ben@example.com,,,,,",
            ",Carl,Nkosi,,,,,,",
            "1,,,,,,,12.4,",
            ",Ben,Smith,ben@example.com,082 123 4567,,,,",
            ",Carl,Nkosi,,,,,,",
            ",Ben,Smith,,082 123 4567,,,,",
        )

        rows = ImportRow.objects.filter(import_id=judged.pk).order_by("line")
        assert list(rows.values_list("outcome", "reason")) == [
            ("UPDATE", ""),
            ("CREATE", ""),
            ("CREATE", ""),
            ("UNCHANGED", ""),
            ("UPDATE", "The same person as in line 3."),
            (
                "CONFLICT",
                "Has nothing but a name, and line 4 has the same: nobody can tell whether they are one.",
            ),
            ("UPDATE", "The same person as in line 3."),
        ]
        assert judged.done == judged.total == 7


def test_a_run_that_dies_goes_on_where_it_ended(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    lines = [f"{number},Anna{number},Botha,anna{number}@example.com,,,,," for number in range(1, 8)]
    with tenant_scope(fairview.tenant):
        member_import = checked(*lines)
        start_import(member_import, takes_conflicts=False)

        def dying(*args: Any) -> Iterator[int]:
            yield from islice(running.run_chunks(*args), 2)
            raise OperationalError("server closed the connection")

        monkeypatch.setattr(jobs, "run_chunks", dying)
        with pytest.raises(OperationalError):
            work_on(member_import.pk)
        monkeypatch.setattr(jobs, "run_chunks", running.run_chunks)

        assert ImportRow.objects.filter(applied_at__isnull=False).count() == 4
        # Its lease still runs: nobody else may touch it.
        assert work_on(member_import.pk) is None
        MemberImport.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        done = work_on(member_import.pk)

        assert done is not None
        assert (done.status, done.counts["applied"], CustomerProfile.objects.count()) == (
            ImportStatus.DONE,
            7,
            7,
        )


def test_a_chunk_that_kills_each_worker_is_given_up(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    lines = [f"{number},Anna{number},Botha,anna{number}@example.com,,,,," for number in range(1, 8)]
    with tenant_scope(fairview.tenant):
        member_import = checked(*lines)
        start_import(member_import, takes_conflicts=False)
        begun = 0

        def killed_after_the_first(*args: Any) -> Iterator[int]:
            nonlocal begun
            begun += 1
            if begun == 1:
                yield from islice(running.run_chunks(*args), 1)
            raise KeyboardInterrupt

        monkeypatch.setattr(jobs, "run_chunks", killed_after_the_first)
        # The first brought in two rows, and counts for nothing.
        for _ in range(1 + jobs.MOST_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                work_on(member_import.pk)
            MemberImport.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert work_on(member_import.pk) is None
        error = MemberImport.objects.get().error
        monkeypatch.setattr(jobs, "run_chunks", running.run_chunks)
        start_import(member_import, takes_conflicts=False)
        done = work_on(member_import.pk)

    assert (error, begun) == ("Its worker ended 5 times without coming further.", 6)
    assert done is not None
    assert (done.status, done.counts["applied"]) == (ImportStatus.DONE, 7)


def test_a_chunk_that_cannot_be_done_is_said_and_can_be_tried_again(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(fairview.tenant):
        member_import = checked("1,Anna,Botha,anna@example.com,,,,,")
        start_import(member_import, takes_conflicts=False)

        def failing(*args: Any) -> Iterator[int]:
            raise ValueError("a bug of ours")

        monkeypatch.setattr(jobs, "run_chunks", failing)
        with pytest.raises(ValueError, match="a bug"):
            work_on(member_import.pk)
        monkeypatch.setattr(jobs, "run_chunks", running.run_chunks)
        member_import.refresh_from_db()
        assert (member_import.status, member_import.error) == (
            ImportStatus.FAILED,
            "ValueError: a bug of ours",
        )

        start_import(member_import, takes_conflicts=False)
        done = work_on(member_import.pk)

        assert done is not None
        assert (done.status, done.error, CustomerProfile.objects.count()) == (ImportStatus.DONE, "", 1)


def test_a_shared_address_of_a_newcomer_who_turns_out_to_be_known_is_had_once(fairview: Club) -> None:
    """Two members share a mailbox; a third name comes with it, and the next row says that it is one of the two."""
    tell(fairview.tenant, member(1, email="home@example.com", firstName="Ann", lastName="Botha"))
    tell(fairview.tenant, member(2, email="home@example.com", firstName="Ben", lastName="Botha"))

    with tenant_scope(fairview.tenant):
        done = brought_in(
            ",t1,Carl,Botha,home@example.com,12.4",
            "1,t1,,,,",
            header="Member No,Player id,First name,Surname,E-mail,Handicap",
            takes_conflicts=True,
        )

        assert row(done, 3).reason == "Shows that the person of line 2 is Ann Botha."
        ann, ben = CustomerProfile.objects.order_by("scl_member_id")
        held = Identifier.objects.filter(value="home@example.com")
        assert set(held.values_list("profile_id", flat=True)) == {ann.pk, ben.pk}
        assert len(held) == 2
        carl = Fact.objects.get(value="Carl")
        assert (carl.profile_id, Identifier.objects.get(pk=carl.identifier_id).kind) == (
            ann.pk,
            "crmRecordId",
        )


def test_many_rows_take_as_many_queries_as_few(fairview: Club) -> None:
    def queries(first: int, number: int) -> int:
        lines = [
            f"{n},Anna{n},Botha,anna{n}@example.com,,17/05/1984,Gold,9,vip"
            for n in range(first, first + number)
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            brought_in(*lines)
        return len(captured)

    with tenant_scope(fairview.tenant):
        queries(1, 1)
        assert queries(100, 3) == queries(200, 60)
