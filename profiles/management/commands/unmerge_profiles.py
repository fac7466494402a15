"""Take a merge back."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from profiles.management.profile_commands import scope_of_customer
from profiles.unmerging import unmerge_profiles
from tenants.commands import ProductCommand


class Command(ProductCommand):
    """The operator's way; REST, GraphQL and the admin do the same."""

    help = (
        "Makes LOSER, who was merged into another customer, a customer of its own again; both sides get back what was"
        " theirs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom."""
        parser.add_argument("loser", type=UUID, help="the id of the customer who was merged into another")
        parser.add_argument("--merge", type=int, help="number of the merge, where there are several")

    def handle(self, *args: Any, **options: Any) -> None:
        """Undo, say what happened."""
        with scope_of_customer(options["loser"], "unmerge_profiles"):
            outcome = unmerge_profiles(options["loser"], merge_id=options["merge"])
        self.stdout.write(f"{outcome.restored_id} stands for itself again, apart from {outcome.winner_id}.")
