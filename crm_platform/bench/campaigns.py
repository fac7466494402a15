"""Campaigns: planning, sending, finding what is due, fairness, the flood of reactions, and everything being killed.

Sizes: `people` the club's profiles, of whom a tenth are planned; `events` messages sent; `activities` rows of the
ledger; `rounds` tens of kills.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from crm_platform import env
from crm_platform.bench.campaign_due import due
from crm_platform.bench.campaign_engagement import engagement
from crm_platform.bench.campaign_people import fill
from crm_platform.bench.campaign_planning import planning
from crm_platform.bench.campaign_sending import fairness, sending
from crm_platform.bench.database import Connection, connect, one_row, settle
from crm_platform.bench.figures import BenchError, Figure, rate
from crm_platform.bench.people import make_tenant
from crm_platform.bench.setting import Setting
from tenants.models import Tenant

KILLS_A_ROUND: Final = 10
SMALL_SHARE, BIG_SHARE = 100, 2


Part = Callable[[Setting, Tenant, Connection], Iterable[Figure]]


def run(setting: Setting) -> Iterator[Figure]:
    """Parts over one club, so that a million people are made once."""
    tenant = make_tenant()
    with connect() as connection:
        for part in setting.chosen(PARTS):
            yield from part(setting, tenant, connection)


def _planning(setting: Setting, tenant: Tenant, connection: Connection) -> list[Figure]:
    _make_people(setting, tenant, connection)
    return planning(setting, tenant, connection)


def _sending(setting: Setting, tenant: Tenant, connection: Connection) -> Iterator[Figure]:
    _make_people(setting, tenant, connection)
    return sending(setting, tenant, min(setting.sizes.events, setting.sizes.people), connection)


def _due(setting: Setting, tenant: Tenant, connection: Connection) -> list[Figure]:
    _make_people(setting, tenant, connection)
    rows = setting.sizes.activities
    return due(setting, tenant, rows, rows // 10, connection)


def _fairness(setting: Setting, _tenant: Tenant, connection: Connection) -> list[Figure]:
    _forget_people(connection)
    people = setting.sizes.people
    return fairness(setting, people // SMALL_SHARE, people // BIG_SHARE, connection)


def _engagement(setting: Setting, tenant: Tenant, connection: Connection) -> list[Figure]:
    _forget_people(connection)
    return engagement(setting, tenant, setting.sizes.events, connection)


def _make_people(setting: Setting, tenant: Tenant, connection: Connection) -> None:
    """Unless a part before has made them."""
    if not one_row(connection, "SELECT EXISTS (SELECT FROM profiles_customerprofile)")[0]:
        setting.reporter.note("making people")
        fill(connection, tenant.pk, setting.sizes.people)
        settle(connection, "profiles_customerprofile")


def _forget_people(connection: Connection) -> None:
    connection.execute(
        "TRUNCATE messaging_delivery, messaging_sendhold, segments_segmentmember, profiles_customerprofile CASCADE"
    )


def _kills(setting: Setting, _tenant: Tenant, _connection: Connection) -> list[Figure]:
    """In a process of its own, on servers that may be killed; says how many messages a minute got through."""
    people, kills = setting.sizes.events, setting.sizes.rounds * KILLS_A_ROUND
    wanted = json.dumps({"people": people, "kills": kills, "hurry": people < 10_000})  # noqa: PLR2004
    setting.reporter.note(f"sending to {people:,} while {kills} kills strike")
    done = subprocess.run(
        [sys.executable, "-m", "crm_platform.bench.campaign_kills", wanted],
        cwd=env.PROJECT_DIR,
        env=env.environment(CRM_MESSAGING_URL=""),
        stdout=subprocess.PIPE,
        check=False,
    )
    if not done.stdout:
        raise BenchError("The send with kills did not come to an end.")
    verdict = json.loads(done.stdout)
    if not verdict["is_right"]:
        raise BenchError(f"The book and the ledger differ: {verdict}.")
    words = (
        f"{verdict['in_book']:,} mailboxes, one message each in the service's book, through {kills} kills"
        f" ({', '.join(f'{count} {part}' for part, count in verdict['kills'].items())})"
    )
    return [rate("campaigns", words, verdict["in_book"] / verdict["seconds"] * 60, "messages/min")]


PARTS: Final[dict[str, Part]] = {
    "planning": _planning,
    "sending": _sending,
    "due": _due,
    "fairness": _fairness,
    "engagement": _engagement,
    "kills": _kills,
}
