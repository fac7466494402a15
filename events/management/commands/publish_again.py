"""`manage.py publish_again`: what nobody read from the outbound queue, once more."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from events.consumers import PeerAway
from events.publishing_again import UnknownReader, publish_again
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenant
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """For operators, after Redis lost its data; the page of the consumers does the same for one club."""

    help = "Publish to the outbound queue again what the domain log holds since a moment, under the same ids."

    def add_arguments(self, parser: CommandParser) -> None:
        """Since when, and of whom."""
        parser.add_argument("since", help="ISO 8601, as in 2026-03-01T08:00:00Z; UTC without an offset")
        parser.add_argument("--tenant", help="UUID, slug or alias; default: all")
        parser.add_argument(
            "--reader", default="", help="one of CRM_OUTBOUND_READERS; default: the queue itself"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each tenant in its scope."""
        since = parse_datetime(options["since"])
        if since is None:
            raise CommandError("Write the moment as 2026-03-01T08:00:00Z.")
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        if since > datetime.now(UTC):
            raise CommandError("This moment is still to come.")
        for tenant in self._tenants(options["tenant"]):
            with tenant_scope(tenant), acting_as(program("manage.py publish_again")):
                try:
                    count = publish_again(since, reader=options["reader"])
                except UnknownReader as unknown:
                    raise CommandError(str(unknown)) from unknown
                except PeerAway as away:
                    raise CommandError(
                        f"{away}. Run it once more when that is over: nothing is doubled."
                    ) from away
            self.stdout.write(f"{tenant.slug}: {counted(count, 'event')} published again")

    def _tenants(self, name: str | None) -> list[Tenant]:
        if name is None:
            return list(Tenant.objects.filter(is_active=True).order_by("slug"))
        return [read_tenant(name)]
