"""Sample data of a sandbox: a small club of the simulated world, told under the sandbox's name."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.core.management import call_command

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.clubs import CLUBS
from crm_platform.simulator.files import history_path, write_events
from crm_platform.simulator.loading import drain
from crm_platform.simulator.world import DEFAULT_SEED, World, build_world, history
from tenants.models import Tenant

MONTHS: Final = 12


def fill_sandbox(tenant: Tenant, people: int, say: Callable[[str], object]) -> None:
    """Tell the club a year of about so many people through the product's own door.

    The same people each time, until today. Raises ValueError for fewer people than make a world.
    """
    # The world's people are shared out among its clubs; all of ours are members of the first one.
    world = build_world(DEFAULT_SEED, round(people / CLUBS[0].share), MONTHS, datetime.now(UTC))
    with TemporaryDirectory(prefix="crm-sandbox-") as folder:
        path = history_path(Path(folder), tenant.slug)
        count = write_events(_told_of(tenant, world), path)
        say(f"{tenant.name}: {count:,} events of {MONTHS} months")
        call_command("ingest_events", str(path))
        drain([tenant.pk], say)


def _told_of(tenant: Tenant, world: World) -> Iterator[Event]:
    for event in history(world, (CLUBS[0].slug,)):
        yield {**event, "tenantId": tenant.slug}
