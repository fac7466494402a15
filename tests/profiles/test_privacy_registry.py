"""Every column of a club's data stands in the registry of personal data."""

from django.apps import apps

from profiles.privacy.registry import by_model

TENANTLESS = {"tenants.User", "tenants.Tenant"}


def test_every_column_of_a_table_with_a_tenant_is_registered_as_personal_or_as_plain() -> None:
    registered = by_model()
    missing: dict[str, set[str]] = {}
    unknown: dict[str, set[str]] = {}

    for model in apps.get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        if "tenant_id" not in names:
            continue
        label = model._meta.label
        table = registered.pop(label, None)
        said = set() if table is None else {*table.personal, *table.plain}
        missing[label] = names - said - {"id", "tenant_id"}
        unknown[label] = said - names

    assert {label: names for label, names in missing.items() if names} == {}
    assert {label: names for label, names in unknown.items() if names} == {}
    assert registered == {}, "no such model"


def test_no_column_is_both_personal_and_plain() -> None:
    assert [table.model for table in by_model().values() if set(table.personal) & set(table.plain)] == []


def test_whatever_is_personal_is_erased_or_says_where_that_happens() -> None:
    assert [
        table.model
        for table in by_model().values()
        if table.personal and not table.steps and not table.elsewhere
    ] == []
