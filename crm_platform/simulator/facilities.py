"""Reservations of courts, range bays and rooms by members."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_platform.simulator.calendar import DAY, DAYS_A_MONTH
from crm_platform.simulator.envelope import lot, member_identity, moment
from crm_platform.simulator.people import Member
from crm_platform.simulator.stage import Stage

LONGEST_LEAD_DAYS: Final = 10
MOVED, CANCELLED, NO_SHOW = 0.07, 0.09, 0.03
# Clubs with racquet sports are busier.
BUSIER: Final = {"kingsmere": 1.8}
WITH_PRICE: Final = 90


def plan_day(stage: Stage, day: date) -> None:
    """Decide who reserves something today."""
    rng = stage.rng(f"facilities/{day.isoformat()}")
    noon = stage.calendar.at(day, 12)
    pull = BUSIER.get(stage.club.slug, 1.0)
    for member in stage.members:
        if not member.is_active or member.joined > noon:
            continue
        vigour = stage.vigour(member.person, noon)
        if rng.chance(member.person.persona.reservations * pull / DAYS_A_MONTH * vigour):
            when = stage.calendar.waking_hours(day, rng)
            reserve(stage, member, when, key=f"{member.id}-{day:%y%m%d}")


def reserve(stage: Stage, member: Member, when: datetime, *, key: str) -> None:
    """Put a reservation on the agenda, with what becomes of it. `key` is unique per reservation."""
    rng = stage.rng(f"reservation/{key}")
    resource = rng.pick(stage.club.resources)
    day = stage.calendar.day_of(when) + DAY * rng.between(1, LONGEST_LEAD_DAYS)
    starts = stage.calendar.at(day, rng.between(resource.first_hour, resource.last_hour))
    lasts = timedelta(minutes=resource.minutes)
    base = {"reservationId": f"rs-{stage.club.id}-{key}", "resourceId": resource.id, "memberId": member.id}
    slot = {"startTime": moment(starts), "endTime": moment(starts + lasts), "clubId": stage.club.id}
    pricing = {}
    if lot(key) < WITH_PRICE:
        price = {"quotedPriceCents": resource.price_cents, "currency": stage.club.currency}
        pricing = {"pricing": price}
    _add(stage, member, when, verb="created", key=key, payload={**base, **slot, **pricing})
    if rng.chance(MOVED):
        moved = when + (starts - when) * rng.uniform(0.1, 0.6)
        starts += DAY * rng.between(1, 4)
        slot |= {"startTime": moment(starts), "endTime": moment(starts + lasts)}
        _add(stage, member, moved, verb="rescheduled", key=key, payload={**base, **slot})
        when = moved
    if rng.chance(CANCELLED):
        _add(
            stage,
            member,
            when + (starts - when) * rng.uniform(0.2, 0.97),
            verb="cancelled",
            key=key,
            payload=base,
        )
    elif rng.chance(NO_SHOW):
        _add(stage, member, starts + timedelta(minutes=20), verb="no_show", key=key, payload=base)


def _add(
    stage: Stage, member: Member, when: datetime, *, verb: str, key: str, payload: dict[str, Any]
) -> None:
    event = stage.post.event(
        f"facilities.reservation.{verb}", key, when, identity=member_identity(member, key), payload=payload
    )
    stage.agenda.add_event(when, event)
