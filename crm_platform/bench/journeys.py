"""Journeys: moving people at rest and at scale; crowds; moves; trials over the past; with all programs running; killed.

`people` are in the club, `events` many go through a journey while `rounds` tens of kills strike.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import Final

from crm_platform import env
from crm_platform.bench import journeys_crowd, journeys_dry, journeys_engine, journeys_live, journeys_scale
from crm_platform.bench.database import Connection, connect, one_row
from crm_platform.bench.figures import BenchError, Figure, rate
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.setting import Setting
from tenants.models import Tenant
from tenants.scope import tenant_scope

KILLS_A_ROUND: Final = 10
HURRIES_BELOW: Final = 10_000


Part = Callable[[Setting, Connection, Tenant], Iterable[Figure]]


def run(setting: Setting) -> Iterator[Figure]:
    """One club for all; each part clears the tables of journeys before it begins."""
    tenant = make_tenant()
    with connect() as connection:
        for part in setting.chosen(PARTS):
            yield from part(setting, connection, tenant)


def _peopled(measure: Part, *, is_scoped: bool = True) -> Part:
    """A part that wants people in the club, and may have to be in its scope."""

    def part(setting: Setting, connection: Connection, tenant: Tenant) -> Iterator[Figure]:
        if not one_row(connection, "SELECT EXISTS (SELECT FROM profiles_customerprofile)")[0]:
            load_people(tenant, setting.sizes.people, setting.reporter, with_history=False)
        with tenant_scope(tenant) if is_scoped else nullcontext():
            yield from measure(setting, connection, tenant)

    return part


def _kills(setting: Setting, _connection: Connection, _tenant: Tenant) -> list[Figure]:
    """In a process of its own, on servers that may be killed; says how many steps a second got through."""
    people, kills = setting.sizes.events, setting.sizes.rounds * KILLS_A_ROUND
    if not people:
        return []
    wanted = json.dumps({"people": people, "kills": kills, "hurry": people < HURRIES_BELOW})
    setting.reporter.note(f"{people:,} runs while {kills} kills strike")
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.journeys_kills", wanted],
        cwd=env.PROJECT_DIR,
        env=env.environment(CRM_MESSAGING_URL=""),
        stdout=subprocess.PIPE,
        check=False,
    )
    if not done.stdout:
        raise BenchError("The runs with kills did not come to an end.")
    verdict = json.loads(done.stdout)
    if not verdict["is_right"]:
        raise BenchError(f"The book, the ledger and the journey differ: {verdict}.")
    words = (
        f"{people:,} runs, each step and each message once in the service's book, through {kills} kills"
        f" ({', '.join(f'{count} {part}' for part, count in verdict['kills'].items())})"
    )
    return [rate("journeys", words, verdict["steps"] / verdict["seconds"], "steps/s")]


PARTS: Final[dict[str, Part]] = {
    "engine": _peopled(journeys_engine.measure),
    "scale": _peopled(journeys_scale.measure),
    "crowd": _peopled(journeys_crowd.measure),
    "dry": _peopled(journeys_dry.measure),
    "live": _peopled(journeys_live.measure, is_scoped=False),
    "kills": _kills,
}
