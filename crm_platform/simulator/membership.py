"""Subscriptions, bills and purchases, tiers and statuses."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from crm_platform.simulator.agenda import Event
from crm_platform.simulator.calendar import DAY, DAYS_A_MONTH
from crm_platform.simulator.envelope import member_identity, moment
from crm_platform.simulator.onboarding import member_changed, status_changed
from crm_platform.simulator.people import Member
from crm_platform.simulator.personas import DRIFTING, LAPSED
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.stage import Stage

INVOICE_AHEAD: Final = 30 * DAY
OVERDUE_AFTER: Final = 7 * DAY
SUSPENDED_AFTER: Final = 30 * DAY
LAPSES_AFTER: Final = 75 * DAY
LATE_PAYERS_WHO_PAY: Final = 0.75
REFUNDED, TIER_CHANGES_A_YEAR = 0.004, 0.07
# Of those who have drifted away this share lets the debit order bounce, until the bank no longer tries.
GIVEN_UP: Final = 0.7
MONTHLY_FAILS, LAPSED_CANCELS_A_MONTH = 0.012, 0.16
DELETED, ERASED = 0.10, 0.06  # of former members
FAILURES: Final = (("card_declined", 50.0), ("insufficient_funds", 35.0), ("card_expired", 15.0))
METHODS: Final = (("card", 46.0), ("eft", 30.0), ("debit_order", 24.0))
FAREWELLS: Final = ("moved away", "injury", "too expensive", "no time")
# What else members buy: words, and the share of a green fee that it costs.
PURCHASES: Final = (
    (("Pro shop", 1.6), 22.0),
    (("Bar account", 0.5), 38.0),
    (("Restaurant", 0.8), 22.0),
    (("Golf training", 1.1), 8.0),
    (("Cart hire", 0.6), 10.0),
)


def plan_day(stage: Stage, day: date) -> None:
    """Bills that are due, purchases and changes of tier."""
    rng = stage.rng(f"membership/{day.isoformat()}")
    for member in stage.members:
        person = member.person
        if not member.is_active or stage.calendar.day_of(member.joined) >= day or person.id in stage.gone:
            continue
        if not member.pays_monthly and member.expires == day + INVOICE_AHEAD:
            _bill_year(stage, member, day)
        if member.pays_monthly and day.day == 1:
            _bill_month(stage, member, day)
        vigour = stage.vigour(person, stage.calendar.at(day, 12))
        if rng.chance(person.persona.purchases / DAYS_A_MONTH * vigour):
            _buy(stage, member, day, rng)
        if rng.chance(TIER_CHANGES_A_YEAR / 365):
            when = stage.calendar.office_hours(day, rng)
            stage.agenda.add(when, partial(_change_tier, stage, member))


def _money(
    stage: Stage, member: Member, when: datetime, *, what: str, key: str, amount_cents: int, **more: Any
) -> Event:
    """An event about money; `key` is the id of the payment or invoice."""
    payload = {
        "id": key,
        "memberId": member.id,
        "currency": stage.club.currency,
        "amountCents": amount_cents,
        **more,
    }
    return stage.post.event(f"scl.{what}", key, when, identity=member_identity(member, key), payload=payload)


def pay(
    stage: Stage, member: Member, when: datetime, *, key: str, amount_cents: int, words: str
) -> Iterable[Event]:
    """Money comes in; once in a while half of it goes back."""
    rng = stage.rng(f"payment/{key}")
    more = {"method": rng.weighted(METHODS), "description": words, "paidAt": moment(when)}
    yield _money(stage, member, when, what="payment.received", key=key, amount_cents=amount_cents, **more)
    if rng.chance(REFUNDED):
        later = when + DAY * rng.between(1, 9)
        refund = _money(
            stage, member, later, what="payment.refunded", key=f"{key}-r", amount_cents=amount_cents // 2
        )
        stage.agenda.add_event(later, refund)


def fail(stage: Stage, member: Member, when: datetime, *, key: str, amount_cents: int) -> Iterable[Event]:
    """An attempt to take money fails."""
    more = {"reason": stage.rng(f"payment/{key}").weighted(FAILURES), "attemptedAt": moment(when)}
    yield _money(stage, member, when, what="payment.failed", key=key, amount_cents=amount_cents, **more)


def invoice(
    stage: Stage, member: Member, when: datetime, *, key: str, amount_cents: int, due: date, verb: str
) -> Iterable[Event]:
    """An invoice goes out (`sent`) or was not paid in time (`overdue`)."""
    what, due_date = f"invoice.{verb}", due.isoformat()
    yield _money(stage, member, when, what=what, key=key, amount_cents=amount_cents, dueDate=due_date)


def _bill_year(stage: Stage, member: Member, day: date) -> None:
    """The subscription: invoiced a month ahead; what follows hangs on how the person pays."""
    due, amount, persona = member.expires, member.tier.annual_fee_cents, member.person.persona
    key = f"inv-{member.id}-{due.year}"
    rng = stage.rng(f"bill/{key}")
    sent = stage.calendar.office_hours(day, rng)
    bill = partial(invoice, stage, member, key=key, amount_cents=amount, due=due)
    stage.agenda.add(sent, partial(bill, verb="sent"))
    if persona is not LAPSED and not rng.chance(persona.pays_late):
        paid = sent + (stage.calendar.at(due, 12) - sent) * rng.uniform(0.02, 0.98)
        stage.agenda.add(paid, partial(_renew, stage, member, key=f"pay-{key}", amount_cents=amount))
        return
    failed = stage.calendar.at(due, 6, 5)
    stage.agenda.add(failed, partial(fail, stage, member, key=f"pay-{key}-1", amount_cents=amount))
    overdue = stage.calendar.office_hours(due + OVERDUE_AFTER, rng)
    stage.agenda.add(overdue, partial(bill, verb="overdue"))
    suspended = stage.calendar.office_hours(due + SUSPENDED_AFTER, rng)
    paid = overdue + DAY * rng.uniform(1, 40)
    will_pay = persona is not LAPSED and rng.chance(LATE_PAYERS_WHO_PAY)
    if will_pay:
        stage.agenda.add(paid, partial(_renew, stage, member, key=f"pay-{key}-2", amount_cents=amount))
    if not will_pay or paid > suspended:
        _plan_status(stage, member, suspended, status="SUSPENDED", reason="unpaid")
    if not will_pay:
        lapses = stage.calendar.office_hours(due + LAPSES_AFTER, rng)
        _plan_status(stage, member, lapses, status="LAPSED", reason="not renewed")


def _renew(stage: Stage, member: Member, when: datetime, *, key: str, amount_cents: int) -> Iterable[Event]:
    """The subscription was paid: another year, and no longer suspended."""
    yield from pay(stage, member, when, key=key, amount_cents=amount_cents, words="Annual subscription")
    later = when + DAY / 24
    previous, member.status = member.status, "ACTIVE"
    if previous != "ACTIVE":
        event = status_changed(stage, member, later, previous=previous, reason="paid")
        stage.agenda.add_event(later, event)
    _extend(stage, member, later)


def _extend(stage: Stage, member: Member, when: datetime) -> None:
    member.expires = _a_year_after(member.expires)
    values = {"membershipExpiry": member.expires.isoformat()}
    stage.agenda.add_event(when, member_changed(stage, member, when, values))


def _a_year_after(day: date) -> date:
    """The last paid day of the next year; renewals never fall on a 29th."""
    renewal = day + DAY
    return renewal.replace(year=renewal.year + 1) - DAY


def _bill_month(stage: Stage, member: Member, day: date) -> None:
    """A twelfth by debit order, tried again after a failure."""
    key = f"pay-{member.id}-{day:%y%m}"
    rng = stage.rng(f"bill/{key}")
    amount, persona = member.tier.annual_fee_cents // 12, member.person.persona
    when = stage.calendar.at(day + DAY * rng.between(0, 2), 6, rng.between(0, 59))
    again = when + 5 * DAY
    take = partial(pay, stage, member, amount_cents=amount, words="Monthly subscription")
    if persona is LAPSED and rng.chance(LAPSED_CANCELS_A_MONTH):
        cancelled = stage.calendar.office_hours(day + DAY * 9, rng)
        _plan_status(stage, member, cancelled, status="CANCELLED", reason=rng.pick(FAREWELLS))
    if member.expires < day:
        _extend(stage, member, when)
    is_given_up = stage.is_leaving(member.person, when) and stage.rng(f"arrears/{member.id}").chance(GIVEN_UP)
    if is_given_up and stage.is_silent(member.person, when):
        return
    if not rng.chance(MONTHLY_FAILS + persona.pays_late / 4) and not is_given_up:
        stage.agenda.add(when, partial(take, key=key))
        return
    stage.agenda.add(when, partial(fail, stage, member, key=key, amount_cents=amount))
    if rng.chance(LATE_PAYERS_WHO_PAY) and not is_given_up:
        stage.agenda.add(again, partial(take, key=f"{key}-2"))
        return
    stage.agenda.add(again, partial(fail, stage, member, key=f"{key}-2", amount_cents=amount))
    bill = partial(invoice, stage, member, key=f"inv-{key}", amount_cents=amount, due=day, verb="overdue")
    stage.agenda.add(again + 2 * DAY, bill)


def _plan_status(stage: Stage, member: Member, when: datetime, *, status: str, reason: str) -> None:
    stage.agenda.add(when, partial(_set_status, stage, member, status=status, reason=reason))


def _set_status(stage: Stage, member: Member, when: datetime, *, status: str, reason: str) -> Iterable[Event]:
    """The status changes; of those who left, some are deleted later, a few of them everywhere."""
    if member.status in {status, "LAPSED", "CANCELLED"}:
        return
    previous, member.status = member.status, status
    yield status_changed(stage, member, when, previous=previous, reason=reason)
    rng = stage.rng(f"deletion/{member.id}")
    if status == "SUSPENDED" or not rng.chance(DELETED + ERASED):
        return
    is_erasure = rng.chance(ERASED / (DELETED + ERASED))
    later = stage.calendar.office_hours(stage.calendar.day_of(when) + DAY * rng.between(20, 60), rng)
    stage.agenda.add(later, partial(_delete, stage, member, is_erasure=is_erasure))


def _delete(stage: Stage, member: Member, when: datetime, *, is_erasure: bool) -> Iterable[Event]:
    payload = {
        "id": member.id,
        "deletionType": "hard" if is_erasure else "soft",
        "reason": "asked to be forgotten" if is_erasure else "no longer a member",
        "deletedAt": moment(when),
    }
    if is_erasure:
        stage.gone.add(member.person.id)
    yield stage.post.event(
        "scl.member.deleted", str(member.id), when, identity={"sclMemberId": member.id}, payload=payload
    )


def _buy(stage: Stage, member: Member, day: date, rng: Rng) -> None:
    words, share = rng.weighted(PURCHASES)
    amount = price(stage, share, rng)
    when = stage.calendar.waking_hours(day, rng)
    key = f"sale-{member.id}-{day:%y%m%d}"
    stage.agenda.add(when, partial(pay, stage, member, key=key, amount_cents=amount, words=words))


def price(stage: Stage, share: float, rng: Rng) -> int:
    """Around so many green fees, in cents that a till would print."""
    return max(1, round(stage.club.green_fee_cents * share * rng.uniform(0.3, 1.9) / 50)) * 50


def _change_tier(stage: Stage, member: Member, when: datetime) -> Iterable[Event]:
    """One step up or down; those who drift away go down."""
    tiers = stage.club.tiers
    if member.tier not in tiers or not member.is_active:
        return
    rng = stage.rng(f"tier/{member.id}/{when.isoformat()}")
    step = 1 if rng.chance(0.9 if member.person.persona is DRIFTING else 0.35) else -1
    place = tiers.index(member.tier) + step
    if not 0 <= place < len(tiers):
        return
    previous, member.tier = member.tier, tiers[place]
    payload = {
        "id": member.id,
        "previousTierId": previous.id,
        "previousTierName": previous.name,
        "newTierId": member.tier.id,
        "newTierName": member.tier.name,
        "reason": "downgrade" if step > 0 else "upgrade",
        "effectiveDate": stage.calendar.day_of(when).isoformat(),
    }
    key = f"{member.id}-{int(when.timestamp())}"
    yield stage.post.event(
        "scl.member.tier.changed", key, when, identity=member_identity(member, key), payload=payload
    )
