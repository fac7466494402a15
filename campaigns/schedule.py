"""When a campaign is due: wall clocks, cron patterns, zones of people, spreading. Pure.

A time that staff write is a time on a wall clock. Where the clock jumps over it (spring) it is due when the jump is
over; where the clock shows it twice (autumn) it is due the first time, once.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import get_global
from cronsim import CronSim, CronSimError

from messaging.clocks import instant

HOURS: Final = 24
# The clocks of the earth lie between UTC-12 and UTC+14: a wall-clock time comes up for the first people so much before
# it comes up in UTC.
EARLIEST: Final = timedelta(hours=14)
# More often would be a flood; staff who want that want a triggered campaign.
SHORTEST_PERIOD: Final = timedelta(hours=1)


class InvalidPattern(ValueError):
    """The cron pattern cannot be used; the text says why."""


def check_pattern(pattern: str) -> None:
    """Raise InvalidPattern unless it is a cron pattern of five fields that is due at most once an hour."""
    if len(pattern.split()) != 5:  # noqa: PLR2004 - the sixth field of cronsim counts seconds
        raise InvalidPattern("Write five fields: minute, hour, day of month, month, day of week.")
    try:
        simulated = CronSim(pattern, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InvalidPattern(f"{error}.") from None
    if len(simulated.minutes) > 1:
        raise InvalidPattern("Choose one minute of the hour: more than once an hour is too often.")


def explain(pattern: str) -> str:
    """The pattern in words, as in: At 09:00 on Monday."""
    check_pattern(pattern)
    return str(CronSim(pattern, datetime(2026, 1, 1, tzinfo=UTC)).explain())


def occurrences(
    pattern: str, zone: ZoneInfo, *, after: datetime, until: datetime | None = None
) -> Iterator[datetime]:
    """The moments (UTC) after `after` at which the pattern is due in the zone, up to and including `until`."""
    check_pattern(pattern)
    moments = (moment.astimezone(UTC) for moment in CronSim(pattern, after.astimezone(zone)))
    return moments if until is None else takewhile(lambda moment: moment <= until, moments)


def next_occurrence(
    pattern: str, zone: ZoneInfo, *, after: datetime, until: datetime | None = None
) -> datetime | None:
    """The first of them; None when there is none any more."""
    return next(occurrences(pattern, zone, after=after, until=until), None)


def next_occurrences(
    pattern: str, zone: ZoneInfo, *, after: datetime, count: int, until: datetime | None = None
) -> list[datetime]:
    """The first `count` of them."""
    return list(islice(occurrences(pattern, zone, after=after, until=until), count))


@cache
def zone_of_country(country: str) -> str | None:
    """The zone of a country (two letters) with only one, else of its largest city's; None: not known.

    Unicode's table lists the zones of a country; the tables here name the city where there are several.
    """
    zones: list[str] = get_global("territory_zones").get(country.upper(), [])
    return LARGEST.get(country.upper()) or (zones[0] if zones else None)


@cache
def countries() -> tuple[str, ...]:
    """Every country of Unicode's table, by its two letters."""
    return tuple(sorted({*get_global("territory_zones"), *LARGEST}))


LARGEST: Final = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kiev",
    "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows at the moment, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def local_instants(moment: datetime, home: ZoneInfo, countries: Iterable[str]) -> dict[str, datetime]:
    """When the clocks of each country show what the club's clock shows at the moment; unknown ones go by the club's."""
    wall = wall_clock(moment, home)
    zones = {country: zone_of_country(country) for country in countries}
    return {
        country: instant(wall, ZoneInfo(zone)) if zone else instant(wall, home)
        for country, zone in zones.items()
    }


def hours_of_day(moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """For each hour of the day the first moment, not before `moment`, at which a clock in the zone shows it."""
    wall = wall_clock(moment, zone)
    found = []
    for hour in range(HOURS):
        at = wall.replace(hour=hour, minute=0, second=0, microsecond=0)
        first = instant(at, zone)
        found.append(first if first >= moment else instant(at + timedelta(days=1), zone))
    return found


def planned_at(moment: datetime, *, is_own_zone: bool) -> datetime:
    """When the audience must be planned so that nobody's clock has passed the time already."""
    return moment - EARLIEST if is_own_zone else moment


def is_late(due_at: datetime, now: datetime, grace: timedelta) -> bool:
    """Whether something due is found so much after its hour that a human must be asked."""
    return now - due_at > grace
