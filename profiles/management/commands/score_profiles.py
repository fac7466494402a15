"""`manage.py score_profiles`: engagement and churn risk of everybody."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from profiles.errors import ScoringUnderWay
from profiles.management.progress import progress_of
from profiles.models import ScoreRun
from profiles.scoring.history_backfill import backfill_history, is_history_backfill_due
from profiles.scoring.people import Scorer
from profiles.scoring.runs import is_due, score_everybody
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenants
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """The operator's way; every night the same runs by itself."""

    help = (
        "Scores all customers of clubs whose run of today is missing, was cut off, or went by older rules (--all: of"
        " every club). What is right already is not written. Whose timeline is older than their scores gets"
        " those of the last twelve months."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose customers, and with how many hands."""
        parser.add_argument("--tenant", default="", help="UUIDs, slugs or aliases: a,b; default: every club")
        parser.add_argument("--all", action="store_true", help="also where today's run is done")
        parser.add_argument("--workers", type=int, default=0, help="threads; default: CRM_SCORING_WORKERS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Score club by club and say what came of it."""
        for tenant in read_tenants(options["tenant"]) or list(Tenant.objects.filter(is_active=True)):
            with tenant_scope(tenant), acting_as(program("manage.py score_profiles")):
                if not options["all"] and not is_due(Scorer.of_scope()):
                    self.stdout.write(f"{tenant.slug}: scored today already")
                else:
                    self._say(tenant, self._score(tenant, options["workers"]))
                if is_history_backfill_due() and (given := self._look_back(tenant, options["workers"])):
                    self.stdout.write(
                        f"{tenant.slug}: the past of {counted(given, 'customer')} found in the timeline"
                    )

    def _say(self, tenant: Tenant, run: ScoreRun) -> None:
        seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0
        self.stdout.write(
            f"{tenant.slug}: {counted(run.done, 'customer')} scored, {run.changed:,} changed, in {seconds:.1f} s"
        )

    def _score(self, tenant: Tenant, workers: int) -> ScoreRun:
        try:
            with progress_of(tenant.slug) as report:
                return score_everybody(workers=workers, report=report)
        except ScoringUnderWay as error:
            raise CommandError(f"{tenant.slug}: {error.message}") from error

    def _look_back(self, tenant: Tenant, workers: int) -> int:
        with progress_of(f"{tenant.slug}: looking back") as report:
            return backfill_history(workers=workers, report=report)
