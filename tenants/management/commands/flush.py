"""`flush`, run as the owner: only the owner may truncate."""

from typing import Any

from django.core.management.commands.flush import Command as DjangoCommand
from django.db import connections

from tenants.postgresql.base import as_owner


class Command(DjangoCommand):
    """Django's `flush` with the owner's rights."""

    def handle(self, **options: Any) -> None:
        """Empty every table."""
        connection = connections[options["database"]]
        with as_owner():
            connection.close()
            super().handle(**options)
            connection.close()
