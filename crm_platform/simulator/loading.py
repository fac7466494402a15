"""Bringing a world into the platform, once: tenants, files, the history through the product's own door."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management import call_command
from rich.console import Console

from crm_platform.simulator.accounts import ensure_key, ensure_logins, ensure_tenant, plan_of
from crm_platform.simulator.clubs import CLUB_BY_SLUG, CLUBS, Club
from crm_platform.simulator.files import history_path, truth_path, write_history, write_truth
from crm_platform.simulator.world import World, build_world
from events.debounce import enqueue_debounced
from events.draining import has_worker, pending, wait_until_drained
from events.transports.file_progress import drain_bar
from profiles.scoring.versions import SCORE_TENANT
from tenants.declarations import every, resolve
from tenants.models import Tenant
from tenants.scope import tenant_scope

FOLDER: Final = "demo"
LOADED_FILE: Final = "loaded.json"
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters that make a world; `until` is aware and in UTC."""

    seed: int
    people: int
    months: int
    until: datetime

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Plan":
        """Read what `as_document` wrote; raises KeyError and ValueError."""
        return cls(
            seed=int(document["seed"]),
            people=int(document["people"]),
            months=int(document["months"]),
            until=datetime.fromisoformat(document["until"]).astimezone(UTC),
        )

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "seed": self.seed,
            "people": self.people,
            "months": self.months,
            "until": self.until.isoformat(),
        }

    def world(self) -> World:
        """The world of these parameters; raises ValueError."""
        return build_world(self.seed, self.people, self.months, self.until)


def chosen_clubs(names: Sequence[str]) -> list[Club]:
    """The clubs of these slugs, all for none; raises KeyError for a slug that is no club of the demo."""
    return [CLUB_BY_SLUG[name] for name in names] if names else list(CLUBS)


def loaded_tenants(clubs: Sequence[Club]) -> list[Tenant]:
    """The tenants that the simulator made for these clubs, in the order of the clubs; raises NotOurs."""
    rows = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=[club.slug for club in clubs])}
    tenants = [rows[club.slug] for club in clubs if club.slug in rows]
    for tenant in tenants:
        plan_of(tenant)
    return tenants


def plan_in(tenant: Tenant) -> Plan:
    """The plan of the world that a tenant was loaded from; raises NotOurs."""
    return Plan.from_document(plan_of(tenant))


def load(clubs: Sequence[Club], wanted: Plan, data_dir: Path, say: Say) -> None:
    """Make the clubs, their logins and their history; what was done before is left as it is.

    The first club's world stays the world of all, so that a load that broke off is finished with the same events,
    which the inbox then knows already. Raises NotOurs and ValueError.
    """
    plan = _plan_to_keep(wanted, say)
    # First of all, because it refuses parameters that make no world.
    world = plan.world()
    tenants = [ensure_tenant(club, plan.as_document()) for club in clubs]
    logins = ensure_logins(clubs, data_dir)
    ensure_key(tenants, data_dir)
    say(f"Demo logins, all with the password {logins[0]['password']}:")
    for login in logins:
        say(f"  {login['username']:<22}{login['label']}")
    folder = data_dir / FOLDER
    missing = [tenant for tenant in tenants if not is_loaded(tenant, folder)]
    if not missing:
        say("The history is loaded already.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_write_files(tenant, world, folder, say) for tenant in missing]
    call_command("ingest_events", *(str(path) for path in paths))
    drain([tenant.pk for tenant in missing], say)
    for tenant in missing:
        _furnish(tenant)
        _mark_loaded(tenant, folder)
        # What a worker would do within five minutes: whoever looks at the demo now sees a year of scores.
        enqueue_debounced(SCORE_TENANT, str(tenant.pk))


def _furnish(tenant: Tenant) -> None:
    """What each app adds to a club of the demo, once its history is in."""
    with tenant_scope(tenant):
        for furnish in map(resolve, every("demo")):
            furnish(tenant)


def _plan_to_keep(wanted: Plan, say: Say) -> Plan:
    """The plan of the demo clubs that exist, else the wanted one."""
    tenants = loaded_tenants(CLUBS)
    if not tenants:
        return wanted
    plan = plan_in(tenants[0])
    if (plan.seed, plan.people, plan.months) != (wanted.seed, wanted.people, wanted.months):
        say(f"The demo here has seed {plan.seed}, {plan.people} people, {plan.months} months; it stays so.")
    return plan


def _write_files(tenant: Tenant, world: World, folder: Path, say: Say) -> Path:
    people = write_truth(world, tenant.slug, folder)
    events = write_history(world, tenant.slug, folder)
    say(f"{tenant.name}: {people:,} people, {events:,} events of {world.months} months")
    return history_path(folder, tenant.slug)


def drain(tenant_ids: Sequence[UUID], say: Say) -> None:
    """Return when the inbox of these tenants is worked off: by the Celery worker, or here where none answers."""
    in_this_process = not has_worker()
    if in_this_process:
        say("No Celery worker answers: working the inbox off here.")
    with drain_bar(Console(stderr=True), pending(tenant_ids)) as on_progress:
        wait_until_drained(tenant_ids, in_this_process=in_this_process, on_progress=on_progress)


def is_loaded(tenant: Tenant, folder: Path) -> bool:
    """Whether the tenant's history went in completely; a new database has other tenants and knows nothing."""
    return _loaded(folder).get(tenant.slug) == str(tenant.pk) and truth_path(folder, tenant.slug).exists()


def _mark_loaded(tenant: Tenant, folder: Path) -> None:
    document = _loaded(folder) | {tenant.slug: str(tenant.pk)}
    (folder / LOADED_FILE).write_text(json.dumps(document, indent=2) + "\n")


def _loaded(folder: Path) -> dict[str, str]:
    try:
        document = json.loads((folder / LOADED_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
