"""The log is kept long enough, and for whoever has not read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events import retention
from events.models import DomainLogEntry
from events.retention import KEPT, prune
from tenants.scope import all_tenants
from tests.cast import Club
from tests.events.logbook import Reader, age_entries, append, read_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_consumers")]
LONG_AGO = KEPT + timedelta(days=1)


def numbers_left() -> list[str]:
    with all_tenants():
        return [entry.data["n"] for entry in DomainLogEntry.objects.order_by("id")]


def test_what_the_slowest_consumer_has_not_read_is_kept_however_old(fairview: Club) -> None:
    for name in ("fast", "slow"):
        Reader().register(name)
    append(fairview.tenant, "1", "2")
    read_all("slow")
    append(fairview.tenant, "3")
    read_all("fast")
    age_entries(timezone.now() - LONG_AGO)

    assert prune() == 2
    assert numbers_left() == ["3"]


def test_what_is_younger_is_kept_although_everybody_has_read_it(fairview: Club) -> None:
    Reader().register()
    append(fairview.tenant, "1")
    read_all()
    age_entries(timezone.now() - KEPT + timedelta(minutes=1))

    assert prune() == 0
    assert numbers_left() == ["1"]


def test_pruning_goes_on_chunk_by_chunk_over_all_tenants(
    fairview: Club, kingsmere: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    Reader().register()
    append(fairview.tenant, "1", "2", "3")
    append(kingsmere.tenant, "4", "5")
    read_all()
    age_entries(timezone.now() - LONG_AGO)

    assert prune() == 5
    assert numbers_left() == []
