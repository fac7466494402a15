"""Keys of services: shown once, stored as a hash, revocable within seconds."""

import logging
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants import api_keys
from tenants.api_keys import find_key, hash_key, issue_key, revoke_key, touch_last_used
from tenants.errors import InvalidError
from tenants.expiring_cache import clear_all_caches
from tenants.models import ApiKey, Scope, Tenant
from tests import factories
from tests.cast import Club
from tests.patience import CacheClock


def test_the_key_is_shown_once_and_stored_as_a_hash_only(fairview: Club) -> None:
    row, plain = issue_key(
        name="TeeTime",
        tenants=[fairview.tenant],
        scopes=["crm:events", "crm:read"],
        sources=["teetime"],
        created_by=fairview.admin,
    )

    assert re.fullmatch(r"crm_[A-Za-z0-9_-]{40}", plain)
    row.refresh_from_db()
    assert (row.prefix, row.key_hash) == (plain[:12], hash_key(plain))
    stored = " ".join(str(value) for value in ApiKey.objects.values_list().get(pk=row.pk))
    assert plain not in stored
    assert plain[12:] not in stored
    assert (row.scopes, list(row.tenants.all()), row.created_by) == (
        ["crm:events", "crm:read"],
        [fairview.tenant],
        fairview.admin,
    )


def test_no_two_keys_are_alike(fairview: Club) -> None:
    keys = {factories.api_key(fairview.tenant) for _ in range(5)}

    assert len(keys) == 5


def test_a_key_is_found_with_all_it_allows(fairview: Club, kingsmere: Club) -> None:
    plain = factories.api_key(fairview.tenant, kingsmere.tenant, scopes=[Scope.READ], rate_limit_per_minute=7)

    key = find_key(plain)

    assert key is not None
    assert key.tenant_ids == {fairview.tenant.pk, kingsmere.tenant.pk}
    assert (key.scopes, key.rate_limit_per_minute, key.expires_at) == (frozenset({"crm:read"}), 7, None)


@pytest.mark.parametrize(
    "plain", ["", "crm_", "crm_" + "x" * 40, "x" * 40, "crm_" + "x" * 5000, "crm_\x00", "crm_é"]
)
def test_what_is_no_key_finds_nothing(fairview: Club, plain: str) -> None:
    factories.api_key(fairview.tenant)

    assert find_key(plain) is None


def test_asking_again_costs_no_query(fairview: Club) -> None:
    plain = factories.api_key(fairview.tenant)
    find_key(plain)
    find_key("crm_unknown")

    with CaptureQueriesContext(connection) as queries:
        find_key(plain)
        find_key("crm_unknown")

    assert len(queries) == 0


def test_a_revoked_key_is_useless_at_once_here(
    fairview: Club, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    row, plain = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ])
    assert find_key(plain) is not None

    with django_capture_on_commit_callbacks(execute=True):
        assert revoke_key(row.pk)

    assert find_key(plain) is None
    assert not revoke_key(row.pk)


def test_a_key_revoked_by_another_process_is_useless_within_seconds(
    fairview: Club, cache_clock: CacheClock
) -> None:
    row, plain = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ])
    assert find_key(plain) is not None

    ApiKey.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
    assert find_key(plain) is not None
    cache_clock.advance(api_keys.FOUND_SECONDS)

    assert find_key(plain) is None


def test_revocations_travel_faster_than_five_seconds() -> None:
    assert api_keys.FOUND_SECONDS <= 5


def test_a_key_expires_even_while_it_is_cached(fairview: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    expires_at = timezone.now() + timedelta(hours=1)
    plain = factories.api_key(fairview.tenant, expires_at=expires_at)
    assert find_key(plain) is not None

    monkeypatch.setattr(timezone, "now", lambda: expires_at)

    assert find_key(plain) is None


def test_a_key_opens_no_club_that_left(fairview: Club, kingsmere: Club) -> None:
    plain = factories.api_key(fairview.tenant, kingsmere.tenant)
    Tenant.objects.filter(pk=kingsmere.tenant.pk).update(is_active=False)

    key = find_key(plain)

    assert key is not None
    assert key.tenant_ids == {fairview.tenant.pk}


def test_a_key_needs_a_tenant_and_known_scopes(fairview: Club) -> None:
    with pytest.raises(InvalidError, match="at least one tenant"):
        issue_key(name="x", tenants=[], scopes=[Scope.READ])
    with pytest.raises(InvalidError, match="at least one scope"):
        issue_key(name="x", tenants=[fairview.tenant], scopes=[])
    with pytest.raises(InvalidError, match="Unknown scope crm:everything"):
        issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ, "crm:everything"])

    assert not ApiKey.objects.exists()


def test_the_last_use_is_noted_at_most_once_a_minute(fairview: Club) -> None:
    row = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ]).row

    touch_last_used(row.pk)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    assert timezone.now() - first < timedelta(seconds=10)

    with CaptureQueriesContext(connection) as queries:
        touch_last_used(row.pk)
    assert len(queries) == 0

    clear_all_caches()  # another process
    touch_last_used(row.pk)
    row.refresh_from_db()
    assert row.last_used_at == first


def test_the_last_use_is_noted_outside_any_transaction_too(transactional_db: None, fairview: Club) -> None:
    row = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ]).row

    touch_last_used(row.pk)

    row.refresh_from_db()
    assert row.last_used_at is not None


def test_an_old_last_use_is_renewed(fairview: Club) -> None:
    row = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ]).row
    long_ago = timezone.now() - timedelta(hours=1)
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=long_ago)

    touch_last_used(row.pk)

    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at > long_ago


def test_noting_the_last_use_never_waits_for_somebody_who_edits_the_key(
    transactional_db: None, fairview: Club, caplog: pytest.LogCaptureFixture
) -> None:
    row = issue_key(name="x", tenants=[fairview.tenant], scopes=[Scope.READ]).row
    editor = connection.copy()
    try:
        editor.set_autocommit(False)
        with editor.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tenants_apikey WHERE id = %s FOR UPDATE", [row.pk])
        with transaction.atomic(), connection.cursor() as cursor:
            # Somebody who waited would be thrown out, which is a warning.
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            with caplog.at_level(logging.WARNING, logger="tenants"):
                touch_last_used(row.pk)
            assert caplog.records == []
    finally:
        editor.rollback()
        editor.close()

    row.refresh_from_db()
    assert row.last_used_at is None
