"""A trial over the past of a large club is played by two sessions at once, each for half of the people.

What one person does in a journey does not depend on what others do, but for a few things: limits to how many may enter,
journeys that people are sent into, and the one copy that goes to a mailbox. With limits or other journeys nothing is
shared; whoever has an address in common with somebody else is in the first half.
"""

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any, Final

from django.db import connection

from journeys.definition import Definition
from journeys.definition.steps import Enrol
from profiles.models import CustomerProfile

Share = int | None
WHOLE: Final[tuple[Share, ...]] = (None,)
HALVES: Final[tuple[Share, ...]] = (0, 1)
# Below, the statements of a second session cost more than the half of the people.
SHARED_FROM: Final = 20_000
# Whoever was merged is where they are whom they became. Table and tenant are those of the club.
OF_SHARE: Final = """
tenant_id = %(tenant)s AND %(share)s = CASE WHEN COALESCE(merged_into_id, id) IN (
    SELECT unnest(d.people) FROM (
        SELECT array_agg(id) AS people FROM {table} WHERE tenant_id = %(tenant)s AND email <> ''
        GROUP BY email HAVING count(*) > 1
        UNION ALL SELECT array_agg(id) FROM {table} WHERE tenant_id = %(tenant)s AND phone_number <> ''
        GROUP BY phone_number HAVING count(*) > 1
        UNION ALL SELECT array_agg(id) FROM {table} WHERE tenant_id = %(tenant)s AND messaging_contact_id <> ''
        GROUP BY messaging_contact_id HAVING count(*) > 1
    ) AS d
) THEN 0 ELSE hashtextextended(COALESCE(merged_into_id, id)::text, 0) & 1 END
"""
Progress = Callable[[int], None]


class Abandoned(Exception):
    """The other half has failed: its error is the one that counts."""


def shares_of(definition: Definition) -> tuple[Share, ...]:
    """The halves of the open scope's club, where it is worth it and nothing hangs together; else the whole.

    Within a transaction, and behind a pooler, a second session would not see what the first one does.
    """
    wrapper: Any = connection
    wrapper.ensure_connection()
    entry = definition.entry
    if (
        wrapper.in_atomic_block
        or wrapper.is_pooled
        or entry.max_enrollments is not None
        or entry.daily_cap is not None
        or any(isinstance(step, Enrol) for step in definition.steps)
    ):
        return WHOLE
    return HALVES if CustomerProfile.objects.count() >= SHARED_FROM else WHOLE


def play_shares(
    play: Callable[[Share, Progress], Any], shares: Sequence[Share], progress: Progress | None
) -> list[Any]:
    """What `play` returns for each share, at the same time; the first error ends all of them.

    The whole is played here. Progress is told as that of the slower one.
    """
    if len(shares) == 1:
        return [play(shares[0], progress or (lambda _: None))]
    reached, is_over = dict.fromkeys(shares, 0), Event()

    def run(share: Share) -> Any:
        def told(percent: int) -> None:
            if is_over.is_set():
                raise Abandoned
            reached[share] = percent
            if progress is not None:
                progress(min(reached.values()))

        try:
            return play(share, told)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(shares)) as pool:
        parts: list[Future[Any]] = [
            pool.submit(contextvars.copy_context().run, run, share) for share in shares
        ]
        pending = set(parts)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for one in done:
                if one.exception() is not None:
                    is_over.set()
    failed = [one.exception() for one in parts if one.exception() is not None]
    for error in sorted(failed, key=lambda one: isinstance(one, Abandoned)):
        assert error is not None  # noqa: S101 - as chosen
        raise error
    return [one.result() for one in parts]
