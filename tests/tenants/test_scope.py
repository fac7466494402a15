"""The first wall: Python refuses to touch a tenant's rows outside its scope."""

from collections.abc import Callable
from threading import Thread

import pytest

from tenants.models import IdempotencyRecord
from tenants.scope import ScopeError, all_tenants, current_scope, current_tenant_id, tenant_scope
from tests.cast import Club
from tests.tenants.records import record, unsaved_record

READS: list[Callable[[], object]] = [
    lambda: list(IdempotencyRecord.objects.all()),
    IdempotencyRecord.objects.count,
    lambda: IdempotencyRecord.objects.filter(key="x").exists(),
    lambda: IdempotencyRecord.objects.get(pk=1),
    lambda: IdempotencyRecord.objects.update(path="/"),
    lambda: IdempotencyRecord.objects.filter(key="x").delete(),
]


@pytest.mark.parametrize("read", READS)
def test_tenant_data_outside_a_scope_raises(db: None, read: Callable[[], object]) -> None:
    with pytest.raises(ScopeError, match="IdempotencyRecord was read outside a scope"):
        read()


def test_a_scope_shows_its_own_rows_only(fairview: Club, kingsmere: Club) -> None:
    ours, theirs = record(fairview.tenant), record(kingsmere.tenant)

    with tenant_scope(fairview.tenant):
        assert list(IdempotencyRecord.objects.all()) == [ours]
        assert not IdempotencyRecord.objects.filter(pk=theirs.pk).exists()
    with tenant_scope(kingsmere.tenant.pk):
        assert list(IdempotencyRecord.objects.all()) == [theirs]


def test_all_tenants_shows_everything(fairview: Club, kingsmere: Club) -> None:
    rows = [record(fairview.tenant), record(kingsmere.tenant)]

    with all_tenants():
        assert list(IdempotencyRecord.objects.order_by("pk")) == rows


def test_the_inner_scope_counts_and_the_outer_one_comes_back(fairview: Club, kingsmere: Club) -> None:
    with tenant_scope(fairview.tenant) as outer:
        with tenant_scope(kingsmere.tenant) as inner:
            assert current_tenant_id() == inner == kingsmere.tenant.pk
        assert current_tenant_id() == outer == fairview.tenant.pk
    assert current_scope() is None


def test_a_scope_ends_with_an_exception_too(fairview: Club) -> None:
    with pytest.raises(KeyError), tenant_scope(fairview.tenant):
        raise KeyError

    assert current_scope() is None


def test_there_is_no_current_tenant_among_all_or_none(db: None) -> None:
    with pytest.raises(ScopeError, match="No tenant scope is open here"):
        current_tenant_id()
    with pytest.raises(ScopeError), all_tenants():
        current_tenant_id()


def test_a_new_thread_does_not_inherit_the_scope(fairview: Club) -> None:
    seen: list[object] = []

    with tenant_scope(fairview.tenant):
        thread = Thread(target=lambda: seen.append(current_scope()))
        thread.start()
        thread.join()

    assert seen == [None]


def test_a_row_cannot_be_saved_outside_a_scope(fairview: Club) -> None:
    with pytest.raises(ScopeError, match="cannot be saved outside"):
        unsaved_record(fairview.tenant).save()

    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


def test_a_row_of_another_tenant_cannot_be_saved_or_deleted(fairview: Club, kingsmere: Club) -> None:
    theirs = record(kingsmere.tenant)

    with tenant_scope(fairview.tenant):
        with pytest.raises(ScopeError, match="inside the scope of tenant"):
            unsaved_record(kingsmere.tenant).save()
        with pytest.raises(ScopeError, match="inside the scope of tenant"):
            IdempotencyRecord.objects.create(tenant=kingsmere.tenant, key="x")
        with pytest.raises(ScopeError, match="inside the scope of tenant"):
            theirs.delete()

    with all_tenants():
        assert list(IdempotencyRecord.objects.all()) == [theirs]


def test_bulk_writes_pass_the_same_guard(fairview: Club, kingsmere: Club) -> None:
    rows = [unsaved_record(fairview.tenant), unsaved_record(kingsmere.tenant)]

    with pytest.raises(ScopeError), tenant_scope(fairview.tenant):
        IdempotencyRecord.objects.bulk_create(rows)

    with all_tenants():
        assert not IdempotencyRecord.objects.exists()


def test_all_tenants_may_write_rows_of_several(fairview: Club, kingsmere: Club) -> None:
    with all_tenants():
        IdempotencyRecord.objects.bulk_create(
            [unsaved_record(fairview.tenant), unsaved_record(kingsmere.tenant)]
        )

        assert IdempotencyRecord.objects.count() == 2
