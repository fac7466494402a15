"""A trial over the past of a large club in two sessions finds what one session finds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from journeys import replaying, sharing
from journeys.definition import parse
from journeys.models import Run
from profiles.models import CustomerProfile
from segments.models import Segment, SegmentTransition
from tests.cast import Club
from tests.journeys.definitions import Json, ask, journey, on_event, send, step, wait
from tests.journeys.playing import START, Play, person
from tests.journeys.test_trials import happened, own_tables_left
from tests.pooler import pooled

DAYS = 30
NOW = START + timedelta(days=DAYS)
TRIED = UUID(int=7)  # people are divided by it


@pytest.fixture
def play(fairview: Club) -> Play:
    return Play(fairview.tenant, START)


def club(play: Play) -> list[CustomerProfile]:
    """Families with one mailbox, somebody who was merged, and others."""
    people = [
        person(
            play.tenant, f"p{number}",
            email=f"family{number % 3}@example.org" if number < 9 else f"p{number}@example.org",
            membership_tier="Gold" if number % 2 else "Silver",
        )
        for number in range(30)
    ]  # fmt: skip
    with play.open():
        CustomerProfile.objects.filter(pk=people[20].pk).update(
            merged_into_id=people[21].pk, status="MERGED", email=None
        )
    return people


def definition(gold: Segment) -> Json:
    played = {
        "id": "played", "kind": "WAIT_UNTIL", "event": {"event": "ROUND_COMPLETED"},
        "timeout": {"amount": 3, "unit": "DAYS"}, "ways": {"happened": "ask", "timeout": "more"},
    }  # fmt: skip
    rule = {"combinator": "AND", "rules": [{"field": "membershipTier", "operator": "eq", "value": "Gold"}]}
    branches = [{"id": "a", "name": "A", "weight": 1}, {"id": "b", "name": "B", "weight": 1}]
    return journey(
        send("hello", to="played"), played, ask("ask", yes="tag", no="split", rule=rule),
        step("tag", "UPDATE", addTags=["seen"], to="split"),
        {"id": "split", "kind": "SPLIT", "branches": branches, "ways": {"a": "more", "b": "w"}},
        send("more", to="w"), wait("w", 2, to="last"), send("last"),
        triggers=[on_event("TEETIME_BOOKED", "bookingId"), {"kind": "SEGMENT", "segment": str(gold.pk)},
                  {"kind": "DATE", "field": "dateOfBirth", "at": "09:00"},
                  {"kind": "SCHEDULE", "segment": str(gold.pk), "cron": "0 9 * * 1"}],
        exits=[{"kind": "EVENT", "event": "TEETIME_CANCELLED", "sameKey": True}], entry={"policy": "ONCE_PER_KEY"},
    )  # fmt: skip


def past(play: Play) -> Json:
    people = club(play)
    with play.open():
        gold = Segment.objects.create(tenant=play.tenant, name="Gold", type="STATIC")
        for number, who in enumerate(people[4:14]):
            SegmentTransition.objects.create(
                tenant=play.tenant, segment_id=gold.pk, profile_id=who.pk, is_join=True, cause="CHANGE", version=1,
                at=START + timedelta(hours=7 + number),
            )  # fmt: skip
        for number, who in enumerate(people[:6]):
            CustomerProfile.objects.filter(pk=who.pk).update(date_of_birth=f"1980-11-1{number}")
    for number, who in enumerate(people):
        if number == 20:
            continue  # what happened to somebody who was merged stands with whom they became
        happened(play, who, "TEETIME_BOOKED", START + timedelta(hours=11 * number + 2), f"b{number}")
        if number % 3:
            happened(play, who, "ROUND_COMPLETED", START + timedelta(hours=11 * number + 40), f"b{number}")
        if number % 7 == 0:
            happened(play, who, "TEETIME_CANCELLED", START + timedelta(hours=11 * number + 90), f"b{number}")
    return definition(gold)


def found(play: Play, raw: Json) -> dict[str, Any]:
    told: list[int] = []
    with play.open():
        result = vars(replaying.dry_run(raw, days=DAYS, now=NOW, progress=told.append, tried=TRIED))
        assert not Run.objects.exists()
        assert not CustomerProfile.objects.exclude(tags=[]).exists()
    assert told == sorted(told)
    assert told[-1] == 100
    return result


@pytest.mark.django_db(transaction=True)
def test_two_sessions_find_what_one_finds(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = past(play)
    alone = found(play, raw)
    people: list[int] = []
    real = replaying._sum_up

    def look(*values: Any) -> None:
        people.append(CustomerProfile.objects.count())
        real(*values)

    monkeypatch.setattr(replaying, "_sum_up", look)
    monkeypatch.setattr(sharing, "SHARED_FROM", 1)
    both = found(play, raw)

    assert both == alone
    assert (sum(people), len(people), min(people) > 0) == (30, 2, True)
    assert (alone["entered"], alone["messages"]["SAME_MAILBOX"] > 3, len(alone["samples"])) == (45, True, 5)
    assert own_tables_left() == []


@pytest.mark.django_db(transaction=True)
def test_people_who_share_a_mailbox_are_played_together(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = past(play)
    halves: list[set[str]] = []
    real = replaying._sum_up

    def look(*values: Any) -> None:
        halves.append(set(CustomerProfile.objects.values_list("first_name", flat=True)))
        real(*values)

    monkeypatch.setattr(replaying, "_sum_up", look)
    monkeypatch.setattr(sharing, "SHARED_FROM", 1)
    found(play, raw)

    families = {f"p{number}" for number in range(9)}
    assert [one for one in halves if families <= one] != []
    assert [one for one in halves if families & one and not families <= one] == []
    assert [one for one in halves if len({"p20", "p21"} & one) == 1] == []


@pytest.mark.django_db(transaction=True)
def test_an_error_of_one_half_ends_the_trial(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = past(play)
    monkeypatch.setattr(sharing, "SHARED_FROM", 1)
    real = replaying._Replay.play

    def break_one(self: Any, since: Any, until: Any) -> None:
        if self.mine and CustomerProfile.objects.filter(first_name="p0").exists():
            raise ValueError("the half with the families")
        real(self, since, until)

    monkeypatch.setattr(replaying._Replay, "play", break_one)
    with play.open(), pytest.raises(ValueError, match="the half with the families"):
        replaying.dry_run(raw, days=DAYS, now=NOW)
    assert own_tables_left() == []


@pytest.mark.django_db(transaction=True)
def test_a_trial_in_which_people_hang_together_is_not_shared(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "SHARED_FROM", 0)
    plain, trigger = send("mail"), [on_event("TEETIME_BOOKED", "bookingId")]
    with play.open():
        other = play.start(journey(wait("w")), "Other")

        def shares(*steps: Json, **fields: Any) -> Any:
            return sharing.shares_of(parse(journey(*steps, triggers=trigger, **fields)))

        assert shares(plain) == sharing.HALVES
        assert shares(plain, entry={"maxEnrollments": 5}) == sharing.WHOLE
        assert shares(plain, entry={"dailyCap": 5}) == sharing.WHOLE
        assert shares(step("on", "ENROL", journey=str(other.pk))) == sharing.WHOLE
        with transaction.atomic():
            assert shares(plain) == sharing.WHOLE
        monkeypatch.setattr(sharing, "SHARED_FROM", 1)
        assert shares(plain) == sharing.WHOLE  # nobody is in the club
        monkeypatch.setattr(sharing, "SHARED_FROM", 0)
        with pooled():
            assert shares(plain) == sharing.WHOLE
