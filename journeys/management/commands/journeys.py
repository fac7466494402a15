"""`manage.py journeys`: list, stuck, move, dry-run."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from journeys.drafts import draft_of, get_journey
from journeys.engine.passing import move_due
from journeys.engine.watching import standing
from journeys.errors import JourneyNotFound
from journeys.models import Journey
from journeys.reading import figures
from journeys.replaying import dry_run
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenant
from tenants.scope import tenant_scope


class Command(ProductCommand):
    """Journeys of one club."""

    help = (
        "Journeys of a club: list them, show who is stuck, move who is due now, replay a draft over the past."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, for whom."""
        parser.add_argument("act", choices=["list", "stuck", "move", "dry-run"])
        parser.add_argument("tenant", help="slug, alias or id")
        parser.add_argument("--journey", help="id, for dry-run")
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: Any, **options: Any) -> None:
        """One act."""
        with tenant_scope(read_tenant(options["tenant"])):
            getattr(self, options["act"].replace("-", "_"))(options)

    def list(self, options: dict[str, Any]) -> None:
        """Name, status and figures of each."""
        for journey in Journey.objects.order_by("name"):
            found = figures(journey)
            self.stdout.write(
                f"{journey.pk}  {journey.status:<8}  entered {found['entered']:>7}  live {found['live']:>7}"
                f"  goal {found['converted']:>6}  {journey.name}"
            )

    def stuck(self, options: dict[str, Any]) -> None:
        """Who is due for five minutes and was not moved, is held for a decision, or failed in the last day."""
        found = standing(timezone.now())
        if not found:
            self.stdout.write("Nobody is stuck.")
        for one in found:
            self.stdout.write(
                f"{one.people:>8}  {one.why:<8}  since {one.since:%Y-%m-%d %H:%M} UTC  {one.journey.name}"
            )

    def move(self, options: dict[str, Any]) -> None:
        """Move whoever is due, now, in this process."""
        self.stdout.write(f"{counted(move_due(seconds=300), 'step')} done for who was due")

    def dry_run(self, options: dict[str, Any]) -> None:
        """The draft of a journey over the club's past, as JSON."""
        try:
            journey = get_journey(UUID(options["journey"] or ""))
        except (ValueError, JourneyNotFound):
            raise CommandError(
                "Say which journey: --journey with an id of `manage.py journeys list`."
            ) from None
        result = dry_run(draft_of(journey).definition, days=options["days"], tried=journey.pk)
        self.stdout.write(orjson.dumps(vars(result), option=orjson.OPT_INDENT_2, default=str).decode())
