"""The cheap events of benchmarks: valid, mixed as said, about people who are made known first."""

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from crm_platform.simulator.mix import DRAWS, bench_mix, bench_people
from crm_platform.simulator.mix_people import SPAN, email, is_member, is_player, name, phone
from events.catalogue.decoding import decode_payload
from events.catalogue.registry import canonical
from events.envelope import parse_envelope
from events.identity_hints import identity_keys
from profiles.normalise import normal_phone

UNTIL = datetime(2026, 6, 20, 12, tzinfo=UTC)


def mix(count: int, people: int = 500, seed: int = 1) -> list[dict[str, Any]]:
    return list(bench_mix(count, people, "bench", seed, until=UNTIL))


def keys_of(event: dict[str, Any]) -> set[tuple[str, str]]:
    envelope = parse_envelope(event, now=UNTIL)
    event_type = canonical(envelope.raw_type)
    assert event_type is not None
    decode_payload(event_type, envelope.payload)
    return set(identity_keys(envelope.source, event_type.name, envelope.identity, envelope.payload))


def test_the_parts_of_the_mix_are_those_of_an_ordinary_day() -> None:
    shares = Counter[str]()
    for event in mix(20_000):
        event_type = canonical(event["type"])
        assert event_type is not None
        group = "messaging.consent" if "Preference" in event_type.name else event_type.name.rpartition(".")[0]
        shares[group] += 1

    assert sum(share for _, share in DRAWS) == 100
    assert (shares["messaging.message"] + shares["messaging.email"]) / 20_000 == pytest.approx(0.45, abs=0.02)
    assert (shares["teetime.booking"] + shares["teetime.score"]) / 20_000 == pytest.approx(0.30, abs=0.02)
    assert (shares["scl.payment"] + shares["scl.invoice"]) / 20_000 == pytest.approx(0.10, abs=0.01)
    updates = shares["teetime.handicap"] + shares["teetime.player"] + shares["scl.member"]
    assert updates / 20_000 == pytest.approx(0.08, abs=0.01)
    assert shares["messaging.consent"] / 20_000 == pytest.approx(0.03, abs=0.01)
    assert (shares["facilities.reservation"] + shares["feedback.complaint"]) / 20_000 == pytest.approx(
        0.04, abs=0.01
    )


@pytest.mark.parametrize("people", [1, 7, 500])
def test_everybody_in_the_mix_was_made_known(people: int) -> None:
    known = {key for event in bench_people(people, "bench", until=UNTIL) for key in keys_of(event)}

    for event in mix(3_000, people):
        assert keys_of(event) <= known


def test_people_are_made_known_before_the_mix_begins() -> None:
    known = max(
        datetime.fromisoformat(event["timestamp"]) for event in bench_people(20, "bench", until=UNTIL)
    )
    moments = [datetime.fromisoformat(event["timestamp"]) for event in mix(3_000)]

    assert known < UNTIL - SPAN
    assert moments == sorted(moments)
    assert moments[0] >= UNTIL - SPAN
    assert moments[-1] <= UNTIL


def test_ids_are_unique_and_another_seed_has_others() -> None:
    first = [event["id"] for event in mix(5_000, seed=1)]
    people = [event["id"] for event in bench_people(500, "bench", until=UNTIL)]

    assert len(set(first)) == 5_000
    assert len(set(people)) == len(people)
    assert not {event["id"] for event in mix(5_000, seed=2)} & set(first)


def test_the_same_seed_gives_the_same_mix() -> None:
    assert mix(2_000) == mix(2_000)


def test_numbered_people_have_different_mailboxes_and_valid_phones() -> None:
    assert len({email(number) for number in range(2_000)}) == 2_000
    phones = [phone(number) for number in range(0, 2_000_000, 997)]
    assert len(set(phones)) == len(phones)
    assert all(normal_phone(one, "ZA") == one for one in phones)
    assert len({name(number) for number in range(2_000)}) > 1_500


def test_of_ten_people_eight_play_and_six_are_members() -> None:
    events = Counter(event["source"] for event in bench_people(1_000, "bench", until=UNTIL))

    assert events == {"messaging": 1_000, "teetime": 800, "scl": 600}
    assert [is_player(number) for number in (0, 7, 8, 19)] == [True, True, False, False]
    assert [is_member(number) for number in (0, 5, 6, 19)] == [True, True, False, False]


def test_a_mix_without_people_is_refused() -> None:
    with pytest.raises(ValueError, match="needs people"):
        next(bench_mix(1, 0, "bench", 1))


def test_it_is_made_faster_than_any_door_could_take_it() -> None:
    began = time.process_time()

    count = sum(1 for _ in bench_mix(60_000, 10_000, "bench", 1, until=UNTIL))

    assert count / (time.process_time() - began) > 30_000
