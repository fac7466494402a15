"""The scores in plain Python, as domain.md section 5 says them: what the SQL must agree with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import Any

WRITTEN_BY_THE_PLATFORM = ("IDENTITY", "NOTE")
WEIGHTS = {"recency": 30, "frequency": 25, "monetary": 20, "breadth": 15, "depth": 10}


@dataclass(frozen=True)
class Act:
    """A row of the timeline; `age`: how long before now."""

    type: str
    category: str
    age: timedelta
    channel: str = "CLUB"
    metadata: dict[str, Any] = field(default_factory=dict)
    key: int = 0


@dataclass(frozen=True)
class Expected:
    """What the scores and their parts must be."""

    engagement: int
    churn_risk: int
    parts: dict[str, Fraction]
    counts: tuple[int, int, int]


def whole(value: Fraction) -> int:
    """Halves go up."""
    return floor(value + Fraction(1, 2))


def days(count: int) -> timedelta:
    return timedelta(days=count)


def band(value: int, bands: Sequence[tuple[int, int]]) -> int:
    """The score of the first band that is reached."""
    return next((score for limit, score in bands if value >= limit), 0)


def recency(acts: Sequence[Act]) -> int:
    ages = [act.age for act in acts if act.category not in WRITTEN_BY_THE_PLATFORM]
    if not ages:
        return 0
    since = floor(min(ages) / days(1))
    limits = ((7, 100), (14, 80), (30, 60), (60, 40), (90, 20))
    return next((score for limit, score in limits if since <= limit), 0)


def mails(acts: Sequence[Act], kind: str, *, since: timedelta, until: timedelta | None = None) -> int:
    """Different messages of a kind in a span of time, machines left out."""
    found = set()
    for act in acts:
        if act.type != kind or act.channel != "EMAIL" or act.category != "COMMUNICATION":
            continue
        if act.metadata.get("isMachine") or act.age >= since or (until is not None and act.age < until):
            continue
        found.add(act.metadata.get("messageId", act.key))
    return len(found)


def received(acts: Sequence[Act], *, since: timedelta, until: timedelta | None = None) -> int:
    return mails(acts, "MESSAGE_DELIVERED", since=since, until=until) or mails(
        acts, "MESSAGE_SENT", since=since, until=until
    )


def unpaid(acts: Sequence[Act]) -> int:
    """Different invoices in trouble for which nothing came since, however often they failed or were told."""
    troubles: dict[Any, list[Act]] = {}
    for act in acts:
        if act.type in ("PAYMENT_FAILED", "INVOICE_OVERDUE") and act.age < days(90):
            reference = act.metadata.get("paymentId") or act.metadata.get("invoiceId") or act.key
            troubles.setdefault(reference, []).append(act)
    payments = [act for act in acts if act.type == "PAYMENT_RECEIVED" and act.age < days(120)]
    invoices: list[tuple[Any, set[Any], timedelta]] = []
    began = sorted(troubles.items(), key=lambda one: (-max(act.age for act in one[1]), str(one[0])))
    for reference, same in began:
        amounts = [act.metadata["amountCents"] for act in same if "amountCents" in act.metadata]
        amount = max(amounts, default=None)
        first, last = max(act.age for act in same), min(act.age for act in same)
        before = next((one for one in reversed(invoices) if amount is not None and one[0] == amount), None)
        if before is not None and before[2] - first <= days(21):
            invoices[invoices.index(before)] = (amount, before[1] | {reference}, last)
        else:
            invoices.append((amount, {reference}, last))

    def is_settled(amount: Any, known_as: set[Any], last: timedelta) -> bool:
        return any(
            paid.age <= last
            and (
                paid.metadata.get("paymentId") in known_as
                or amount is None
                or paid.metadata["amountCents"] >= amount
            )
            for paid in payments
        )

    return sum(not is_settled(*one) for one in invoices)


def opens_severity(acts: Sequence[Act]) -> Fraction:
    opened_before = mails(acts, "EMAIL_OPENED", since=days(120), until=days(30))
    received_before = max(received(acts, since=days(120), until=days(30)), opened_before)
    lately = received(acts, since=days(30))
    opened = mails(acts, "EMAIL_OPENED", since=days(30))
    if opened_before < 2 or lately < 3:
        return Fraction(0)
    if opened == 0:
        return Fraction(1)
    rate, rate_before = Fraction(min(opened, lately), lately), Fraction(opened_before, received_before)
    return Fraction(1, 2) if rate <= rate_before / 2 else Fraction(0)


def complaints_severity(acts: Sequence[Act]) -> Fraction:
    last: dict[Any, Act] = {}
    for act in acts:
        if act.type in ("COMPLAINT_OPENED", "COMPLAINT_CLOSED"):
            key = act.metadata.get("complaintId")
            known = last.get(key)
            if known is None or (act.age, act.type) < (known.age, known.type):
                last[key] = act
    if any(act.type == "COMPLAINT_OPENED" for act in last.values()):
        return Fraction(1)
    return Fraction(1, 2) if any(act.age < days(90) for act in last.values()) else Fraction(0)


def is_downgrade(act: Act, tiers: Sequence[str]) -> bool:
    if act.type not in ("TIER_DOWNGRADED", "TIER_UPGRADED", "TIER_CHANGED") or act.category != "MEMBERSHIP":
        return False
    before, after = act.metadata.get("previousTier"), act.metadata.get("newTier")
    if before in tiers and after in tiers:
        return tiers.index(after) > tiers.index(before)
    return act.type == "TIER_DOWNGRADED"


def decline_severity(lately: int, before: int) -> Fraction:
    if before < 3:
        return Fraction(0)
    drop = 1 - Fraction(lately) / Fraction(before, 3)
    return min(max((drop - Fraction(1, 5)) / Fraction(3, 5), Fraction(0)), Fraction(1))


def expected_scores(acts: Sequence[Act], value_cents: int, tiers: Sequence[str]) -> Expected:
    """Scores, components and the three counters of the golden row."""
    counted = [act for act in acts if act.category not in WRITTEN_BY_THE_PLATFORM]
    in_30 = [act for act in counted if act.age < days(30)]
    in_90 = [act for act in counted if act.age < days(90)]
    parts = {
        "recency": Fraction(recency(acts)),
        "frequency": Fraction(band(len(in_30), ((20, 100), (10, 80), (5, 60), (2, 40), (1, 20)))),
        "monetary": Fraction(
            band(value_cents, ((100_000, 100), (50_000, 80), (20_000, 60), (10_000, 40), (5_000, 20)))
        ),
        "breadth": Fraction(
            band(
                len({act.channel for act in in_90 if act.channel}),
                ((5, 100), (4, 80), (3, 60), (2, 40), (1, 20)),
            )
        ),
    }
    got = received(acts, since=days(90))
    if got == 0:
        parts["depth"] = Fraction(whole(sum(parts.values(), Fraction(0)) / 4))
    else:
        opened = Fraction(min(mails(acts, "EMAIL_OPENED", since=days(90)), got), got)
        clicked = Fraction(min(mails(acts, "EMAIL_CLICKED", since=days(90)), got), got)
        rate = Fraction(6, 10) * opened + Fraction(4, 10) * min(Fraction(1), 5 * clicked)
        parts["depth"] = Fraction(min(100, whole(100 * rate)))
    engagement = whole(sum((WEIGHTS[name] * part for name, part in parts.items()), Fraction(0)) / 100)

    before = len([act for act in counted if days(30) <= act.age < days(120)])
    troubles = unpaid(acts)
    churn = {
        "decline": decline_severity(len(in_30), before),
        "payments": Fraction(0) if troubles == 0 else Fraction(6, 10) if troubles == 1 else Fraction(1),
        "opens": opens_severity(acts),
        "downgrade": Fraction(any(is_downgrade(act, tiers) for act in acts if act.age < days(90))),
        "complaints": complaints_severity(acts),
    }
    weights = {"decline": 35, "payments": 25, "opens": 20, "downgrade": 10, "complaints": 10}
    risk = whole(sum((weights[name] * severity for name, severity in churn.items()), Fraction(0)))
    bookings = len([act for act in in_30 if act.type == "TEETIME_BOOKED"])
    return Expected(engagement, risk, parts | churn, (len(in_30), len(in_90), bookings))
