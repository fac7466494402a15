"""`create_api_key`: a key for a calling service, shown once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from tenants.api_keys import issue_key
from tenants.commands import ProductCommand
from tenants.errors import InvalidError
from tenants.management.arguments import read_scopes, read_tenants
from tenants.models import Scope
from tenants.sources import SOURCES


class Command(ProductCommand):
    """Makes a key and prints it; nobody can print it again."""

    help = "Make an API key for a calling service and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, where, what, how long, how much."""
        parser.add_argument("name", help='Which service uses it, as in "TeeTime production".')
        parser.add_argument("--tenants", required=True, help="UUIDs, slugs or aliases, separated by commas.")
        parser.add_argument("--scopes", required=True, help=f"Of {', '.join(Scope.values)}.")
        parser.add_argument(
            "--sources", default="", help=f"For which services it publishes events, of {', '.join(SOURCES)}."
        )
        parser.add_argument("--days", type=float, help="Days until it expires; never without this.")
        parser.add_argument("--rate", type=int, help="Requests a minute instead of the platform's limits.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key alone on stdout, so that a shell can take it."""
        tenants, scopes = read_tenants(options["tenants"]), read_scopes(options["scopes"])
        if not tenants or not scopes:
            raise CommandError("A key needs at least one tenant and one scope.")
        if options["rate"] is not None and options["rate"] < 1:
            raise CommandError("--rate must be at least 1.")
        lifetime = timedelta(days=options["days"]) if options["days"] else None
        try:
            row, plain = issue_key(
                name=options["name"],
                tenants=tenants,
                scopes=scopes,
                sources=[part.strip() for part in options["sources"].split(",") if part.strip()],
                rate_limit_per_minute=options["rate"],
                expires_at=timezone.now() + lifetime if lifetime else None,
            )
        except InvalidError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"Key {row.prefix}… of {row.name}. Keep it now: it is not shown again.")
        self.stdout.write(plain)
