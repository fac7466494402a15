"""Consumers tenant by tenant: walls, peers, order among each other, the breaker, a restored database."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from events import consumers
from events.checks import check_log
from events.consumers import BREAKER, Entry, PeerAway
from events.consumers.reading import read_on
from events.consumers.registry import Registration, in_order
from events.log import LogEntry, UnknownLogKind
from events.log import append as append_log_entries
from events.models import DomainLogEntry, ParkedEntry
from profiles.log_kinds import LogKind
from profiles.models import CustomerProfile
from tenants.models import Tenant
from tenants.scope import all_tenants, current_scope, tenant_scope
from tests.cast import Club
from tests.events.logbook import Reader, append, position_of, read_all, register, run_once, settle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_consumers", "redis_server"),
]
OLD_CLUSTER = 4711


def parked() -> list[str]:
    with all_tenants():
        return [entry.data["n"] for entry in ParkedEntry.objects.order_by("log_id")]


def become_restored(*, xid: int = 1_000_000_000) -> None:
    """Let everything look as a dump from an older, busier cluster does."""
    with all_tenants(), connection.cursor() as cursor:
        for table, column in (("domainlogentry", "xid"), ("consumerposition", "last_xid")):
            cursor.execute(
                f"UPDATE events_{table} SET cluster = %s,"
                f" {column} = ({column}::text::bigint + %s)::text::xid8 WHERE cluster = events_cluster()",
                [OLD_CLUSTER, xid],
            )


def test_a_handler_works_in_the_tenants_scope_and_under_row_security(fairview: Club, kingsmere: Club) -> None:
    seen: list[tuple[str, object, str, list[Any]]] = []

    def look(tenant: Tenant, entries: Sequence[Entry]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, array_agg(last_name ORDER BY last_name) FROM profiles_customerprofile"
            )
            role, names = cursor.fetchone()
        seen.append((tenant.slug, current_scope(), role, names))

    register(handle=look)
    for club in (fairview, kingsmere):
        with tenant_scope(club.tenant):
            CustomerProfile.objects.create(tenant=club.tenant, last_name=club.tenant.slug)
        append(club.tenant, "1")

    read_all()

    assert seen == [
        (club.tenant.slug, club.tenant.pk, "crm_app", [club.tenant.slug]) for club in (fairview, kingsmere)
    ]


def test_one_club_s_flood_does_not_delay_another_s_entries(fairview: Club, kingsmere: Club) -> None:
    reader = Reader()
    reader.register(batch_size=10)
    append(fairview.tenant, *(f"flood {number}" for number in range(200)))
    append(kingsmere.tenant, "live")
    settle()

    read_on(kingsmere.tenant.pk)

    assert reader.seen == ["live"]
    assert consumers.lagging() == [("reader", fairview.tenant.pk)]
    assert [(lag.entries, lag.tenants) for lag in consumers.lags()] == [(200, 1)]


def test_of_a_flooded_club_one_task_reads_a_batch_and_hands_the_rest_to_a_task_of_its_own(
    fairview: Club, redis_server: Any
) -> None:
    reader = Reader()
    reader.register(batch_size=10)
    append(fairview.tenant, *(str(number) for number in range(30)))
    settle()

    read_on(fairview.tenant.pk)

    assert reader.batches == [10]
    assert redis_server.exists(f"crm:wake:events.run_consumer:reader:{fairview.tenant.pk}")


def test_a_peer_is_spoken_to_outside_any_transaction_and_before_the_position_moves(fairview: Club) -> None:
    sent: list[tuple[object, bool, int]] = []

    def send(tenant: Tenant, made: list[str]) -> None:
        sent.append((made, connection.in_atomic_block, position_of(tenant).last_id))

    register(handle=lambda tenant, entries: [entry.data["n"] for entry in entries], send=send)
    append(fairview.tenant, "1", "2")

    read_all()

    assert sent == [(["1", "2"], False, 0)]
    assert position_of(fairview.tenant).last_id > 0
    assert position_of(fairview.tenant).leased_until is None


def test_while_somebody_sends_nobody_else_does_and_a_killed_sender_is_followed_after_its_lease(
    fairview: Club,
) -> None:
    sent: list[list[str]] = []

    def send(tenant: Tenant, made: list[str]) -> None:
        sent.append(made)
        if len(sent) == 1:
            assert not run_once(), "a second worker finds the lease"
            raise SystemExit("killed")

    register(handle=lambda tenant, entries: [entry.data["n"] for entry in entries], send=send)
    append(fairview.tenant, "1")
    settle()
    with pytest.raises(SystemExit):
        run_once()
    run_once()
    assert sent == [["1"]]
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("UPDATE events_consumerposition SET leased_until = now() - interval '1 second'")

    read_all()

    assert sent == [["1"], ["1"]]


def test_a_peer_that_is_away_costs_nothing_but_time(fairview: Club) -> None:
    is_away = [True]
    sent: list[list[str]] = []

    def send(tenant: Tenant, made: list[str]) -> None:
        if is_away[0]:
            raise PeerAway("out for lunch")
        sent.append(made)

    register(handle=lambda tenant, entries: [entry.data["n"] for entry in entries], send=send)
    append(fairview.tenant, "1")
    settle()
    run_once()
    waiting = position_of(fairview.tenant)
    assert (waiting.last_error, waiting.last_id, waiting.leased_until) == ("out for lunch", 0, None)
    assert consumers.lagging() == [], "not woken again at once"
    is_away[0] = False

    read_all()

    assert (sent, parked()) == ([["1"]], [])


def test_who_comes_after_another_reads_only_what_that_one_has_passed(fairview: Club) -> None:
    first, second = Reader(), Reader()
    first.register("first", batch_size=2)
    second.register("second", after=("first",))
    append(fairview.tenant, "1", "2", "3")
    settle()

    consumers.run("second", fairview.tenant.pk)
    assert second.seen == []
    consumers.run("first", fairview.tenant.pk, batches=1)
    consumers.run("second", fairview.tenant.pk)
    assert second.seen == ["1", "2"]
    read_on(fairview.tenant.pk)

    assert (first.seen, second.seen) == (["1", "2", "3"], ["1", "2", "3"])


def test_consumers_that_wait_for_each_other_are_refused() -> None:
    one, other = (
        Registration(name, frozenset(), Reader(), after=(after,)) for name, after in (("a", "b"), ("b", "a"))
    )

    with pytest.raises(ValueError, match=r"wait for each other: \['a', 'b'\]"):
        in_order([one, other])


def test_the_breaker_stops_a_consumer_at_one_tenant_instead_of_parking_the_log(
    fairview: Club, kingsmere: Club
) -> None:
    is_broken = [True]
    reader = Reader(
        lambda entry: KeyError("bug \x00") if is_broken[0] and entry.tenant_id == fairview.tenant.pk else None
    )
    reader.register(batch_size=4)
    numbers = [str(number) for number in range(1, 21)]
    append(fairview.tenant, *numbers)
    append(kingsmere.tenant, "k")

    read_all()
    read_all()

    stopped = position_of(fairview.tenant)
    assert parked() == numbers[:BREAKER]
    assert stopped.stopped_at is not None
    assert "KeyError: 'bug '" in stopped.last_error.replace("\\x00", "")
    assert reader.seen == ["k"]
    assert [(lag.entries, lag.stopped) for lag in consumers.lags()] == [(15, 1)]
    is_broken[0] = False

    assert consumers.resume("reader") == 1
    read_all()

    assert reader.seen == ["k", *numbers[BREAKER:]]
    assert position_of(fairview.tenant).stopped_at is None


def test_a_stopped_consumer_probes_one_entry_and_goes_on_when_it_can(fairview: Club) -> None:
    is_broken = [True]
    reader = Reader(lambda entry: KeyError("bug") if is_broken[0] else None)
    reader.register()
    append(fairview.tenant, *(str(number) for number in range(1, 10)))
    read_all()
    make_probe_due()
    run_once()
    assert len(parked()) == BREAKER, "a probe parks nothing"
    assert reader.batches[-1] == 1
    is_broken[0] = False
    make_probe_due()

    read_all()

    assert reader.seen == ["6", "7", "8", "9"]


def make_probe_due() -> None:
    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("UPDATE events_consumerposition SET probe_at = now() - interval '1 second'")


def test_bad_entries_that_do_not_follow_each_other_stop_nobody(fairview: Club) -> None:
    reader = Reader(lambda entry: ValueError() if int(entry.data["n"]) % 2 else None)
    reader.register()
    append(fairview.tenant, *(str(number) for number in range(20)))

    read_all()

    assert reader.seen == [str(number) for number in range(0, 20, 2)]
    assert len(parked()) == 10


def test_a_killed_consumer_begins_again_where_its_effects_ended(fairview: Club) -> None:
    calls: list[int] = []

    def write(tenant: Tenant, entries: Sequence[Entry]) -> None:
        CustomerProfile.objects.create(tenant=tenant, last_name=entries[0].data["n"])
        calls.append(len(entries))
        if len(calls) == 2:
            raise OperationalError("terminating connection")

    register(handle=write, batch_size=1)
    append(fairview.tenant, "1", "2", "3")
    settle()
    with pytest.raises(OperationalError):
        run_once()

    read_all()

    with tenant_scope(fairview.tenant):
        assert sorted(CustomerProfile.objects.values_list("last_name", flat=True)) == ["1", "2", "3"]


def test_a_database_that_was_restored_elsewhere_repeats_nothing_and_skips_nothing(
    fairview: Club, kingsmere: Club
) -> None:
    reader, newcomer = Reader(), Reader()
    reader.register()
    append(fairview.tenant, "1", "2")
    append(kingsmere.tenant, "k1")
    read_all()
    append(fairview.tenant, "3")

    become_restored()
    append(fairview.tenant, "4")
    append(kingsmere.tenant, "k2")
    assert {(lag.entries, lag.tenants) for lag in consumers.lags()} == {(3, 2)}
    read_all()
    append(fairview.tenant, "5")
    read_all()
    newcomer.register("newcomer")
    read_all("newcomer")

    assert reader.seen == ["1", "2", "k1", "3", "4", "k2", "5"]
    assert newcomer.seen == ["1", "2", "3", "4", "5", "k1", "k2"]
    assert [lag.entries for lag in consumers.lags()] == [0, 0]


def test_a_dump_that_comes_back_to_where_it_was_first_repeats_nothing(fairview: Club) -> None:
    reader = Reader()
    reader.register()
    append(fairview.tenant, "1")
    read_all()
    append(fairview.tenant, "2")
    with all_tenants(), connection.cursor() as cursor:
        # As read and written elsewhere meanwhile, up to an entry that nobody has read yet.
        cursor.execute(
            "UPDATE events_domainlogentry SET cluster = %s WHERE data ->> 'n' = '2'", [OLD_CLUSTER]
        )
        cursor.execute("UPDATE events_consumerposition SET cluster = %s, last_xid = '0'", [OLD_CLUSTER])
    append(fairview.tenant, "3")

    read_all()

    assert reader.seen == ["1", "2", "3"]


def test_in_a_restored_database_the_order_among_consumers_holds(fairview: Club) -> None:
    first, second = Reader(), Reader()
    first.register("first")
    second.register("second", after=("first",))
    append(fairview.tenant, "1")
    read_all("first")
    read_all("second")
    append(fairview.tenant, "2")
    read_all("first")
    become_restored()
    append(fairview.tenant, "3")
    settle()

    consumers.run("second", fairview.tenant.pk)
    assert second.seen == ["1", "2"]
    read_all("first")
    read_all("second")

    assert (first.seen, second.seen) == (["1", "2", "3"], ["1", "2", "3"])


def test_a_kind_that_nobody_declares_is_refused(fairview: Club) -> None:
    with tenant_scope(fairview.tenant):
        with pytest.raises(UnknownLogKind, match=r"nobody\.said"), transaction.atomic():
            append_log_entries(
                [LogEntry(LogKind.PROFILE_CREATED, None, {}), LogEntry("nobody.said", None, {})]
            )
        assert not DomainLogEntry.objects.exists()


def lose_the_count() -> None:
    """What `pg_resetwal` leaves: the identity stays, and everything lies in the future."""
    with all_tenants(), connection.cursor() as cursor:
        for table, column in (("domainlogentry", "xid"), ("consumerposition", "last_xid")):
            cursor.execute(
                f"UPDATE events_{table} SET {column} = ({column}::text::bigint + 1000000000)::text::xid8"
            )


def found_by_checks() -> list[str]:
    return [message.msg for message in check_log(None, databases=["default"]) if message.id == "crm.E016"]


def test_a_cluster_that_lost_its_count_is_found_and_read_on(fairview: Club, kingsmere: Club) -> None:
    reader = Reader()
    reader.register()
    append(fairview.tenant, "1", "2")
    read_all()
    append(fairview.tenant, "3")
    assert found_by_checks() == []
    with pytest.raises(CommandError, match="Nothing is wrong"):
        call_command("close_log")
    lose_the_count()
    append(fairview.tenant, "4")
    while run_once():
        pass
    assert reader.seen == ["1", "2"]  # silenced, and nothing says so but the check
    [message] = found_by_checks()
    assert "at fairview, kingsmere." in message

    call_command("close_log")

    assert found_by_checks() == []
    append(fairview.tenant, "5")
    append(kingsmere.tenant, "k1")
    read_all()
    assert reader.seen == ["1", "2", "3", "4", "5", "k1"]


def test_entries_alone_that_lie_in_the_future_are_found(fairview: Club) -> None:
    append(fairview.tenant, "1")
    lose_the_count()

    [message] = found_by_checks()

    assert "at fairview." in message
