"""Contacts who change their minds about channels, and contacts that are deleted."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.enrolment import CHANNELS
from crm_platform.simulator.envelope import contact_identity
from crm_platform.simulator.people import Contact
from crm_platform.simulator.stage import Stage

CHANGES_A_YEAR: Final = 0.45
DELETIONS_A_YEAR: Final = 0.006
# Channels, and how often a change is about each.
TOUCHED: Final = (("email", 15.0), ("sms", 30.0), ("push", 35.0), ("whatsapp", 20.0))


def plan_day(stage: Stage, day: date) -> None:
    """Decide which contacts use the preference page today."""
    rng = stage.rng(f"consent/{day.isoformat()}")
    noon = stage.calendar.at(day, 12)
    for contact in stage.contacts:
        if contact.created > noon or contact.is_deleted:
            continue
        if rng.chance(CHANGES_A_YEAR / 365):
            when = stage.calendar.waking_hours(day, rng)
            stage.agenda.add(when, partial(toggle, stage, contact, channel=rng.weighted(TOUCHED)))
        if rng.chance(DELETIONS_A_YEAR / 365):
            when = stage.calendar.office_hours(day, rng)
            stage.agenda.add(when, partial(_delete, stage, contact))


def toggle(stage: Stage, contact: Contact, when: datetime, *, channel: str) -> Iterable[Event]:
    """The other way round for one channel; texts need a number."""
    wanted = not contact.opt_ins[channel]
    if contact.is_deleted or (wanted and channel in {"sms", "whatsapp"} and not contact.phone):
        return
    contact.opt_ins[channel] = wanted
    payload = {"contactId": contact.id, f"{channel}OptIn": wanted}
    key = f"{contact.id}-{channel}-{int(when.timestamp())}"
    yield stage.post.event(
        "messaging.contactPreference.updated", key, when, identity=contact_identity(contact), payload=payload
    )


def _delete(stage: Stage, contact: Contact, when: datetime) -> Iterable[Event]:
    if contact.is_deleted:
        return
    contact.is_deleted = True
    contact.opt_ins = dict.fromkeys(CHANNELS, False)
    yield stage.post.event(
        "messaging.contact.deleted",
        contact.id,
        when,
        identity=contact_identity(contact),
        payload={"contactId": contact.id},
    )
