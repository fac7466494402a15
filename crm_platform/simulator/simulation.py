"""The life of one club, day by day."""

from collections.abc import Iterator
from datetime import date, datetime

from crm_platform.simulator import (
    competitions,
    consent,
    facilities,
    feedback,
    golf,
    mail,
    membership,
    onboarding,
)
from crm_platform.simulator.agenda import Event
from crm_platform.simulator.calendar import DAY, days_between
from crm_platform.simulator.stage import Stage

DAILY_PLANS = (
    membership.plan_day,
    competitions.plan_day,
    golf.plan_day,
    facilities.plan_day,
    mail.plan_day,
    consent.plan_day,
    feedback.plan_day,
)


class Simulation:
    """Plays a stage from its start to its end, once; afterwards `stage` is as the history left it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def run(self) -> Iterator[tuple[datetime, Event]]:
        """Every event with its moment, in the order of time."""
        stage = self.stage
        onboarding.plan(stage)
        first, last = (stage.calendar.day_of(moment) for moment in (stage.start, stage.until))
        for day in days_between(first + DAY, last):
            yield from stage.agenda.due(self._midnight(day))
            for plan in DAILY_PLANS:
                plan(stage, day)
        yield from stage.agenda.due(stage.until)

    def _midnight(self, day: date) -> datetime:
        return self.stage.calendar.at(day, 0)
