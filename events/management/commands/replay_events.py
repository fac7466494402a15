"""Process events anew that are dead, or chosen ones."""

from argparse import ArgumentParser
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from events.models import ErrorCode, InboxStatus
from events.replay import REPLAYABLE, Selection, replay
from tenants.commands import ProductCommand, counted
from tenants.management.arguments import read_tenant
from tenants.models import Tenant
from tenants.scope import all_tenants, tenant_scope


class Command(ProductCommand):
    """The operator's way to replay; the admin has the same as an action."""

    help = (
        "Lets accepted events be processed anew: dead ones (--dead), or those of a status, with an id or an error code."
        " Replaying an event that was applied changes nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which events."""
        parser.add_argument(
            "--dead", action="store_true", help="all dead events, unless narrowed by other options"
        )
        parser.add_argument(
            "--status", action="append", choices=[status.value for status in REPLAYABLE], default=[]
        )
        parser.add_argument("--id", type=int, action="append", default=[], help="row number in the inbox")
        parser.add_argument("--type", help="canonical type or alias")
        parser.add_argument("--code", choices=[code for code in ErrorCode.values if code], help="error code")
        parser.add_argument("--tenant", help="UUID, slug or alias; default: all")
        parser.add_argument(
            "--since", type=_moment, help="received then or later: ISO 8601, UTC without an offset"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Choose, count or replay, say how many."""
        selection = _selection(options)
        with _scope(options["tenant"]):
            if options["dry_run"]:
                self.stdout.write(f"{counted(selection.rows().count(), 'event')} would be replayed")
                return
            replayed = replay(selection)
        slugs = dict(Tenant.objects.filter(pk__in=replayed).values_list("pk", "slug"))
        for tenant_id, count in sorted(replayed.items(), key=lambda item: slugs[item[0]]):
            self.stdout.write(f"{slugs[tenant_id]}: {counted(count, 'event')}")
        self.stdout.write(f"{counted(replayed.total(), 'event')} will be processed anew")


def _selection(options: dict[str, Any]) -> Selection:
    statuses = set(options["status"])
    if options["dead"] or options["code"]:
        statuses.add(InboxStatus.DEAD.value)
    if not statuses and options["id"]:
        statuses = {status.value for status in REPLAYABLE}
    if not statuses:
        raise CommandError("Say which events: --dead, --status, --id or --code.")
    return Selection(
        statuses=statuses,
        ids=options["id"],
        type=options["type"],
        code=options["code"],
        since=options["since"],
    )


def _scope(name: str | None) -> AbstractContextManager[Any]:
    if name is None:
        return all_tenants()
    return tenant_scope(read_tenant(name))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
