"""`migrate`, run as the role that owns the tables instead of `crm_app`."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import OperationalError, connections
from psycopg import sql

from tenants.commands import START_TAG
from tenants.postgresql.base import as_owner
from tenants.postgresql.definers import hand_over_functions
from tenants.postgresql.login import ensure_login


class Command(DjangoCommand):
    """Django's `migrate`; makes the schema first and the program's login last, and works as the owner."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Already the checks ask the database for its version: in a new one only the owner can log in.

        They also ask who owns functions, which after a dump was restored must be put right first.
        """
        with as_owner():
            connections[options["database"]].close()
            with suppress(OperationalError):  # the checks say that the database cannot be asked
                hand_over_functions(connections[options["database"]])
            try:
                return super().execute(*args, **options)
            finally:
                connections[options["database"]].close()

    def check(self, *args: Any, **options: Any) -> None:
        """Of the checks, those of settings and servers: the code was checked before it was taken."""
        super().check(*args, **{**options, "tags": [START_TAG, Tags.database]})

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the schema when missing, then migrate with the login role's rights."""
        connection = connections[options["database"]]
        with as_owner():
            connection.close()
            with connection.cursor() as cursor:
                statement = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(
                    sql.Identifier(settings.CRM_DATABASE_SCHEMA)
                )
                cursor.execute(statement.as_string(connection.connection))
            super().handle(*args, **options)
            ensure_login(connection)
            connection.close()
