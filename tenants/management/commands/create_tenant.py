"""`create_tenant`: a new club with its names."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from tenants.commands import ProductCommand
from tenants.directory import create_tenant
from tenants.errors import DomainError
from tenants.management.arguments import split
from tenants.management.sample import DEFAULT_PEOPLE, fill_with_sample


class Command(ProductCommand):
    """Makes a tenant and prints its UUID."""

    help = "Make a tenant (a club or a group of clubs) and print its UUID."

    def add_arguments(self, parser: CommandParser) -> None:
        """The club's particulars; defaults are those of a South African club."""
        parser.add_argument("slug", help="Short name for addresses, as in fairview-east.")
        parser.add_argument("name", help="As people write it.")
        parser.add_argument("--aliases", default="", help="Further names, separated by commas.")
        parser.add_argument("--time-zone", default="Africa/Johannesburg", help="IANA name.")
        parser.add_argument("--country", default="ZA", help="Two letters; for phone numbers without prefix.")
        parser.add_argument("--currency", default="ZAR", help="Three letters.")
        parser.add_argument("--locale", default="en_ZA", help="How dates and money are written.")
        parser.add_argument("--tiers", default="", help="Membership tiers, the highest first, by commas.")
        parser.add_argument(
            "--sandbox",
            action="store_true",
            help="For trying out: nothing it sends reaches anybody, and it comes with sample data.",
        )
        parser.add_argument(
            "--people", type=int, default=DEFAULT_PEOPLE, help="--sandbox: how many; 0: none."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say what is wrong."""
        try:
            tenant = create_tenant(
                slug=options["slug"],
                name=options["name"],
                aliases=split(options["aliases"]),
                time_zone=options["time_zone"],
                default_country=options["country"],
                currency=options["currency"],
                locale=options["locale"],
                tier_order=[tier.strip() for tier in options["tiers"].split(",") if tier.strip()],
                is_sandbox=options["sandbox"],
            )
            if tenant.is_sandbox:
                fill_with_sample(tenant, options["people"], self.stderr.write)
        except DomainError as error:
            raise CommandError(error.message) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(str(tenant.pk))
