"""`manage.py close_log`: let consumers read on where transaction numbers began anew (check crm.E016)."""

from typing import Any

from django.core.management.base import CommandError

from events.consumers.ahead import close_cluster, clubs_ahead
from tenants.commands import ProductCommand, counted


class Command(ProductCommand):
    """For operators, after `pg_resetwal` or tables that were copied by hand; a restored dump does not need it."""

    help = "Take what the domain log holds as another cluster's, so that consumers read its rest and go on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse where nothing is wrong: then consumers read by themselves."""
        if not clubs_ahead():
            raise CommandError("Nothing is wrong: no consumer stands in this cluster's future (crm.E016).")
        self.stdout.write(
            f"Read as another cluster's from now on: {counted(close_cluster(), 'entry', 'entries')}"
        )
