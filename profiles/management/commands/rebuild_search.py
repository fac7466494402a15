"""`manage.py rebuild_search`: the words by which all customers are found, written anew."""

from argparse import ArgumentParser
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from profiles.search.rebuilding import rebuild_documents
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenants
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """Needed once after an upgrade that says so; harmless at any time."""

    help = "Writes the search documents of all customers anew, a thousand at a time; can be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose customers."""
        parser.add_argument("--tenant", default="", help="UUIDs, slugs or aliases: a,b; default: every club")

    def handle(self, *args: Any, **options: Any) -> None:
        """Club by club."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        for tenant in read_tenants(options["tenant"]) or list(Tenant.objects.filter(is_active=True)):
            with (
                tenant_scope(tenant),
                acting_as(program("manage.py rebuild_search")),
                Progress(*columns, console=Console(stderr=True)) as progress,
            ):
                task = progress.add_task(tenant.slug, total=None)
                done = rebuild_documents(
                    lambda done, total, task=task, progress=progress: progress.update(  # type: ignore[misc]
                        task, completed=done, total=total
                    )
                )
            self.stdout.write(f"{tenant.slug}: {counted(done, 'customer')} can be found by all their words")
