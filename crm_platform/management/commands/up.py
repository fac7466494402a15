"""`manage.py up`: the whole platform on this machine."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm_platform import env
from crm_platform.embedded import ServerError
from crm_platform.supervisor import programs
from crm_platform.supervisor.console import Console
from crm_platform.supervisor.run import Plan, UpError, run


class Command(BaseCommand):
    """Starts servers and programs, keeps them running, stops them all."""

    help = "Run the whole platform: PostgreSQL, Redis, web, worker, beat, consumer and a live demo."
    # They would need the servers that this command has yet to start.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the demo; places come from PORT, REDIS_PORT, CRM_DATA_DIR and CRM_HOST."""
        parser.add_argument("--no-demo", action="store_true", help="neither load the demo nor keep it moving")
        parser.add_argument("--tenants", default="", help="only these clubs of the demo, by slug: a,b")

    def handle(self, *args: Any, no_demo: bool, tenants: str, **options: Any) -> None:
        """Run until a signal."""
        plan = Plan(
            data_dir=env.data_dir(),
            host=programs.web_host(),
            port=programs.web_port(),
            queue=settings.CRM_EVENTS_QUEUE,
            with_demo=not no_demo,
            tenants=tuple(part.strip() for part in tenants.split(",") if part.strip()),
        )
        try:
            run(plan, Console())
        except (ServerError, UpError) as error:
            raise CommandError(str(error)) from None
