"""`manage.py find_duplicates`: which customers may be one person."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from profiles.errors import SearchUnderWay
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand
from tenants.management.arguments import read_tenants
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """The operator's way to search; every night the same runs by itself."""

    help = (
        "Compares customers who are new or changed since the last search with all others (--all: everybody with"
        " everybody), merges what is certain and puts what is likely into the review queue."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose customers, and how many of them."""
        parser.add_argument("--tenant", default="", help="UUIDs, slugs or aliases: a,b; default: every club")
        parser.add_argument("--all", action="store_true", help="compare all, not only who changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Search club by club and say what came of it."""
        from profiles.matching.duplicates.searching import find_duplicates  # noqa: PLC0415 - Splink and DuckDB, 70 MB

        tenants = read_tenants(options["tenant"]) or list(Tenant.objects.filter(is_active=True))
        for tenant in tenants:
            with tenant_scope(tenant), acting_as(program("manage.py find_duplicates")):
                try:
                    run = find_duplicates(is_full=options["all"], say=self._say(tenant))
                except (SearchUnderWay, ImproperlyConfigured) as error:
                    raise CommandError(f"{tenant.slug}: {error}") from error
            seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0
            self.stdout.write(f"{tenant.slug}: {_summary(run.figures)} in {seconds:.1f} s")

    def _say(self, tenant: Tenant) -> Any:
        return lambda text: self.stderr.write(f"{tenant.slug}: {text}")


def _summary(figures: dict[str, int]) -> str:
    return (
        f"{figures['customers']:,} customers, {figures['changed']:,} changed, {figures['compared']:,} pairs compared,"
        f" {figures['found']:,} found, {figures['queued']:,} queued, {figures['merged']:,} merged"
    )
