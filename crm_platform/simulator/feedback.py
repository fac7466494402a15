"""Votes for wishes, and complaints."""

from datetime import date, datetime
from typing import Any, Final

from crm_platform.simulator.calendar import DAY, DAYS_A_MONTH
from crm_platform.simulator.people import Person
from crm_platform.simulator.stage import Stage

WISHES: Final = (
    ("f-dark-mode", "Dark mode in the app"),
    ("f-live-scores", "Live scoring for competitions"),
    ("f-waiting-list", "Waiting list for full tee sheets"),
    ("f-cart-booking", "Book a cart with the tee time"),
    ("f-calendar", "Add bookings to my calendar"),
    ("f-partner-finder", "Find a playing partner"),
    ("f-halfway-house", "Order at the halfway house"),
)
TOPICS: Final = (
    ("Greens", 24.0),
    ("Slow play", 30.0),
    ("Booking system", 18.0),
    ("Restaurant", 14.0),
    ("Billing", 14.0),
)
UNVOTES, SHIPPED_SHARE, CLOSED = 0.08, 0.3, 0.8
# Complaints a month of those who have drifted away, instead of a word of goodbye.
FAREWELL = 0.3


def plan_day(stage: Stage, day: date) -> None:
    """Decide who votes and who complains today."""
    rng = stage.rng(f"feedback/{day.isoformat()}")
    noon = stage.calendar.at(day, 12)
    for person in stage.people:
        identity = feedback_identity(person)
        if not identity or not _is_known(person, noon):
            continue
        vigour = stage.vigour(person, noon)
        if rng.chance(person.persona.votes / DAYS_A_MONTH * vigour) and person.auth_id:
            vote(stage, person, stage.calendar.waking_hours(day, rng))
        # Those who drift away complain before they go.
        if rng.chance(person.persona.complaints / DAYS_A_MONTH * min(1.0, 0.3 + vigour)):
            complain(stage, person, stage.calendar.waking_hours(day, rng))
        if stage.is_leaving(person, noon) and not stage.is_silent(person, noon):
            farewell = stage.rng(f"farewell/{person.id}/{day.isoformat()}")
            if farewell.chance(FAREWELL / DAYS_A_MONTH):
                complain(stage, person, stage.calendar.waking_hours(day, farewell))


def feedback_identity(person: Person) -> dict[str, Any]:
    """The login, or the e-mail of those without one."""
    if person.auth_id:
        return {"authUserId": person.auth_id}
    member = person.member
    if member and member.email.strip().lower() == person.mailbox:
        return {"email": member.email}
    return {}


def _is_known(person: Person, moment: datetime) -> bool:
    """Whether a service has met whoever gives feedback; the login comes from the first of them that knows it."""
    if person.player and "teetime" in person.auth_sources:
        return person.player.registered < moment
    return person.member is not None and person.member.joined < moment


def vote(stage: Stage, person: Person, when: datetime) -> None:
    """Somebody likes a wish, and may think again."""
    rng = stage.rng(f"vote/{person.id}/{when.isoformat()}")
    feature, title = rng.pick(WISHES)
    payload = {"featureId": feature, "title": title}
    key = f"{feature}-{person.id}-{int(when.timestamp())}"
    _add(stage, person, when, verb="voted", key=key, payload=payload)
    if rng.chance(UNVOTES):
        _add(stage, person, when + DAY * rng.uniform(0.1, 20), verb="unvoted", key=key, payload=payload)
    elif rng.chance(SHIPPED_SHARE):
        _add(stage, person, when + DAY * rng.uniform(30, 90), verb="shipped", key=key, payload=payload)


def complain(stage: Stage, person: Person, when: datetime) -> None:
    """Somebody complains; most complaints are settled within weeks."""
    rng = stage.rng(f"complaint/{person.id}/{when.isoformat()}")
    complaint = f"cp-{stage.club.id}-{person.tag}-{int(when.timestamp())}"
    payload = {"id": complaint, "topic": rng.weighted(TOPICS), "sentiment": "negative"}
    _add(stage, person, when, verb="complaint.opened", key=complaint, payload=payload)
    if rng.chance(CLOSED):
        closed = when + DAY * rng.uniform(1, 25)
        settled = {**payload, "sentiment": rng.pick(("neutral", "positive", "negative"))}
        _add(stage, person, closed, verb="complaint.closed", key=complaint, payload=settled)


def _add(
    stage: Stage, person: Person, when: datetime, *, verb: str, key: str, payload: dict[str, Any]
) -> None:
    identity = feedback_identity(person)
    event = stage.post.event(f"feedback.{verb}", key, when, identity=identity, payload=payload)
    stage.agenda.add_event(when, event)
