"""Whose transactions hold back a club's readers: all that may still append to its log, and no others."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction

from events import consumers, log
from events.log import LogEntry
from events.tailing import LogPlace, end_of_log
from profiles.log_kinds import LogKind
from tenants.models import Tenant
from tenants.postgresql.locks import AdvisoryLock, lock_tenant
from tenants.scope import ScopeError, tenant_scope
from tests.cast import Club
from tests.events.logbook import Reader, another_connection, append, append_late, read_all, run_once
from tests.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_consumers")]

LOCK: Final = "SELECT pg_advisory_xact_lock(%s, hashtext(%s))"
IS_AWAITED: Final = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"


def lock(other: Any, tenant: Tenant) -> None:
    """Take a club's identity lock as `lock_tenant` does."""
    with other.cursor() as cursor:
        cursor.execute(LOCK, [int(AdvisoryLock.IDENTITY), str(tenant.pk)])


@pytest.fixture
def reader() -> Reader:
    """A reader of both clubs."""
    reader = Reader()
    reader.register()
    return reader


def test_a_long_change_of_one_club_delays_no_other_clubs_readers(
    fairview: Club, kingsmere: Club, reader: Reader
) -> None:
    with another_connection() as long:
        append_late(long, fairview.tenant, "late")
        lock(long, fairview.tenant)
        append(fairview.tenant, "own")
        append(kingsmere.tenant, "other")

        run_once()
        meanwhile = list(reader.seen)
        long.commit()

    read_all()
    assert meanwhile == ["other"]
    assert reader.seen == ["other", "late", "own"]


def test_readers_that_keep_their_own_place_pass_it_as_well(fairview: Club, kingsmere: Club) -> None:
    with another_connection() as long:
        append_late(long, fairview.tenant, "late")
        lock(long, fairview.tenant)
        append(kingsmere.tenant, "other")

        with tenant_scope(kingsmere.tenant):
            assert end_of_log() > LogPlace()
        with tenant_scope(fairview.tenant):
            assert end_of_log() == LogPlace()


def test_whoever_may_be_anybodys_delays_all(fairview: Club, kingsmere: Club, reader: Reader) -> None:
    with another_connection() as unknown:
        append_late(unknown, fairview.tenant, "late")
        append(kingsmere.tenant, "other")

        run_once()

        assert reader.seen == []


def test_whoever_holds_the_locks_of_two_clubs_delays_both(
    fairview: Club, kingsmere: Club, reader: Reader
) -> None:
    with another_connection() as long:
        append_late(long, fairview.tenant, "late")
        lock(long, fairview.tenant)
        lock(long, kingsmere.tenant)
        append(kingsmere.tenant, "other")

        run_once()

        assert reader.seen == []


def test_whoever_waits_for_a_clubs_lock_is_of_that_club(
    fairview: Club, kingsmere: Club, reader: Reader
) -> None:
    with another_connection() as holder, another_connection() as second:
        lock(holder, fairview.tenant)
        append_late(second, fairview.tenant, "late")
        second.inc_thread_sharing()
        waiting = threading.Thread(target=lock, args=[second, fairview.tenant])
        waiting.start()
        wait_until(_is_awaited)
        append(kingsmere.tenant, "other")
        append(fairview.tenant, "own")

        run_once()
        meanwhile = list(reader.seen)
        holder.rollback()
        waiting.join()
        second.commit()

    read_all()
    assert meanwhile == ["other"]
    assert reader.seen == ["other", "late", "own"]


def _is_awaited() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(IS_AWAITED)
        return bool(cursor.fetchone()[0])


@contextmanager
def writing_elsewhere() -> Iterator[None]:
    """A transaction that writes in another database of the server."""
    address = urlsplit(os.environ["CRM_DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(address) as elsewhere:
        elsewhere.execute("CREATE TEMPORARY TABLE note (text text)")
        yield
        elsewhere.rollback()


def test_another_database_of_the_server_delays_nobody(fairview: Club, reader: Reader) -> None:
    with writing_elsewhere():
        append(fairview.tenant, "1")

        run_once()

        assert reader.seen == ["1"]


def test_the_readers_own_transaction_is_not_passed(fairview: Club, kingsmere: Club, reader: Reader) -> None:
    with transaction.atomic(), tenant_scope(fairview.tenant):
        lock_tenant(AdvisoryLock.IDENTITY)
        log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        consumers.run("reader", fairview.tenant.pk)

        assert reader.seen == []


@pytest.mark.parametrize("is_taken_back", [False, True], ids=["held", "rolled back"])
def test_a_transaction_that_has_locked_a_club_appends_for_no_other(
    fairview: Club, kingsmere: Club, is_taken_back: bool
) -> None:
    """A savepoint gives the lock back, but readers may have passed the transaction while it was held."""
    with transaction.atomic():
        try:
            with tenant_scope(fairview.tenant), transaction.atomic():
                lock_tenant(AdvisoryLock.IDENTITY)
                if is_taken_back:
                    raise _TakeBack
        except _TakeBack:
            pass
        with pytest.raises(ScopeError, match="keeps to another tenant"), tenant_scope(kingsmere.tenant):
            log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        with tenant_scope(fairview.tenant):
            log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "2"})])


def test_a_transaction_that_was_anothers_can_lock_no_club(fairview: Club, kingsmere: Club) -> None:
    with transaction.atomic():
        with tenant_scope(kingsmere.tenant):
            log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": "1"})])
        with pytest.raises(ScopeError, match="keeps to another tenant"), tenant_scope(fairview.tenant):
            lock_tenant(AdvisoryLock.IDENTITY)


class _TakeBack(Exception):
    pass


def test_the_next_transaction_is_free_again(fairview: Club, kingsmere: Club, reader: Reader) -> None:
    for club in (fairview, kingsmere):
        with tenant_scope(club.tenant), transaction.atomic():
            lock_tenant(AdvisoryLock.IDENTITY)
            log.append([LogEntry(LogKind.PROFILE_CHANGED, None, {"n": club.tenant.slug})])

    read_all()

    assert reader.seen == [fairview.tenant.slug, kingsmere.tenant.slug]
