"""Tenants are found by UUID, slug or alias, and no two of them share a name."""

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from tenants import directory
from tenants.directory import add_alias, create_tenant, find_tenant, remove_alias, rename, tenant_by_id
from tenants.errors import ConflictError, InvalidError
from tenants.models import Tenant, TenantName
from tests.cast import Club


@pytest.mark.parametrize("identifier", ["fairview", "FAIRVIEW", " Fairview ", "fairview-gc", "Fairview-GC"])
def test_a_tenant_is_found_by_its_slug_and_aliases_in_any_case(fairview: Club, identifier: str) -> None:
    assert find_tenant(identifier) == fairview.tenant


def test_a_tenant_is_found_by_its_uuid_in_any_case(fairview: Club) -> None:
    assert find_tenant(str(fairview.tenant.pk)) == fairview.tenant
    assert find_tenant(str(fairview.tenant.pk).upper()) == fairview.tenant


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        " ",
        "nobody",
        "fair\x00view",
        "fair view",
        "fairview'--",
        "x" * 64,
        "00000000-0000-4000-8000-000000000000",
        "{6f1c2a52-5c0e-4d8e-9d3f-0a4b7f2c1d10}",
        "ƒairview",
        "١٢٣",
    ],
)
def test_what_names_nobody_finds_nothing(fairview: Club, identifier: str) -> None:
    assert find_tenant(identifier) is None


def test_asking_again_costs_no_query(fairview: Club) -> None:
    find_tenant("fairview")
    find_tenant("nobody")
    tenant_by_id(fairview.tenant.pk)

    with CaptureQueriesContext(connection) as queries:
        find_tenant("Fairview")
        find_tenant("NOBODY")
        tenant_by_id(fairview.tenant.pk)

    assert len(queries) == 0


def test_a_flood_of_wrong_names_neither_grows_without_bound_nor_pushes_out_the_right_ones(
    fairview: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_tenant("fairview")
    monkeypatch.setattr(directory._missed, "_max_entries", 10)

    for number in range(50):
        find_tenant(f"nobody-{number}")

    assert len(directory._missed) == 10
    with CaptureQueriesContext(connection) as queries:
        assert find_tenant("fairview") == fairview.tenant
    assert len(queries) == 0


def test_a_tenant_that_left_is_not_found_but_still_known_by_its_id(fairview: Club) -> None:
    Tenant.objects.filter(pk=fairview.tenant.pk).update(is_active=False)

    assert find_tenant("fairview") is None
    assert find_tenant(str(fairview.tenant.pk)) is None
    assert tenant_by_id(fairview.tenant.pk) == fairview.tenant


def test_an_unknown_id_raises(db: None) -> None:
    with pytest.raises(Tenant.DoesNotExist):
        tenant_by_id(UUID(int=1))


def test_a_new_tenant_owns_its_slug_and_each_alias_once(db: None) -> None:
    tenant = create_tenant(name="Oak Hill", slug=" Oak-Hill ", aliases=["oakhill", "OAKHILL", "oak-hill"])

    assert tenant.slug == "oak-hill"
    assert set(tenant.names.values_list("name", flat=True)) == {"oak-hill", "oakhill"}


def test_a_name_of_another_tenant_is_refused_and_nothing_is_made(fairview: Club) -> None:
    with pytest.raises(ConflictError) as refusal:
        create_tenant(name="Impostor", slug="impostor", aliases=["fairview-gc"])

    assert refusal.value.code == "TENANT_NAME_TAKEN"
    assert refusal.value.extra == {"name": "fairview-gc"}
    assert not Tenant.objects.filter(name="Impostor").exists()
    assert not TenantName.objects.filter(name="impostor").exists()


@pytest.mark.parametrize(
    "slug", ["", "Über", "two words", "-dash", "dash-", "a--b", "x" * 64, "null\x00byte"]
)
def test_a_slug_must_be_plain(db: None, slug: str) -> None:
    with pytest.raises(ValidationError):
        create_tenant(name="Somebody", slug=slug)

    assert not Tenant.objects.exists()


def test_a_slug_that_looks_like_a_uuid_is_refused(db: None) -> None:
    with pytest.raises(InvalidError, match="may not look like a UUID"):
        create_tenant(name="Somebody", slug="6f1c2a52-5c0e-4d8e-9d3f-0a4b7f2c1d10")


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("currency", "RAND"), ("default_country", "ZAF"), ("name", "")],
)
def test_a_value_that_cannot_be_used_is_refused(db: None, field: str, value: str) -> None:
    values: dict[str, Any] = {"name": "Somebody", "slug": "somebody", field: value}

    with pytest.raises(ValidationError) as refusal:
        create_tenant(**values)

    assert list(refusal.value.message_dict) == [field]


def test_a_renamed_tenant_is_found_by_both_names(
    fairview: Club, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    find_tenant("fairview")

    with django_capture_on_commit_callbacks(execute=True):
        rename(tenant=fairview.tenant, slug="fairview-estate")

    found = find_tenant("fairview-estate")
    assert found is not None
    assert (found.slug, fairview.tenant.slug) == ("fairview-estate", "fairview-estate")
    assert find_tenant("fairview") == found


def test_a_tenant_cannot_take_the_name_of_another(fairview: Club, kingsmere: Club) -> None:
    with pytest.raises(ConflictError, match="'kingsmere-park' already leads to another tenant"):
        rename(tenant=fairview.tenant, slug="kingsmere-park")
    with pytest.raises(ConflictError, match="'kingsmere' already leads to another tenant"):
        add_alias(tenant=fairview.tenant, alias="Kingsmere")

    fairview.tenant.refresh_from_db()
    assert fairview.tenant.slug == "fairview"
    assert set(fairview.tenant.names.values_list("name", flat=True)) == {"fairview", "fairview-gc"}


def test_an_alias_comes_and_goes_within_this_process_at_once(
    fairview: Club, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert find_tenant("fv") is None

    with django_capture_on_commit_callbacks(execute=True):
        add_alias(tenant=fairview.tenant, alias="FV")
    assert find_tenant("fv") == fairview.tenant

    with django_capture_on_commit_callbacks(execute=True):
        remove_alias(tenant=fairview.tenant, alias="fv")
    assert find_tenant("fv") is None


def test_adding_an_alias_twice_changes_nothing(fairview: Club) -> None:
    add_alias(tenant=fairview.tenant, alias="fairview-gc")

    assert fairview.tenant.names.count() == 2


def test_the_slug_itself_cannot_be_taken_away(fairview: Club) -> None:
    with pytest.raises(ConflictError) as refusal:
        remove_alias(tenant=fairview.tenant, alias="fairview")

    assert refusal.value.code == "SLUG_IN_USE"
    assert fairview.tenant.names.filter(name="fairview").exists()
