"""The world goes on after its history: from now on, at the wished pace, and what was planned comes true once."""

from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

import pytest

from crm_platform.simulator import live_events
from crm_platform.simulator.rng import Rng
from crm_platform.simulator.truth import truth_of
from events.catalogue.decoding import decode_payload
from events.catalogue.registry import canonical
from events.envelope import parse_envelope
from events.identity_hints import identity_keys
from tests.crm_platform.simulated import UNTIL, events, world

pytestmark = pytest.mark.xdist_group("simulator-live")
NOW = UNTIL + timedelta(hours=1)


def live(
    count: int,
    *,
    seed: str = "dice",
    rate: float = 6.0,
    now: datetime = NOW,
    slugs: tuple[str, ...] | None = None,
) -> list[dict[str, Any]]:
    stream = live_events(world(), rate, Rng(seed), slugs=slugs, clock=lambda: now)
    return list(islice(stream, count))


@lru_cache(maxsize=1)
def usual() -> list[dict[str, Any]]:
    """An afternoon of the usual world."""
    return live(900)


def fresh(told: list[dict[str, Any]], since: datetime = NOW) -> list[dict[str, Any]]:
    return [event for event in told if datetime.fromisoformat(event["timestamp"]) >= since]


def test_live_events_can_be_taken_and_understood() -> None:
    for event in usual():
        envelope = parse_envelope(event, now=UNTIL + timedelta(days=2))
        event_type = canonical(envelope.raw_type)
        assert event_type is not None
        decode_payload(event_type, envelope.payload)
        assert identity_keys(envelope.source, event_type.name, envelope.identity, envelope.payload)


def test_they_come_at_about_the_wished_rate() -> None:
    told = fresh(usual())

    minutes = (datetime.fromisoformat(told[-1]["timestamp"]) - NOW).total_seconds() / 60

    assert len(told) / minutes == pytest.approx(6, rel=0.25)


def test_they_move_every_screen() -> None:
    types = Counter(event_type.name for event in fresh(usual()) if (event_type := canonical(event["type"])))

    for name in (
        "teetime.booking.created",
        "teetime.score.posted",
        "messaging.message.sent",
        "messaging.email.opened",
        "scl.payment.received",
        "scl.payment.failed",
        "facilities.reservation.created",
        "messaging.contactPreference.updated",
        "messaging.contact.created",
    ):
        assert types[name] > 0, name


def test_the_same_dice_give_the_same_events_and_other_dice_others() -> None:
    assert live(300) == live(300)
    assert fresh(live(300)) != fresh(live(300, seed="other"))


def test_no_id_of_the_history_comes_again() -> None:
    told = {(event["tenantId"][0], event["id"]) for event in events()}

    assert not told & {(event["tenantId"][0], event["id"]) for event in usual()}


def test_what_the_history_planned_has_the_same_ids_at_every_start() -> None:
    later = NOW + timedelta(hours=10)

    first = {event["id"] for event in live(400) if datetime.fromisoformat(event["timestamp"]) < NOW}
    again = {event["id"] for event in live(400, seed="restart", now=later)}

    assert first
    assert first <= again


def test_what_a_later_run_makes_up_has_other_ids() -> None:
    later = NOW + timedelta(hours=10)

    first = {event["id"] for event in live(400) if "-live-" in event["id"]}
    again = {event["id"] for event in live(400, now=later) if "-live-" in event["id"]}

    assert len(first) > 100
    assert len(again) > 100
    assert not first & again


def test_newcomers_are_nobody_whom_the_truth_knows() -> None:
    known = {record.value for town in world().towns for person in truth_of(town) for record in person.records}
    mailboxes = {
        record.email for town in world().towns for person in truth_of(town) for record in person.records
    }

    joined = [event["payload"] for event in fresh(live(3_000)) if event["type"].endswith("member.created")]

    assert joined
    numbers = [str(payload["id"]) for payload in joined]
    assert not set(numbers) & known
    assert not {payload["email"] for payload in joined} & mailboxes
    assert len(set(numbers)) == len(numbers)


def test_one_club_can_live_alone() -> None:
    assert {event["tenantId"] for event in live(200, slugs=("kingsmere",))} <= {"kingsmere", "km"}


def test_after_a_pause_the_world_goes_on_at_the_clock() -> None:
    clock = [NOW]
    stream = live_events(world(), 6.0, Rng("pause"), clock=lambda: clock[0])
    for _ in range(200):
        next(stream)
    clock[0] = NOW + timedelta(days=3)

    told = [next(stream) for _ in range(400)]

    last = datetime.fromisoformat(told[-1]["timestamp"])
    assert clock[0] <= last < clock[0] + timedelta(hours=2)
    assert last.tzinfo is not None


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_is_not_positive_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        next(live_events(world(), rate, Rng("x")))
