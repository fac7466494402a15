"""`manage.py teach_duplicates`: the numbers of the search for duplicates, counted anew on the simulator's truth."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandError

from crm_platform import env
from crm_platform.simulator import files
from crm_platform.simulator.clubs import CLUBS
from crm_platform.simulator.loading import FOLDER, is_loaded, loaded_tenants
from crm_platform.simulator.teaching import WeightTraining, true_pairs
from crm_platform.simulator.truth import read_truth
from profiles.matching.duplicates.parameters import SHIPPED
from tenants.commands import ProductCommand


class Command(ProductCommand):
    """For developers: the result belongs into the repository."""

    help = "Count how often each outcome is seen between one person's records, on the loaded demo, and write it down."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument(
            "--out", type=Path, default=SHIPPED, help="file to write (default: the one shipped)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn from each loaded club, then write."""
        folder = env.data_dir() / FOLDER
        tenants = [tenant for tenant in loaded_tenants(CLUBS) if is_loaded(tenant, folder)]
        if not tenants:
            raise CommandError("No club of the demo is here: run `manage.py simulate --load` first.")
        training = WeightTraining()
        for tenant in tenants:
            truth = read_truth(files.truth_path(folder, tenant.slug))
            training.learn(tenant, true_pairs(tenant, truth))
        parameters = training.parameters()
        text = orjson.dumps(parameters.as_document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        options["out"].write_bytes(text)
        self.stdout.write(
            f"{training.pairs:,} true pairs among {training.people:,} customers: version {parameters.version}"
        )
