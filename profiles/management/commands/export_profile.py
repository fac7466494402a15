"""A copy of everything that is held about a person."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from profiles.management.profile_commands import scope_of_customer
from profiles.privacy.copies import copy_of_person, zip_of_copy
from tenants.commands import ProductCommand, counted


class Command(ProductCommand):
    """The operator's way; REST and the admin do the same."""

    help = "Writes everything held about a customer into a file: JSON, or a ZIP of CSVs where its name ends in .zip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom, and where to."""
        parser.add_argument("profile", type=UUID)
        parser.add_argument("--out", type=Path, required=True, help="a new file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, readable by its owner only."""
        out: Path = options["out"]
        with scope_of_customer(options["profile"], "export_profile"):
            copy = copy_of_person(options["profile"])
            if out.suffix == ".zip":
                content = zip_of_copy(copy)  # with a letter in the club's words and format
            else:
                content = json.dumps(copy, default=str, ensure_ascii=False, indent=1).encode()
        try:
            with out.open("xb") as file:
                out.chmod(0o600)
                file.write(content)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        rows = sum(len(table) for table in copy["data"].values())
        self.stdout.write(f"Wrote {counted(rows, 'row')} about {copy['customerId']} to {out}.")
