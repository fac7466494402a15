"""Erase a person."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from profiles.management.profile_commands import scope_of_customer
from profiles.models import ErasureReason
from profiles.privacy.erasing import erase_customer
from tenants.commands import ProductCommand


class Command(ProductCommand):
    """The operator's way; REST and the admin do the same."""

    help = "Erases a customer and everybody merged into them, for good; --dry-run only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom and why."""
        parser.add_argument("profile", type=UUID)
        parser.add_argument("--reason", required=True, choices=ErasureReason.values)
        parser.add_argument("--dry-run", action="store_true", help="only count what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, say what was done."""
        with scope_of_customer(options["profile"], "erase_profile"):
            done = erase_customer(options["profile"], reason=options["reason"], dry_run=options["dry_run"])
        for model, acts in done.counts.items():
            done_to = ", ".join(f"{rows:,} {act}" for act, rows in acts.items() if rows)
            if done_to:
                self.stdout.write(f"  {model}: {done_to}")
        if done.receipt is None:
            self.stdout.write("Nothing was changed.")
        else:
            self.stdout.write(f"Erased {done.profile_id} (receipt {done.receipt.pk}, {done.receipt.hash}).")
