"""`manage.py refresh_segments`: everybody compared with the rules of a club's segments."""

from argparse import ArgumentParser
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q

from segments.actions import list_segments
from segments.models import Refresh, RefreshReason, Segment
from segments.models.keeping import OPEN
from segments.models.segment import RULED
from segments.refreshing import refresh_waiting, request_refresh
from tenants.actors import acting_as, program
from tenants.commands import ProductCommand
from tenants.management.arguments import read_tenants
from tenants.models import Tenant
from tenants.scope import tenant_scope

PAUSE_SECONDS = 0.5


class Command(ProductCommand):
    """The operator's way; by the clock of each club the same runs by itself."""

    help = (
        "Refreshes segments that go by a rule: all of them, or those named. Whoever is in already is not written"
        " again. A refresh that a worker is at is waited for; one whose worker was killed is taken over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which clubs, and which of their segments."""
        parser.add_argument("segments", nargs="*", help="names or ids; default: every segment with a rule")
        parser.add_argument("--tenant", default="", help="UUIDs, slugs or aliases: a,b; default: every club")
        parser.add_argument(
            "--no-wait", action="store_true", help="leave the work to the workers and return at once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refresh club by club and say what came of it."""
        found = 0
        for tenant in read_tenants(options["tenant"]) or list(Tenant.objects.filter(is_active=True)):
            with tenant_scope(tenant), acting_as(program("manage.py refresh_segments")):
                chosen = _chosen(options["segments"])
                found += len(chosen)
                began = monotonic()
                for each in chosen:
                    request_refresh(each.pk, RefreshReason.PERSON)
                if not options["no_wait"]:
                    _work_off([each.pk for each in chosen])
                    self._say(tenant, chosen, monotonic() - began)
        if options["segments"] and not found:
            raise CommandError(f"No segment with a rule is called {', '.join(options['segments'])}.")

    def _say(self, tenant: Tenant, chosen: list[Segment], seconds: float) -> None:
        for each in chosen:
            last = Refresh.objects.filter(segment_id=each.pk).latest("id")
            came = last.error or f"{last.joined:,} joined, {last.left:,} left"
            self.stdout.write(f"{tenant.slug}: {each.name}: {came}")
        self.stdout.write(f"{tenant.slug}: {len(chosen)} refreshed in {seconds:.1f} s")


def _chosen(names: list[str]) -> list[Segment]:
    segments = list_segments().filter(type__in=RULED, is_active=True)
    if names:
        ids = [each for each in map(_uuid, names) if each]
        segments = segments.filter(Q(name__in=names) | Q(pk__in=ids))
    return list(segments)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _work_off(ids: list[UUID]) -> None:
    """Until none of them waits; those that another worker is at are its own until its lease ends."""
    while True:
        refresh_waiting(only=ids)
        if not Refresh.objects.filter(segment_id__in=ids, status__in=OPEN).exists():
            return
        sleep(PAUSE_SECONDS)
