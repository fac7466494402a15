"""People who come to a club while the world is live; they are new, so the truth file does not know them."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from crm_platform.simulator.addresses import AddressBook, spelled_phone
from crm_platform.simulator.calendar import DAY
from crm_platform.simulator.onboarding import contact_created, member_created, player_created
from crm_platform.simulator.people import Contact, Member, Person, Player
from crm_platform.simulator.personas import NEW, READER
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage

# Room between the numbers of the history and those given out live.
NUMBER_GAP: Final = 10_000
SUBSCRIPTION_DAYS: Final = 364


def _person(stage: Stage, rng: Rng, when: datetime) -> Person:
    """Somebody with an address that nobody in the history can have."""
    club, stamp = stage.club, int(when.timestamp())
    culture = rng.weighted([(one, one.share) for one in club.cultures])
    is_female = rng.chance(0.4)
    given = rng.pick(culture.female if is_female else culture.male)
    family = rng.pick(culture.family)
    book = AddressBook(club.country, rng)
    local, _, domain = book.email(given, family).partition("@")
    return Person(
        id=f"{club.slug}-live-{stamp}",
        household=f"{club.slug}-live-{stamp}",
        given=given,
        family=family,
        is_female=is_female,
        born=stage.calendar.day_of(when) - DAY * rng.between(20 * 365, 70 * 365),
        culture=culture.name,
        persona=NEW,
        mailbox=f"{local}{stamp % 1_000_000}@{domain}",
        phone=book.phone(),
    )


def join(stage: Stage, rng: Rng, when: datetime) -> None:
    """A new member, who is a new player and contact minutes later."""
    person = _person(stage, rng, when)
    first, last = person.full_name
    phone = spelled_phone(person.phone, stage.club.country, rng)
    # One number a minute, so that a restart gives none out twice.
    minutes = int((when - stage.until).total_seconds() // 60)
    highest = max((member.id for member in stage.members), default=stage.club.first_member_id)
    member = Member(
        person=person,
        id=max(stage.last_member_id + NUMBER_GAP + minutes, highest + 1),
        first=first,
        last=last,
        email=person.mailbox,
        phone=phone,
        born=person.born,
        tier=rng.weighted([(tier, tier.share) for tier in stage.club.tiers]),
        joined=when,
        expires=stage.calendar.day_of(when) + DAY * SUBSCRIPTION_DAYS,
        pays_monthly=False,
    )
    person.members.append(member)
    stage.members.append(member)
    stage.agenda.add(when, partial(member_created, stage, member))
    player = Player(person, rng.uuid(), first, last, person.mailbox, phone, rng.between(80, 360), when, "")
    person.player = player
    stage.players.append(player)
    stage.agenda.add(when + timedelta(seconds=rng.between(40, 200)), partial(player_created, stage, player))
    _subscribe(stage, person, phone, when + timedelta(seconds=rng.between(10, 120)), rng)


def subscribe(stage: Stage, rng: Rng, when: datetime) -> None:
    """Somebody leaves an address for the newsletter."""
    person = _person(stage, rng, when)
    person.persona = READER
    _subscribe(stage, person, "", when, rng)


def _subscribe(stage: Stage, person: Person, phone: str, when: datetime, rng: Rng) -> None:
    first, last = person.full_name
    opt_ins = {"email": True, "sms": bool(phone), "push": False, "whatsapp": False}
    contact = Contact(person, f"ct-{rng.hex(12)}", first, last, person.mailbox, phone, when, opt_ins)
    person.contacts.append(contact)
    stage.contacts.append(contact)
    stage.agenda.add(when, partial(contact_created, stage, contact))
