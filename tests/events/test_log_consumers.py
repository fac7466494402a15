"""Readers of the domain log: nothing skipped, nothing twice, one bad entry stops nobody."""

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction

from events import consumers, log
from events.consumers import Entry, PeerAway
from events.log import Happening
from events.models import Consumer, DomainLogEntry, ParkedEntry
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile
from tenants.postgresql.commits import UNHURRIED
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.logbook import Reader, another_connection, append, append_late, cursor_of, read_all, settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_other_consumers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(consumers, "_registry", {})
    return iter(())


def only(number: str, problem: Exception) -> Reader:
    return Reader(lambda entry: problem if entry.data["n"] == number else None)


def test_entries_come_once_in_order_and_other_kinds_only_move_the_cursor(
    fairview: Club, kingsmere: Club
) -> None:
    reader = Reader()
    reader.register(batch_size=2)
    append(fairview.tenant, "1", "2")
    append(fairview.tenant, "other", kind=LogKind.PROFILE_CREATED)
    append(kingsmere.tenant, "3")

    read_all()
    read_all()

    with all_tenants():
        last = DomainLogEntry.objects.latest("id")
    assert reader.seen == ["1", "2", "3"]
    assert cursor_of() == (last.xid, last.pk)


def test_a_batch_is_no_larger_than_declared_and_a_run_no_longer_than_asked(fairview: Club) -> None:
    reader = Reader()
    reader.register(batch_size=2)
    append(fairview.tenant, "1", "2", "3", "4", "5")
    settle()

    assert consumers.run("reader", batches=2) is True
    assert (reader.batches, reader.seen) == ([2, 2], ["1", "2", "3", "4"])
    assert consumers.run("reader", batches=2) is False
    assert reader.batches == [2, 2, 1]


def test_an_entry_is_invisible_to_readers_until_its_transaction_has_committed(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    with transaction.atomic(), tenant_scope(fairview.tenant):
        log.append([Happening(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        consumers.run("reader")
        seen_inside = list(reader.seen)

    read_all()

    assert (seen_inside, reader.seen) == ([], ["1"])


def test_a_transaction_that_commits_late_is_never_passed(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    with another_connection() as late:
        append_late(late, fairview.tenant, "early number, late commit")
        append(fairview.tenant, "committed meanwhile")
        consumers.run("reader")
        seen_while_open = list(reader.seen)
        late.commit()

    read_all()

    assert seen_while_open == []
    assert reader.seen == ["early number, late commit", "committed meanwhile"]


def test_what_was_rolled_back_never_happened(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    with another_connection() as late:
        append_late(late, fairview.tenant, "never")
        append(fairview.tenant, "1")

    read_all()

    assert reader.seen == ["1"]


def test_whoever_announces_something_waits_for_the_disk(fairview: Club) -> None:
    def commits() -> str:
        cursor.execute("SHOW synchronous_commit")
        return str(cursor.fetchone()[0])

    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UNHURRIED)
        log.append([])
        assert commits() == "off"
        log.append([Happening(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        assert commits() == "on"


def test_the_cursor_moves_with_the_effects_or_not_at_all(fairview: Club) -> None:
    calls: list[int] = []

    def write_then_fail(entries: object) -> None:
        calls.append(1)
        with tenant_scope(fairview.tenant):
            CustomerProfile.objects.create(tenant=fairview.tenant)
        if len(calls) == 1:
            raise OperationalError("the database went away")

    consumers.register("reader", kinds=[LogKind.PROFILE_CHANGED], handle=write_then_fail)
    consumers.ensure_cursors()
    append(fairview.tenant, "1")
    settle()

    with pytest.raises(OperationalError):
        consumers.run("reader")

    with tenant_scope(fairview.tenant):
        assert (CustomerProfile.objects.count(), cursor_of()) == (0, (0, 0))
    read_all()
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 1
    assert cursor_of() > (0, 0)


def test_a_poisonous_entry_is_parked_with_its_error_and_the_rest_goes_on(fairview: Club) -> None:
    reader = only("4", ValueError("cannot swallow this"))
    reader.register()
    append(fairview.tenant, *(str(number) for number in range(1, 9)))

    read_all()

    assert reader.seen == ["1", "2", "3", "5", "6", "7", "8"]
    assert reader.batches == [8, 4, 2, 2, 1, 1, 4]
    with tenant_scope(fairview.tenant):
        parked = ParkedEntry.objects.get()
        entry = DomainLogEntry.objects.get(pk=parked.log_id)
    assert (parked.consumer, parked.status, parked.data) == ("reader", "PARKED", {"n": "4"})
    assert parked.error == "ValueError: cannot swallow this"
    assert (parked.kind, parked.at) == (entry.kind, entry.at)


def test_what_a_failed_half_had_written_is_undone_before_it_is_tried_in_parts(fairview: Club) -> None:
    def write(entries: list[Entry]) -> None:
        for entry in entries:
            with tenant_scope(entry.tenant_id):
                CustomerProfile.objects.create(tenant_id=entry.tenant_id, first_name=entry.data["n"])
            if entry.data["n"] == "3":
                raise ValueError

    consumers.register("reader", kinds=[LogKind.PROFILE_CHANGED], handle=write)  # type: ignore[arg-type]
    consumers.ensure_cursors()
    append(fairview.tenant, "1", "2", "3", "4")

    read_all()

    with tenant_scope(fairview.tenant):
        names = sorted(CustomerProfile.objects.values_list("first_name", flat=True))
    assert names == ["1", "2", "4"]


def test_an_error_of_the_database_in_one_entry_parks_that_entry_only(fairview: Club) -> None:
    def break_statement(entry: Entry) -> Exception | None:
        if entry.data["n"] == "2":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return None

    reader = Reader(break_statement)
    reader.register()
    append(fairview.tenant, "1", "2", "3")

    read_all()

    assert reader.seen == ["1", "3"]
    with tenant_scope(fairview.tenant):
        assert "division by zero" in ParkedEntry.objects.get().error


def test_while_a_peer_is_away_nothing_is_parked_and_the_cursor_waits(fairview: Club) -> None:
    is_away = [True]
    reader = Reader(
        lambda entry: PeerAway("queue cannot be reached") if is_away[0] and entry.data["n"] == "2" else None
    )
    reader.register()
    append(fairview.tenant, "1", "2")
    settle()

    assert consumers.run("reader") is False

    waiting = Consumer.objects.get(name="reader")
    assert (waiting.last_error, waiting.last_id) == ("queue cannot be reached", 0)
    assert waiting.failed_at is not None
    with all_tenants():
        assert not ParkedEntry.objects.exists()
    is_away[0] = False
    read_all()
    again = Consumer.objects.get(name="reader")
    assert reader.seen == ["1", "2"]
    assert (again.last_error, again.failed_at) == ("", None)


def test_a_paused_consumer_reads_nothing_until_it_goes_on(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    append(fairview.tenant, "1")
    Consumer.objects.update(is_paused=True)
    read_all()
    seen_while_paused = list(reader.seen)

    Consumer.objects.update(is_paused=False)
    read_all()

    assert (seen_while_paused, reader.seen) == ([], ["1"])


def test_of_two_runners_at_once_the_second_has_nothing_to_do(fairview: Club) -> None:
    is_inside, may_go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    def wait_inside(entries: list[Entry]) -> None:
        calls.append(len(entries))
        is_inside.set()
        assert may_go_on.wait(30)

    consumers.register("reader", kinds=[LogKind.PROFILE_CHANGED], handle=wait_inside)  # type: ignore[arg-type]
    consumers.ensure_cursors()
    append(fairview.tenant, "1")
    settle()

    def first() -> None:
        consumers.run("reader")
        connection.close()

    runner = threading.Thread(target=first)
    runner.start()
    assert is_inside.wait(30)
    second = consumers.run("reader")
    may_go_on.set()
    runner.join(30)

    assert second is False
    assert calls == [1]


def test_each_consumer_goes_at_its_own_pace(fairview: Club) -> None:
    fast, slow = Reader(), Reader()
    fast.register("fast")
    slow.register("slow")
    append(fairview.tenant, "1")

    read_all("fast")
    append(fairview.tenant, "2")
    read_all("slow")

    assert (fast.seen, slow.seen) == (["1"], ["1", "2"])


def test_cursors_are_made_once_and_a_new_consumer_starts_at_the_beginning(fairview: Club) -> None:
    Reader().register("old")
    append(fairview.tenant, "1")
    read_all("old")
    moved = cursor_of("old")
    new = Reader()
    new.register("new")
    consumers.ensure_cursors()

    read_all("new")

    assert consumers.names() == ["new", "old"]
    assert cursor_of("old") == moved
    assert new.seen == ["1"]


def test_the_lag_tells_entries_and_age_per_consumer(fairview: Club) -> None:
    Reader().register("behind")
    append(fairview.tenant, "1", "2")
    up_to_date = Reader()
    up_to_date.register("up to date")
    read_all("up to date")

    behind, none = consumers.lags()

    assert (behind.name, behind.entries, behind.is_paused) == ("behind", 2, False)
    assert behind.seconds > 0
    assert (none.name, none.entries, none.seconds) == ("up to date", 0, 0.0)
    assert none.moved_at is not None


def test_transactions_are_read_by_their_number_and_not_by_its_spelling(fairview: Club) -> None:
    reader = Reader()
    reader.register(batch_size=1)
    append(fairview.tenant, "second", "first")
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_domainlogentry SET xid = CASE data ->> 'n' WHEN 'first' THEN '9' ELSE '10' END::xid8"
        )

    read_all()

    assert reader.seen == ["first", "second"]


def test_readers_find_their_place_by_the_index(fairview: Club) -> None:
    append(fairview.tenant, *(str(number) for number in range(50)))

    with all_tenants(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {consumers.READ}", ["5", 5, 10, [LogKind.PROFILE_CHANGED]])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan using events_log_cursor_idx" in plan
    assert "ROW(xid, id) > ROW(" in plan.partition("Index Cond:")[2]
    batch = plan[plan.index("CTE batch") : plan.index("Index Cond:")]
    assert "Sort" not in batch, "only the few rows of the batch are sorted, never the log"
