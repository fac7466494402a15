"""Mails to the contacts and what becomes of them: opened by people and machines, clicked, bounced, unwanted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.calendar import DAY
from crm_platform.simulator.envelope import contact_identity, moment
from crm_platform.simulator.people import Contact, Person
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage

SOFT_BOUNCES, FAILURES = 0.005, 0.001
OPENED_AGAIN, UNSUBSCRIBES, COMPLAINS = 0.15, 0.003, 0.0003
SMS_REPLIES, SMS_FAILS = 0.03, 0.02
LONGEST_WAIT: Final = 6 * DAY
# Day of the week (Monday is 0) and which of the month.
NEWS, FIXTURES, WHATS_ON = (3, 1), (1, 3), (3, 4)
HUMAN_AGENTS: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
)
PROXY_AGENT: Final = "Mozilla/5.0 (mail privacy proxy)"
SCANNER_AGENT: Final = "LinkScanner/4.2"
SUBJECTS: Final = {
    "news": "News from the club",
    "fixtures": "This quarter's fixtures",
    "whats-on": "What's on this month",
    "birthday": "Happy birthday from all of us",
}
LINKS: Final = ("book", "competitions", "restaurant", "lessons", "membership", "open-day")


@dataclass(frozen=True, slots=True)
class Mailing:
    """One message to many.

    `channel` is an opt-in's name. The appeal makes people open more or less often, after `open_delay_hours` in the
    mean. Sending takes `spread_seconds` in all.
    """

    id: str
    channel: str
    when: datetime
    appeal: float = 1.0
    open_delay_hours: float = 7.0
    spread_seconds: int = 900


def plan_day(stage: Stage, day: date) -> None:
    """The mailings of a day: club news, fixtures, what is on, birthdays, and word of a closed course."""
    calendar, week = stage.calendar, (day.day - 1) // 7 + 1
    rng = stage.rng(f"mail/{day.isoformat()}")
    prefix = f"{stage.club.id}-{day:%y%m%d}"
    if (day.weekday(), week) == NEWS:
        _send(stage, Mailing(f"{prefix}-news", "email", calendar.at(day, 10)), _everybody)
    if (day.weekday(), week) == FIXTURES and day.month % 3 == 0:
        _send(stage, Mailing(f"{prefix}-fixtures", "email", calendar.at(day, 17), 1.15), _players)
    if (day.weekday(), week) == WHATS_ON and day.month % 4 == 1:
        _send(stage, Mailing(f"{prefix}-whats-on", "email", calendar.at(day, 9), 0.85), _everybody)
    _send(stage, Mailing(f"{prefix}-birthday", "email", calendar.at(day, 8), 1.5), partial(_born_on, day))
    if calendar.is_closed(day):
        channel = rng.pick(("push", "sms", "whatsapp"))
        _send(stage, Mailing(f"{prefix}-closed", channel, calendar.at(day, 6)), _players)


def _everybody(person: Person) -> bool:
    return True


def _players(person: Person) -> bool:
    return person.player is not None


def _born_on(day: date, person: Person) -> bool:
    return (person.born.month, person.born.day) == (day.month, day.day)


def _send(stage: Stage, mailing: Mailing, is_meant: Callable[[Person], bool]) -> None:
    """To every contact who is meant and has opted in, within a quarter of an hour."""
    for contact in stage.contacts:
        if contact.created > mailing.when or contact.is_deleted or not contact.opt_ins[mailing.channel]:
            continue
        if contact.person.id not in stage.gone and is_meant(contact.person):
            send(stage, mailing, contact)


def send(stage: Stage, mailing: Mailing, contact: Contact) -> None:
    """Put one message on the agenda, with its fate."""
    message = _Message(stage, mailing, contact)
    sent = mailing.when + timedelta(seconds=message.rng.between(0, mailing.spread_seconds))
    if mailing.channel == "email":
        message.plan_email(sent)
    else:
        message.plan_text(sent)


class _Message:
    """One message to one contact."""

    def __init__(self, stage: Stage, mailing: Mailing, contact: Contact) -> None:
        self.stage = stage
        self.mailing = mailing
        self.person = contact.person
        self.contact = contact
        self.id = f"msg-{mailing.id}-{contact.id[3:]}"
        self.rng: Rng = stage.rng(f"message/{self.id}")

    def plan_email(self, sent: datetime) -> None:
        rng = self.rng
        subject = SUBJECTS.get(self.mailing.id.split("-", 2)[-1], "A message from the club")
        self._delivery(
            "sent", sent, campaignId=f"cmp-{self.mailing.id}", idempotencyKey=self.id, subject=subject
        )
        arrived = sent + timedelta(seconds=rng.between(2, 90))
        if self.contact.is_dead:
            self._delivery("bounced", arrived, bounceType="hard", reason="mailbox does not exist")
            # The service gives the address up after the first hard bounce.
            self.contact.opt_ins["email"] = False
            return
        if rng.chance(SOFT_BOUNCES):
            self._delivery("bounced", arrived, bounceType="soft", reason="mailbox full")
            return
        if rng.chance(FAILURES):
            self._delivery("failed", arrived, reason="timed out")
            return
        self._delivery("delivered", arrived)
        self._plan_machines(arrived)
        self._plan_reader(arrived)

    def plan_text(self, sent: datetime) -> None:
        self._delivery("sent", sent, campaignId=f"cmp-{self.mailing.id}")
        arrived = sent + timedelta(seconds=self.rng.between(1, 30))
        is_text = self.mailing.channel == "sms"
        if is_text and self.rng.chance(SMS_FAILS):
            self._delivery("failed", arrived, reason="number not in service")
            return
        self._delivery("delivered", arrived)
        if is_text and self.rng.chance(SMS_REPLIES):
            reply = arrived + timedelta(minutes=self.rng.between(1, 50))
            text = self.rng.pick(("Thanks", "OK", "STOP the rain please :)", "Is the range open?"))
            self._add("messaging.sms.replied", "", reply, channel="SMS", text=text)

    def _plan_machines(self, arrived: datetime) -> None:
        """Privacy proxies load every picture, security gateways follow every link."""
        rng = self.rng
        if self.contact.is_proxied:
            when = arrived + timedelta(seconds=rng.between(3, 50))
            self._opened("m", when, userAgent=PROXY_AGENT, isMachine=True)
        if self.contact.is_scanned:
            when = arrived + timedelta(seconds=rng.between(1, 9))
            self._opened("s", when, userAgent=SCANNER_AGENT, isMachine=True)
            self._clicked("s", when, LINKS, userAgent=SCANNER_AGENT, isMachine=True)

    def _plan_reader(self, arrived: datetime) -> None:
        rng, persona = self.rng, self.person.persona
        vigour = 0.15 + 0.85 * self.stage.vigour(self.person, arrived)
        if not rng.chance(persona.open_rate * self.mailing.appeal * vigour):
            return
        wait = min(timedelta(hours=rng.exponential(self.mailing.open_delay_hours)), LONGEST_WAIT)
        opened = arrived + timedelta(seconds=20) + wait
        agent = rng.pick(HUMAN_AGENTS)
        self._opened("1", opened, userAgent=agent)
        if rng.chance(persona.click_rate):
            self._clicked("1", opened + timedelta(seconds=rng.between(4, 140)), LINKS, userAgent=agent)
        if rng.chance(OPENED_AGAIN):
            self._opened("2", opened + timedelta(hours=rng.exponential(20)), userAgent=agent)
        weariness = 1 + 4 * (1 - vigour)
        if rng.chance(UNSUBSCRIBES * weariness):
            self._leave("messaging.message.unsubscribed", opened + timedelta(minutes=1))
        elif rng.chance(COMPLAINS * weariness):
            self._leave("messaging.email.complained", opened + timedelta(minutes=2))

    def _leave(self, event_type: str, when: datetime) -> None:
        event = self._event(event_type, "", when, channel="EMAIL")
        self.stage.agenda.add(when, partial(_opted_out, self.contact, event))

    def _opened(self, mark: str, when: datetime, **more: Any) -> None:
        self._add("messaging.email.opened", mark, when, openedAt=moment(when), **more)

    def _clicked(self, mark: str, when: datetime, links: Sequence[str], **more: Any) -> None:
        url = f"https://{self.stage.club.slug}.example/{self.rng.pick(links)}?m={self.mailing.id}"
        self._add("messaging.email.clicked", mark, when, url=url, clickedAt=moment(when), **more)

    def _delivery(self, verb: str, when: datetime, **more: Any) -> None:
        channel = self.mailing.channel.upper()
        self._add(f"messaging.message.{verb}", "", when, channel=channel, **more)

    def _add(self, event_type: str, mark: str, when: datetime, **more: Any) -> None:
        self.stage.agenda.add_event(when, self._event(event_type, mark, when, **more))

    def _event(self, event_type: str, mark: str, when: datetime, **more: Any) -> Event:
        payload = {"messageId": self.id, "contactId": self.contact.id, **more}
        key = f"{self.id}-{mark}" if mark else self.id
        return self.stage.post.event(
            event_type, key, when, identity=contact_identity(self.contact), payload=payload
        )


def _opted_out(contact: Contact, event: Event, _: datetime) -> Iterable[Event]:
    contact.opt_ins["email"] = False
    yield event
