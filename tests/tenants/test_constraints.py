"""Every named constraint of the ground floor, violated."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.invitations import invite
from tenants.models import (
    ApiKey,
    IdempotencyRecord,
    Invitation,
    LoggedAction,
    Membership,
    Role,
    Tenant,
    TenantChildModel,
    TenantName,
    User,
)
from tenants.postgresql.base import as_owner
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.tenants.records import record, unsaved_record

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
UNUSED_HASH = "0" * 64


def as_schema_owner(statement: str) -> None:
    """Change a table for this test; its transaction is rolled back."""
    connection.check_constraints()  # pending deferred checks would keep the table from being changed
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


def delete_by_sql(club: Club) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tenants_tenant WHERE id = %s", [club.tenant.pk])
    connection.check_constraints()


def update(model: Any, **values: Any) -> Callable[[Club], object]:
    return lambda club: model.objects.update(**values)


def second_slug(club: Club) -> object:
    return Tenant.objects.create(slug=club.tenant.slug, name="Twin")


def slug_of_nobody(club: Club) -> object:
    Tenant.objects.filter(pk=club.tenant.pk).update(slug="unnamed")
    connection.check_constraints()
    return None


def second_membership(club: Club) -> object:
    return factories.membership(club.staff, club.tenant)


def second_auth_user(club: Club) -> object:
    return factories.user("twin", auth_user_id=club.staff.auth_user_id)


def second_key(club: Club) -> object:
    factories.api_key(club.tenant)
    return ApiKey.objects.create(name="twin", key_hash=ApiKey.objects.get().key_hash)


def key_with(**values: Any) -> Callable[[Club], object]:
    return lambda club: ApiKey.objects.create(**({"name": "x", "key_hash": UNUSED_HASH} | values))


def name_with(name: str) -> Callable[[Club], object]:
    return lambda club: TenantName.objects.create(name=name, tenant=club.tenant)


def long_name(club: Club) -> object:
    """Past the column's own length, which says the same: only the constraint is left to speak."""
    as_schema_owner("ALTER TABLE tenants_tenantname ALTER COLUMN name TYPE text")
    return name_with("x" * 64)(club)


def second_owner(club: Club) -> object:
    """Past the primary key, which says more: only the pair's own constraint is left to speak."""
    as_schema_owner("ALTER TABLE tenants_tenantname DROP CONSTRAINT tenants_tenantname_pkey CASCADE")
    return name_with("fairview")(club)


def second_record(club: Club) -> object:
    first = record(club.tenant)
    return record(club.tenant, key=first.key)


def record_with(**values: Any) -> Callable[[Club], object]:
    return lambda club: record(club.tenant, **values)


def action_with(**values: Any) -> Callable[[Club], object]:
    def violate(club: Club) -> object:
        row = {
            "actor_kind": "USER",
            "actor_id": "1",
            "action": "customer.merged",
            "subject_kind": "customer",
        } | values
        with tenant_scope(club.tenant):
            return LoggedAction.objects.create(tenant=club.tenant, **row)

    return violate


def invitation_with(**values: Any) -> Callable[[Club], object]:
    def violate(club: Club) -> object:
        with tenant_scope(club.tenant):
            invite(email="anna@fairview.example", role=Role.STAFF, invited_by=club.admin)
            row = {"email": "ben@fairview.example", "made_at": NOW, "expires_at": NOW + timedelta(days=7)}
            return Invitation.objects.create(tenant=club.tenant, **(row | values))

    return violate


VIOLATIONS: dict[str, list[Callable[[Club], object]]] = {
    "tenants_tenant_slug_uq": [second_slug],
    "tenants_tenant_slug_fk": [slug_of_nobody],
    "tenants_tenant_slug_shape_ck": [update(Tenant, slug="Not A Slug"), update(Tenant, slug="a--b")],
    "tenants_tenant_country_ck": [update(Tenant, default_country="za"), update(Tenant, default_country="Z")],
    "tenants_tenant_currency_ck": [update(Tenant, currency="zar"), update(Tenant, currency="ZA")],
    "tenants_name_shape_ck": [name_with("Über"), name_with("")],
    "tenants_name_length_ck": [long_name],
    "tenants_name_owner_uq": [second_owner],
    "tenants_user_auth_user_uq": [second_auth_user],
    "tenants_membership_user_tenant_uq": [second_membership],
    "tenants_membership_role_ck": [update(Membership, role="OWNER"), update(Membership, role="")],
    "tenants_apikey_hash_uq": [second_key],
    "tenants_apikey_hash_ck": [key_with(key_hash="secret"), key_with(key_hash="F" * 64)],
    "tenants_apikey_scopes_ck": [key_with(scopes=["crm:everything"])],
    "tenants_apikey_sources_ck": [key_with(sources=["marketing"])],
    "tenants_apikey_bound_ck": [key_with(scopes=["crm:events"])],
    "tenants_idempotency_key_uq": [second_record],
    "tenants_idempotency_key_ck": [record_with(key="")],
    "tenants_idempotency_hash_ck": [record_with(request_hash="x")],
    "tenants_action_name_ck": [action_with(action="Merged"), action_with(action="customer")],
    "tenants_action_actor_ck": [action_with(actor_kind="ROBOT")],
    "tenants_invitation_role_ck": [invitation_with(role="OWNER")],
    "tenants_invitation_end_ck": [invitation_with(accepted_at=NOW, withdrawn_at=NOW)],
    "tenants_invitation_time_ck": [invitation_with(expires_at=NOW)],
    "tenants_idempotency_status_ck": [record_with(response_status=400), record_with(response_status=100)],
}


@pytest.mark.parametrize(
    ("name", "violate"), [(name, violate) for name, all_of in VIOLATIONS.items() for violate in all_of]
)
def test_the_database_itself_refuses_what_must_not_be(
    fairview: Club, name: str, violate: Callable[[Club], object]
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        violate(fairview)


def test_every_named_constraint_is_violated_above(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            r"""
            SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'tenants\_%%'
            AND conname ~ '_(uq|ck)$' OR conname = 'tenants_tenant_slug_fk'
            """
        )
        names = {name for (name,) in cursor.fetchall()}

    assert names == set(VIOLATIONS)


def test_an_address_is_invited_by_one_open_link_only(fairview: Club) -> None:
    with pytest.raises(IntegrityError, match="tenants_invitation_open_uq"), transaction.atomic():
        invitation_with(email="ANNA@fairview.example")(fairview)


def test_two_people_without_an_id_at_the_identity_provider_are_no_twins(db: None) -> None:
    for _ in range(2):
        factories.user(auth_user_id=None)

    assert User.objects.filter(auth_user_id=None).count() == 2


def test_the_same_key_may_be_used_by_two_callers_or_in_two_tenants(fairview: Club, kingsmere: Club) -> None:
    record(fairview.tenant, key="k", caller="user:anna")
    record(fairview.tenant, key="k", caller="user:ben")
    record(kingsmere.tenant, key="k", caller="user:anna")

    with tenant_scope(fairview.tenant):
        assert IdempotencyRecord.objects.filter(key="k").count() == 2


def test_a_tenant_with_rows_cannot_be_deleted(fairview: Club) -> None:
    record(fairview.tenant)

    with pytest.raises(IntegrityError), transaction.atomic():
        delete_by_sql(fairview)

    assert Tenant.objects.filter(pk=fairview.tenant.pk).exists()
    assert unsaved_record(fairview.tenant).tenant == fairview.tenant


@pytest.mark.parametrize("model", TenantChildModel.__subclasses__(), ids=lambda model: model.__name__)
def test_a_row_without_a_foreign_key_on_its_tenant_has_a_parent_who_vouches(
    db: None, model: type[TenantChildModel]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT key.conname FROM pg_constraint AS key
            WHERE key.contype = 'f' AND key.conrelid = %s::regclass
              AND (key.convalidated OR EXISTS (
                  SELECT FROM pg_trigger AS by_statement  -- does the same once a statement
                  WHERE by_statement.tgrelid = key.conrelid AND by_statement.tgname = key.conname
                    AND by_statement.tgenabled = 'O'))
              AND (SELECT bool_and(a.attnotnull) AND bool_or(a.attname = 'tenant_id') AND count(*) = 2
                   FROM pg_attribute AS a WHERE a.attrelid = key.conrelid AND a.attnum = ANY (key.conkey))
            """,
            [model._meta.db_table],
        )
        assert cursor.fetchall()
