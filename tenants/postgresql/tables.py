"""The tables of declared models."""

from django.apps import apps

from tenants.extension import Table


def table_name(table: Table) -> str:
    """The table of a declared model in the database."""
    name: str = apps.get_model(table.model)._meta.db_table
    return name
