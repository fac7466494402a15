"""`reset_sandbox`: a sandbox as on its first day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from tenants.commands import ProductCommand
from tenants.errors import DomainError
from tenants.management.arguments import read_tenant
from tenants.management.sample import DEFAULT_PEOPLE, fill_with_sample
from tenants.sandboxes import empty_sandbox


class Command(ProductCommand):
    """Empties it and tells it the sample's history anew."""

    help = "Delete all that a sandbox has but its people and keys, and fill it with sample data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, and how many people."""
        parser.add_argument("tenant", help="UUID, slug or alias of the sandbox.")
        parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE, help="0: leave it empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Real clubs are refused."""
        tenant = read_tenant(options["tenant"])
        try:
            empty_sandbox(tenant)
            fill_with_sample(tenant, options["people"], self.stderr.write)
        except DomainError as error:
            raise CommandError(error.message) from error
