"""Time goes by for posts that wait: rows are brought nearer, and the stand-in's clock is moved on."""

from datetime import timedelta
from typing import Final

import requests
from django.db.models import F
from django.utils import timezone

from social.models import AppPause, Attempt, Connection, Step, Target
from social.networks.registry import FAMILIES
from social.sandbox_address import sandbox_url
from tenants.scope import all_tenants

MINUTE: Final = timedelta(minutes=1)
SECONDS: Final = 30


def move_clock(by: timedelta = MINUTE) -> None:
    """Bring everything that is due later nearer."""
    with all_tenants():
        for name in ("due_at", "leased_until", "comment_due_at"):
            rows = Target.objects.filter(**{f"{name}__isnull": False}).exclude(status="DRAFT")
            rows.update(**{name: F(name) - by})
        open_ones = Attempt.objects.filter(outcome__in=("STARTED", "UNKNOWN"))
        open_ones.update(started_at=F("started_at") - by)
        Step.objects.update(done_at=F("done_at") - by)
        AppPause.objects.update(until=F("until") - by)
        Connection.objects.exclude(closed_until=None).update(closed_until=F("closed_until") - by)
    url = f"{sandbox_url()}/control/clock"
    requests.post(url, json={"advance": by.total_seconds()}, timeout=SECONDS).raise_for_status()


class Doubts:
    """For how many minutes of the moved clock nobody knew of a call; to be told after each minute."""

    def __init__(self) -> None:
        self.longest = 0
        self._minute = 0
        self._since: dict[int, int] = {}

    def tick(self) -> None:
        """A minute is over: look, and move the clock."""
        with all_tenants():
            # Who must ask a human, or may not be asked at all, does not wait for the machine.
            able = Target.objects.filter(
                status="UNKNOWN", asks_human=False, connection__status="ACTIVE", connection__closed_until=None
            )
            paused = AppPause.objects.filter(until__gt=timezone.now()).values_list("family", flat=True)
            networks = [network for network, family in FAMILIES.items() if family in set(paused)]
            waiting = able.exclude(connection__network__in=networks)
            # Each call has a doubt of its own: another draft that is lost, too, begins anew.
            calls = Attempt.objects.filter(target__in=waiting, outcome__in=("STARTED", "UNKNOWN"))
            unknown = set(calls.values_list("pk", flat=True))
        self._since = {key: self._since.get(key, self._minute) for key in unknown}
        self.longest = max([self.longest, *(self._minute - since for since in self._since.values())])
        self._minute += 1
        move_clock()
