"""Days and hours: when clubs are busy, when offices write, when it rains."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm_platform.simulator.clubs import Club
from crm_platform.simulator.rng import Rng

DAY = timedelta(days=1)
SATURDAY = 5
DAYS_A_MONTH = 30.4
FIRST_TEE_MINUTE = 6 * 60 + 30
LAST_TEE_MINUTE = 15 * 60
TEE_INTERVAL_MINUTES = 8
# Hour of the first tee shot and how often it is chosen, weekends and other days.
WEEKEND_HOURS = ((6, 14.0), (7, 26.0), (8, 22.0), (9, 14.0), (10, 8.0), (11, 6.0), (12, 6.0), (13, 4.0))
WEEKDAY_HOURS = ((7, 10.0), (8, 16.0), (9, 16.0), (10, 12.0), (11, 10.0), (12, 12.0), (13, 12.0), (14, 8.0))


def days_between(start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included."""
    return [start + DAY * number for number in range((end - start).days + 1)]


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= SATURDAY


class ClubCalendar:
    """Local time and weather of one club."""

    def __init__(self, club: Club, seed: str) -> None:
        self.club = club
        self.zone = ZoneInfo(club.time_zone)
        self._seed = f"{seed}/weather"
        self._closed: dict[date, bool] = {}

    def at(self, day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
        """A moment of the club's clock, in UTC."""
        return datetime.combine(day, time(hour, minute, second), self.zone).astimezone(UTC)

    def local(self, moment: datetime) -> datetime:
        """The moment on the club's clock."""
        return moment.astimezone(self.zone)

    def day_of(self, moment: datetime) -> date:
        """The club's calendar day of a moment."""
        return self.local(moment).date()

    def season(self, day: date) -> float:
        """How much is played, 1.0 as in the best month."""
        return self.club.season[day.month - 1]

    def is_closed(self, day: date) -> bool:
        """Whether the weather shuts the course that day."""
        if day not in self._closed:
            rng = Rng(f"{self._seed}/{day.isoformat()}")
            self._closed[day] = rng.chance(self.club.closed[day.month - 1])
        return self._closed[day]

    def office_hours(self, day: date, rng: Rng) -> datetime:
        """Some moment when the office works."""
        return self.at(day, rng.between(8, 16), rng.between(0, 59), rng.between(0, 59))

    def waking_hours(self, day: date, rng: Rng) -> datetime:
        """Some moment when people tap on their phones: mostly evenings."""
        hour = rng.between(18, 21) if rng.chance(0.45) else rng.between(7, 22)
        return self.at(day, hour, rng.between(0, 59), rng.between(0, 59))

    def tee_time(self, day: date, rng: Rng) -> datetime:
        """A slot of the tee sheet: mornings first."""
        hours = WEEKEND_HOURS if is_weekend(day) else WEEKDAY_HOURS
        minutes = rng.weighted(hours) * 60 + rng.between(0, 59)
        minutes = min(max(minutes, FIRST_TEE_MINUTE), LAST_TEE_MINUTE)
        minutes -= minutes % TEE_INTERVAL_MINUTES
        return self.at(day, minutes // 60, minutes % 60)
