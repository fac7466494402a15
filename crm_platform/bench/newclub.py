"""How fast a club that nobody has seen comes in: all its people in three services, and what they did.

Nothing has been loaded and nothing analysed before, so that a plan which trusts statistics shows. Every event goes
through the file door and the running workers, with all consumers at the log.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from django.db import connection as product_connection
from django.utils import timezone

from crm_platform.bench import inbox
from crm_platform.bench.database import connect, expect, one_row
from crm_platform.bench.figures import Figure, rate
from crm_platform.bench.mix import mixed_events
from crm_platform.bench.people import (
    contact_id_of,
    email_of,
    envelope,
    make_tenant,
    member_id_of,
    player_id_of,
)
from crm_platform.bench.processes import Processes
from crm_platform.bench.processor_time import ProcessorTime
from crm_platform.bench.setting import Setting
from events.transports.files import FileDoor, Reject

LEAST_RATE: Final = 3_000
JOINED: Final = timedelta(days=121)


def run(setting: Setting) -> list[Figure]:
    """Bring the club in, and see that everybody is one person with everything they did."""
    sizes = setting.sizes
    tenant = make_tenant()
    file, count = _write_file(setting)
    rejects: list[Reject] = []
    with connect() as connection, Processes(setting.folder) as processes:
        after = inbox.last_id(connection)
        processes.worker()
        used = ProcessorTime(connection, processes.sessions)
        began = time.perf_counter()
        door = FileDoor(dry_run=False)
        with setting.reporter.bar("events through the door", count) as report, file.open("rb") as stream:
            door.take(stream, on_reject=rejects.append, on_batch=lambda: report(door.summary.lines))
        with setting.reporter.bar("events done", count) as report:
            ended = inbox.wait_until_done(connection, tenant.pk, after, report)
        setting.reporter.note(used.told(count))
        product_connection.close()
        expect("rejected lines", len(rejects), 0)
        (people,) = one_row(
            connection, "SELECT count(*) FROM profiles_customerprofile WHERE status <> 'MERGED'"
        )
        expect("people", people, sizes.people)
    title = f"a new club, {sizes.people:,} people in three services, file to finished profiles"
    return [rate("newclub", title, count / (ended - began), "events/s", least=LEAST_RATE)]


def _write_file(setting: Setting) -> tuple[Path, int]:
    """The file, and how many events are in it: the people first, as an old system tells them."""
    sizes, now = setting.sizes, timezone.now()
    file, count = setting.folder / "newclub.ndjson", 0
    with file.open("wb") as stream:
        for event in new_people(sizes.people, now - JOINED):
            stream.write(orjson.dumps(event) + b"\n")
            count += 1
        for one in mixed_events(max(sizes.events - count, 0), sizes.people, now=now):
            stream.write(orjson.dumps(one.event) + b"\n")
            count += 1
    return file, count


def new_people(people: int, at: datetime) -> Iterator[dict[str, Any]]:
    """Everybody as SCL, TeeTime and Messaging know them; one address leads to one person."""
    for person in range(people):
        email, names = email_of(person), {"firstName": "Golfer", "lastName": f"No{person}"}
        member = {"id": member_id_of(person), "email": email, "status": "ACTIVE", **names}
        yield envelope(f"m-{person}", "scl.member.created", "scl", identity={}, payload=member, at=at)
        player = {"id": player_id_of(person), "email": email, "name": "Golfer", "surname": f"No{person}"}
        yield envelope(f"p-{person}", "teetime.player.created", "teetime", identity={}, payload=player, at=at)
        contact = {"contactId": contact_id_of(person), "email": email, **names}
        yield envelope(f"c-{person}", "contact.created", "messaging", identity={}, payload=contact, at=at)
