"""Make two customers one."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from profiles.management.profile_commands import scope_of_customer
from profiles.merging.actions import merge_profiles
from profiles.merging.previewing import preview_fields, preview_merge
from tenants.commands import ProductCommand


class Command(ProductCommand):
    """The operator's way; REST, GraphQL and the admin do the same."""

    help = (
        "Merges LOSER into WINNER: everything moves, the old id keeps leading to the winner; unmerge_profiles takes it"
        " back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom."""
        parser.add_argument("winner", type=UUID)
        parser.add_argument("loser", type=UUID)
        parser.add_argument("--reason", default="", help="kept with the merge")
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show what differs, merge, say what happened."""
        winner, loser = options["winner"], options["loser"]
        with scope_of_customer(winner, "merge_profiles"):
            preview = preview_fields(preview_merge(winner, loser))
            for field in preview["fields"]:
                self.stdout.write(
                    f"  {field['name']}: {field['winner']!s} | {field['loser']!s} → {field['survivor']!s}"
                )
            self.stdout.write(
                "  moving " + ", ".join(f"{count:,} {name}" for name, count in preview["moved"].items())
            )
            for warning in preview["warnings"]:
                self.stdout.write(self.style.WARNING(f"  {warning}"))
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
                return
            outcome = merge_profiles(winner, loser, reason=options["reason"])
        self.stdout.write(f"Merged {outcome.loser_id} into {outcome.winner_id} (merge {outcome.merge_id}).")
