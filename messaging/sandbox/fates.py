"""What becomes of a message, and when: drawn from its id, so that the same message has the same fate."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

PROXY_AGENT = "Mozilla/5.0 (Macintosh) Mail privacy proxy"
HUMAN_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"


@dataclass(frozen=True, slots=True)
class Odds:
    """Shares of messages (0 to 1), and how much faster than life it all goes."""

    hard_bounce: float = 0.01
    soft_bounce: float = 0.01
    machine_open: float = 0.35
    open: float = 0.4
    click: float = 0.25  # of those who opened
    unsubscribe: float = 0.004
    complain: float = 0.0005
    sms_reply: float = 0.03
    speed: float = 1.0


class Fate(NamedTuple):
    """Something that happens so many seconds after the message was accepted."""

    seconds: float
    type: str
    more: dict[str, Any]


def fates(message_id: str, channel: str, odds: Odds) -> Iterator[Fate]:
    """In order of time; `type` without its `messaging.`."""
    dice = random.Random(message_id)  # noqa: S311 - no secret

    def after(seconds: float, kind: str, **more: Any) -> Fate:
        return Fate(seconds / odds.speed, kind, more)

    arrived = dice.uniform(1, 20)
    yield after(dice.uniform(0.2, 1), "message.sent")
    if dice.random() < odds.hard_bounce:
        yield after(arrived, "message.bounced", bounceType="hard", reason="mailbox does not exist")
        return
    if dice.random() < odds.soft_bounce:
        yield after(arrived, "message.bounced", bounceType="soft", reason="mailbox full")
        return
    yield after(arrived, "message.delivered")
    if channel == "EMAIL":
        yield from _readings(dice, odds, arrived)
    elif channel == "SMS" and dice.random() < odds.sms_reply:
        yield Fate((arrived + dice.expovariate(1 / 900)) / odds.speed, "sms.replied", {"text": "Thanks!"})


def _readings(dice: random.Random, odds: Odds, arrived: float) -> Iterator[Fate]:
    def after(seconds: float, kind: str, **more: Any) -> Fate:
        return Fate(seconds / odds.speed, kind, more)

    if dice.random() < odds.machine_open:
        yield after(arrived + dice.uniform(1, 40), "email.opened", userAgent=PROXY_AGENT, isMachine=True)
    opened = arrived + 20 + dice.expovariate(1 / 3600)
    if dice.random() < odds.open:
        yield after(opened, "email.opened", userAgent=HUMAN_AGENT, isMachine=False)
        if dice.random() < odds.click:
            yield after(
                opened + dice.uniform(4, 120), "email.clicked", userAgent=HUMAN_AGENT, isMachine=False
            )
    if dice.random() < odds.unsubscribe:
        yield after(opened + 60, "message.unsubscribed")
    elif dice.random() < odds.complain:
        yield after(opened + 90, "email.complained")
