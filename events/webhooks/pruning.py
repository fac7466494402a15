"""What is left of deleted endpoints; how long the deliveries of others are kept is the club's own setting."""

from typing import Final

from django.db import connection, transaction

from events.webhooks import statements as sql
from tenants.scope import all_tenants

CHUNK: Final = 5_000


def prune() -> int:
    """Delete the deliveries of deleted endpoints, chunk by chunk, then the endpoints; returns how many deliveries."""
    total = 0
    with all_tenants():
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql.PRUNE, [CHUNK])
                deleted = int(cursor.rowcount)
                if deleted < CHUNK:
                    cursor.execute(sql.PRUNE_ENDPOINTS)
            total += deleted
            if deleted < CHUNK:
                return total
