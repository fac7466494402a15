"""Campaigns over both changes of the clock in London, and in Johannesburg, which has none: sent once a day, in time."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from campaigns.actions import schedule_campaign
from messaging import sending
from messaging.models import Delivery
from messaging.sandbox.server import Sandbox
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.campaigns.world import draft, people, segment, step
from tests.cast import Club
from tests.messaging.conftest import sandbox  # noqa: F401 - a fixture

SetClock = Callable[[datetime], None]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets what the programs take for now; the ledger's claim goes by PostgreSQL's clock, which is later than all."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def club(fairview: Club) -> Iterator[Tenant]:
    with tenant_scope(fairview.tenant):
        yield fairview.tenant


SPRING = [
    "2026-03-28T01:30",
    "2026-03-29T01:00",
    "2026-03-30T00:30",
]  # 01:30 does not exist on the second day
AUTUMN = ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]  # nor only once on this one
SOUTH = ["2026-03-27T23:30", "2026-03-28T23:30", "2026-03-29T23:30"]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Europe/London", SPRING),
        ("Europe/London", AUTUMN),
        ("Africa/Johannesburg", SOUTH),
    ],
)
def test_a_daily_campaign_reaches_each_person_once_on_each_day_of_the_wall(
    club: Tenant,
    sandbox: Sandbox,  # noqa: F811 - as above
    clock: SetClock,
    zone: str,
    hours: list[str],
) -> None:
    clock(utc(hours[0]) - timedelta(hours=12))
    everybody = people(club, 3)
    daily = draft(segment(club, everybody), type="RECURRING", recur_pattern="30 1 * * *", timezone=zone)
    schedule_campaign(daily.pk)

    sent_at = []
    for number in range(1, 4):
        hour = daily.occurrences.get(number=number).hour
        clock(hour)
        assert step(daily).status == "SENDING"
        sending.send_due()
        clock(hour + timedelta(seconds=5))
        assert step(daily).status == "COMPLETED"
        sent_at.append(hour)

    assert sent_at == [utc(hour) for hour in hours]
    assert len({hour.astimezone(ZoneInfo(zone)).date() for hour in sent_at}) == 3
    book = Counter(row["address"] for row in sandbox.book.rows("SELECT address FROM message"))
    assert book == {person.email: 3 for person in everybody}


@pytest.mark.parametrize(
    ("day", "in_london"),
    [
        ("2026-03-29", "2026-03-29T01:00"),
        ("2026-10-25", "2026-10-25T00:30"),
        ("2026-07-01", "2026-07-01T00:30"),
    ],
)
def test_half_past_one_of_everybodys_own_clock_on_the_night_of_the_change(
    club: Tenant,
    sandbox: Sandbox,  # noqa: F811 - as above
    clock: SetClock,
    day: str,
    in_london: str,
) -> None:
    hour = datetime.fromisoformat(f"{day}T01:30").replace(tzinfo=ZoneInfo("Africa/Johannesburg"))
    clock(hour - timedelta(days=2))
    there: dict[str, Any] = {country: people(club, 1, country=country)[0] for country in ("ZA", "GB")}
    own = draft(segment(club, list(there.values())), window="OWN_ZONE")
    schedule_campaign(own.pk, hour)

    due_at = own.occurrences.get().due_at
    assert due_at == hour - timedelta(hours=14)
    clock(due_at)
    step(own)
    due = {row.profile_id: row.due_at for row in Delivery.objects.filter(source_id=own.pk)}
    sending.send_due()
    sending.send_due()

    assert due == {there["ZA"].pk: hour, there["GB"].pk: utc(in_london)}
    book = Counter(row["address"] for row in sandbox.book.rows("SELECT address FROM message"))
    assert book == {person.email: 1 for person in there.values()}
