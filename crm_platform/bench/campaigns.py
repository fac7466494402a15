"""Campaigns: planning, sending, finding what is due, fairness, the flood of reactions, and everything being killed.

Sizes: `people` the club's profiles, of whom a tenth are planned; `events` messages sent; `activities` rows of the
ledger; `rounds` tens of kills.
"""

import json
import subprocess
import sys
from typing import Final

from crm_platform import env
from crm_platform.bench.campaign_due import due
from crm_platform.bench.campaign_engagement import engagement
from crm_platform.bench.campaign_planning import planning
from crm_platform.bench.campaign_sending import fairness, sending
from crm_platform.bench.database import Connection, connect
from crm_platform.bench.figures import BenchError, Figure, rate
from crm_platform.bench.people import make_tenant
from crm_platform.bench.setting import Setting

KILLS_A_ROUND: Final = 10
SMALL_SHARE, BIG_SHARE = 100, 2


def run(setting: Setting) -> list[Figure]:
    """Each part over the club that the first one made, so that a million people are made once."""
    sizes = setting.sizes
    tenant = make_tenant()
    figures: list[Figure] = []

    def add(found: list[Figure]) -> None:
        """With a line at once: the whole takes long."""
        figures.extend(found)
        for one in found:
            setting.reporter.note(f"{one.measure}: {one.value:,} {one.unit} (baseline {one.baseline})")

    with connect() as connection:
        add(planning(setting, tenant, connection))
        add(sending(setting, tenant, min(sizes.events, sizes.people), connection))
        add(due(setting, tenant, sizes.activities, sizes.activities // 10, connection))
        _forget_people(connection)
        add(fairness(setting, sizes.people // SMALL_SHARE, sizes.people // BIG_SHARE, connection))
        _forget_people(connection)
        add(engagement(setting, tenant, sizes.events, connection))
    add(_kills(setting))
    return figures


def _forget_people(connection: Connection) -> None:
    connection.execute(
        "TRUNCATE messaging_delivery, messaging_sendhold, segments_segmentmember, profiles_customerprofile CASCADE"
    )


def _kills(setting: Setting) -> list[Figure]:
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
