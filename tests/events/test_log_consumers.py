"""Readers of the domain log: nothing skipped, nothing twice, one bad entry stops nobody."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from events import consumers, log
from events.consumers import Entry, PeerAway, statements
from events.log import LogEntry
from events.models import Consumer, DomainLogEntry, ParkedEntry
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.postgresql.commits import ASYNC_COMMIT
from tenants.scope import all_tenants, tenant_scope
from tests.cast import Club
from tests.events.logbook import (
    Reader,
    another_connection,
    append,
    append_late,
    position_of,
    read_all,
    register,
    settle,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_consumers")]


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

    assert reader.seen == ["1", "2", "3"]
    for club in (fairview, kingsmere):
        with tenant_scope(club.tenant):
            last = DomainLogEntry.objects.latest("id")
        stands = position_of(club.tenant)
        assert (stands.cluster, stands.last_xid, stands.last_id) == (last.cluster, last.xid, last.pk)


def test_what_was_switched_on_before_an_entry_is_known_when_it_is_read(fairview: Club) -> None:
    """An entry that comes while the consumer asks what it wants is left for the next batch."""
    reader = Reader()
    everything: dict[str, None] = {LogKind.PROFILE_CHANGED: None}
    nothing: dict[str, None] = {}
    said: list[dict[str, None]] = [everything]

    def wants(tenant: Tenant) -> dict[str, None]:
        if said[0]:
            return said[0]
        with another_connection() as other:
            append_late(other, fairview.tenant, "3")
            other.commit()
        return said.pop(0)

    reader.register(wants=wants)
    append(fairview.tenant, "1")
    read_all()
    append(fairview.tenant, "2")
    said[:] = [nothing, everything]

    read_all()
    read_all()

    assert reader.seen == ["1", "3"]


def test_a_batch_is_no_larger_than_declared_and_a_run_no_longer_than_asked(fairview: Club) -> None:
    reader = Reader()
    reader.register(batch_size=2)
    append(fairview.tenant, "1", "2", "3", "4", "5")
    settle()

    assert consumers.run("reader", fairview.tenant.pk, batches=2) is True
    assert (reader.batches, reader.seen) == ([2, 2], ["1", "2", "3", "4"])
    assert consumers.run("reader", fairview.tenant.pk, batches=2) is False
    assert reader.batches == [2, 2, 1]


def test_an_entry_is_invisible_to_readers_until_its_transaction_has_committed(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    with transaction.atomic(), tenant_scope(fairview.tenant):
        log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        consumers.run("reader", fairview.tenant.pk)
        seen_inside = list(reader.seen)

    read_all()

    assert (seen_inside, reader.seen) == ([], ["1"])


def test_a_transaction_that_commits_late_is_never_passed(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    with another_connection() as late:
        append_late(late, fairview.tenant, "early number, late commit")
        append(fairview.tenant, "committed meanwhile")
        consumers.run("reader", fairview.tenant.pk)
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
        cursor.execute(ASYNC_COMMIT)
        log.append([])
        assert commits() == "off"
        log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        assert commits() == "on"


def test_the_cursor_moves_with_the_effects_or_not_at_all(fairview: Club) -> None:
    calls: list[int] = []

    def write_then_fail(tenant: Tenant, entries: object) -> None:
        calls.append(1)
        CustomerProfile.objects.create(tenant=tenant)
        if len(calls) == 1:
            raise OperationalError("the database went away")

    register(handle=write_then_fail)
    append(fairview.tenant, "1")
    settle()

    with pytest.raises(OperationalError):
        consumers.run("reader", fairview.tenant.pk)

    with tenant_scope(fairview.tenant):
        assert (CustomerProfile.objects.count(), position_of(fairview.tenant).last_id) == (0, 0)
    read_all()
    with tenant_scope(fairview.tenant):
        assert CustomerProfile.objects.count() == 1
    assert position_of(fairview.tenant).last_id > 0


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
    def write(tenant: Tenant, entries: list[Entry]) -> None:
        for entry in entries:
            CustomerProfile.objects.create(tenant_id=entry.tenant_id, first_name=entry.data["n"])
            if entry.data["n"] == "3":
                raise ValueError

    register(handle=write)
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

    assert consumers.run("reader", fairview.tenant.pk) is False

    waiting = position_of(fairview.tenant)
    assert (waiting.last_error, waiting.last_id) == ("queue cannot be reached", 0)
    assert waiting.failed_at is not None
    with all_tenants():
        assert not ParkedEntry.objects.exists()
    is_away[0] = False
    read_all()
    again = position_of(fairview.tenant)
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

    def wait_inside(tenant: Tenant, entries: list[Entry]) -> None:
        calls.append(len(entries))
        is_inside.set()
        assert may_go_on.wait(30)

    register(handle=wait_inside)
    append(fairview.tenant, "1")
    settle()

    def first() -> None:
        consumers.run("reader", fairview.tenant.pk)
        connection.close()

    runner = threading.Thread(target=first)
    runner.start()
    assert is_inside.wait(30)
    second = consumers.run("reader", fairview.tenant.pk)
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


def test_positions_are_made_once_and_a_new_consumer_starts_at_the_beginning(fairview: Club) -> None:
    Reader().register("old")
    append(fairview.tenant, "1")
    read_all("old")
    moved = position_of(fairview.tenant, "old")
    new = Reader()
    new.register("new")
    consumers.ensure_positions()

    read_all("new")

    assert consumers.names() == ["new", "old"]
    assert position_of(fairview.tenant, "old") == moved
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


@pytest.mark.usefixtures("fresh_tables")
def test_readers_find_their_place_by_the_index(fairview: Club) -> None:
    append(fairview.tenant, *(str(number) for number in range(50)))

    with tenant_scope(fairview.tenant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        values: dict[str, Any] = {
            "tenant": fairview.tenant.pk,
            "cluster": 7,
            "xid": "5",
            "id": 5,
            "limit": 10,
            "scanned": 50,
            "before": "9",
            "kinds": ["a.b"],
            "typed_kinds": ["a.c"],
            "types": ["X"],
        }
        cursor.execute("EXPLAIN " + statements.READ.format(bounds=""), values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("EXPLAIN " + statements.LAST.format(bounds=""), values)
        last = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Only Scan Backward using events_log_position_idx" in last
    assert "Index Scan using events_log_position_idx" in plan
    assert "ROW(xid, id) > ROW(" in plan.partition("Index Cond:")[2]
    batch = plan[plan.index("CTE batch") : plan.index("Index Cond:")]
    assert "Sort" not in batch, "only the few rows of the batch are sorted, never the log"
