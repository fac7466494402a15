"""A competition is moved, filled, opened again, cancelled and its plan changed by staff, in any order, as posts go out.

More orders by hand: `CRM_ORDER_SEEDS=100:300 pytest tests/social/test_promoting_orders.py`.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm_platform.bench.moved_clock import move_clock
from social.models import Promotion, Target, Touch
from social.promoting.actions import approve_promotion, pause_promotion, update_promotion
from social.promoting.event_pictures import fetch_due
from social.promoting.log_consumer import settle_changes
from social.promoting.parts import change_part, leave_out, put_back
from social.promoting.running import run_touches
from social.publishing.claiming import Claim, claim
from social.publishing.working import work
from tenants.errors import DomainError
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox
from tests.social.test_promoting import START, active, enter, tell

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FIRST, _, LAST = os.environ.get("CRM_ORDER_SEEDS", "1:7").partition(":")
ACTS = 18
WAITING = ("WAITING", "PUBLISHING", "UNKNOWN")


class Story:
    """One order of events."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self.stage, self.dice = stage, dice
        self.plan = active(stage)
        self.hands: list[Claim] = []
        self.players: list[Any] = []
        self.picture = stage.picture()

    def acts(self) -> list[Callable[[], object]]:
        """What may happen next."""
        return [
            self.moves, self.costs_more, self.is_played_elsewhere, self.is_entered, self.is_entered, self.is_left,
            self.gets_room, self.is_rearranged, self.is_reworded, self.is_thinned, self.is_refilled,
            self.gets_a_picture, self.brings_a_picture, self.is_fetched, self.rests, self.is_approved, self.is_taken,
            self.is_worked,
            self.is_worked, self.goes_by, self.goes_by, self.stumbles,
        ]  # fmt: skip

    def moves(self) -> None:
        later = START + timedelta(days=self.dice.randint(1, 9))
        closes = (later - timedelta(days=2)).isoformat()
        tell(self.stage, "updated", startsAt=later.isoformat(), entriesCloseAt=closes)
        settle_changes(timezone.now() + timedelta(minutes=11))

    def costs_more(self) -> None:
        tell(self.stage, "updated", entryFeeCents=self.dice.randint(1, 900) * 100)

    def is_played_elsewhere(self) -> None:
        tell(self.stage, "updated", courseName=self.dice.choice(["North", "South", "Old"]))

    def is_entered(self) -> None:
        self.players.append(enter(self.stage))

    def is_left(self) -> None:
        if self.players:
            enter(self.stage, self.players.pop(), "COMPETITION_WITHDRAWN")

    def gets_room(self) -> None:
        tell(self.stage, "updated", maxEntries=self.dice.choice([2, 4, 40]))
        settle_changes(timezone.now() + timedelta(minutes=11))

    def is_rearranged(self) -> None:
        days = self.dice.choice([[7, 3, 1], [5, 2], [1], []])
        with suppress(DomainError):
            update_promotion(self.plan.pk, {"reminder_days": days})

    def is_reworded(self) -> None:
        if (touch := self._any_touch(status="PLANNED")) is not None:
            at = touch.due_at + timedelta(hours=self.dice.randint(0, 30)) if touch.due_at else None
            with suppress(DomainError):
                change_part(self.plan.pk, touch.pk, text=f"Words {self.dice.randint(1, 10**6)}", at=at)

    def is_thinned(self) -> None:
        if (touch := self._any_touch(status="PLANNED")) is not None:
            with suppress(DomainError):
                leave_out(self.plan.pk, touch.pk)

    def is_refilled(self) -> None:
        if (touch := self._any_touch(status="CANCELLED")) is not None:
            with suppress(DomainError):
                put_back(self.plan.pk, touch.pk)

    def gets_a_picture(self) -> None:
        picture = self.dice.choice([None, self.picture.pk])
        with suppress(DomainError):
            update_promotion(self.plan.pk, {"picture_id": picture})

    def brings_a_picture(self) -> None:
        tell(self.stage, "updated", imageUrl=f"https://club.example/{self.dice.randint(1, 3)}.jpg")

    def is_fetched(self) -> None:
        fetch_due(timezone.now() + timedelta(hours=2))

    def _any_touch(self, **which: Any) -> Touch | None:
        found = list(Touch.objects.filter(promotion=self.plan, **which).order_by("key"))
        return self.dice.choice(found) if found else None

    def rests(self) -> None:
        with suppress(DomainError):
            pause_promotion(self.plan.pk)

    def is_approved(self) -> None:
        with suppress(DomainError):
            approve_promotion(self.plan.pk)

    def is_taken(self) -> None:
        if (taken := claim(timezone.now())) is not None:
            self.hands.append(taken)

    def is_worked(self) -> None:
        for taken in self.hands:
            work(taken)
        self.hands.clear()
        self.stage.turn()
        run_touches()

    def goes_by(self) -> None:
        move_clock(timedelta(days=self.dice.choice([0, 1, 4])) + timedelta(minutes=20))
        settle_changes(timezone.now() + timedelta(minutes=11))
        run_touches()

    def stumbles(self) -> None:
        action = self.dice.choice(["cut_after", "status_before", "cut_before", "html", "shapes"])
        path = self.dice.choice([r"/feed$", r"/2/tweets$", r"/graph/v[\d.]+/\d+_\d+$"])
        self.stage.fault(action, path)

    def is_cancelled(self) -> None:
        tell(self.stage, "cancelled", reason="Rain")

    def ends(self) -> None:
        """Everything that is under way comes to its end."""
        for _ in range(8):
            self.is_worked()
            settle_changes(timezone.now() + timedelta(minutes=11))
            move_clock(timedelta(minutes=20))
        run_touches()

    def live(self) -> list[str]:
        """What the program made and the world still sees, on all three networks."""
        rows = [(name, row) for name in ("facebook", "instagram", "x") for row in self.stage.seen(name)]
        return [
            f"{name}: {row.get('message') or row.get('caption') or row.get('text')}"
            for name, row in rows
            if row["by"] != "person" and not row.get("parent")
        ]


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_in_whatever_order_nothing_is_said_twice_and_a_cancelled_event_takes_all_back(
    stage: Stage, seed: int
) -> None:
    dice = random.Random(seed)
    story = Story(stage, dice)
    told = []
    at = dice.randint(ACTS // 2, ACTS)
    for number in range(ACTS):
        act = story.is_cancelled if number == at else dice.choice(story.acts())
        told.append(act.__name__)
        act()
        out = Target.objects.filter(status="PUBLISHED", deleted_at=None).values_list(
            "post_id", "connection_id"
        )
        assert not [key for key, count in Counter(out).items() if count > 1], told
    if at == ACTS:
        told.append("is_cancelled")
        story.is_cancelled()

    story.ends()

    assert Promotion.objects.get().status == "CANCELLED", told
    open_ones = Target.objects.filter(status__in=WAITING, asks_human=False)
    assert not open_ones.exclude(status="UNKNOWN", connection__closed_until__isnull=False).exists(), told
    undone = set(Touch.objects.filter(status="PLANNED", channel="POST").values_list("key", flat=True))
    assert undone == set(), told
    asked = Target.objects.filter(asks_human=True).exists()
    failed = Touch.objects.filter(kind="CANCELLATION", channel="POST").exclude(reason__startswith="Deleted")
    words = set(failed.exclude(reason="It did not go out.").values_list("reason", flat=True))
    assert story.live() == [] or asked or words, told
