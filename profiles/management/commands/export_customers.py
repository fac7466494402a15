"""`manage.py export_customers FILE`: a club's customers as CSV, XLSX or NDJSON."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.reading import CustomerFilter, list_customers
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenants
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """The operator's way."""

    help = "Writes the customers of a club to a file; the ending says the format: .csv, .xlsx or .ndjson."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and whose."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="UUID, slug or alias")
        parser.add_argument("--search", default=None, help="only whom this text finds")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say how many."""
        path: Path = options["file"]
        ending = path.suffix.removeprefix(".").lower()
        if ending not in list(ExportFormat):
            raise CommandError("The file must end in .csv, .xlsx or .ndjson.")
        tenants = read_tenants(options["tenant"])
        if len(tenants) != 1:
            raise CommandError("Name one club with --tenant.")
        tenant = tenants[0]
        filters = ["search"] if options["search"] else []
        with tenant_scope(tenant), acting_as(program("manage.py export_customers")):
            customers = list_customers(CustomerFilter())
            export = export_customers(
                customers, ExportFormat(ending), filters, search=options["search"] or None
            )
            with path.open("wb") as file:
                file.writelines(export.parts)
        self.stdout.write(f"{tenant.slug}: {counted(export.rows, 'customer')} in {path}")
