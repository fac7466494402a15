"""`fill_sandbox`: sample data for a club for trying out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from crm_platform.simulator.sandbox import fill_sandbox
from tenants.commands import ProductCommand
from tenants.management.arguments import read_tenant
from tenants.management.sample import DEFAULT_PEOPLE


class Command(ProductCommand):
    """What `create_tenant --sandbox` and `reset_sandbox` call."""

    help = "Tell a sandbox a year of invented people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, and how many people."""
        parser.add_argument("tenant", help="UUID, slug or alias of the sandbox.")
        parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Real clubs are refused."""
        tenant = read_tenant(options["tenant"])
        if not tenant.is_sandbox:
            raise CommandError(f"{tenant.name} is no sandbox: nothing is put into it.")
        try:
            fill_sandbox(tenant, options["people"], self.stderr.write)
        except ValueError as error:
            raise CommandError(str(error)) from error
