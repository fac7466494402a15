"""Staff cancel, edit, move, approve, retry and delete posts, in any order, while those go out over bad lines.

More orders by hand: `CRM_STAFF_SEEDS=100:300 pytest tests/social/test_staff_orders.py`.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from crm_platform.bench.moved_clock import move_clock
from social import after_publishing, posts
from social.models import Post, Target
from social.posts import Words, write_post
from social.publishing.claiming import Claim, claim
from social.publishing.working import drain, work
from tenants.actors import Actor, ActorKind, acting_as
from tenants.errors import DomainError
from tests.social.fault_plans import COMMITS, PATHS
from tests.social.publishing import Stage, file_server, stage
from tests.social.sandboxes import sandbox

__all__ = ["file_server", "sandbox", "stage"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FIRST, _, LAST = os.environ.get("CRM_STAFF_SEEDS", "1:7").partition(":")
ACTS, POSTS = 40, 3
WORDS_OF = {
    "FACEBOOK": ("facebook", "message"),
    "INSTAGRAM": ("instagram", "caption"),
    "TWITTER": ("x", "text"),
}
ANNA, BEN = Actor(ActorKind.USER, "1", "Anna"), Actor(ActorKind.USER, "2", "Ben")


class Office:
    """Two people, some posts, and workers with posts in their hands."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self.stage, self.dice = stage, dice
        self.versions: Counter[int] = Counter()
        self.hands: list[Claim] = []
        self.picture = stage.picture()
        stage.club.tenant.settings = {"approvePosts": dice.random() < 0.5}
        stage.club.tenant.save()
        self.keys: list[UUID] = []
        for number in range(POSTS):
            self.keys.append(write_post(self.words(number)).pk)
            self.act(partial(posts.schedule_post, self.keys[-1]))

    def words(self, number: int) -> Words:
        """A version of a post that says which it is."""
        self.versions[number] += 1
        names = [name for name in WORDS_OF if self.dice.random() < 0.7] or ["TWITTER"]
        return Words(
            text=f"Post {number}, version {self.versions[number]}",
            connection_ids=[self.stage.accounts[name].pk for name in names],
            media_ids=[self.picture.pk] if "INSTAGRAM" in names else [],
            scheduled_at=timezone.now() + timedelta(minutes=self.dice.choice([0, 0, 5])),
            first_comment="Book now" if self.dice.random() < 0.2 else "",
        )

    def act(self, doing: Callable[[], object]) -> None:
        """An act of somebody; refused ones are part of the play."""
        with acting_as(self.dice.choice([ANNA, BEN])), suppress(DomainError):
            doing()

    def number(self) -> int:
        return self.dice.randrange(POSTS)

    def happens(self) -> str:
        """One thing, by lot."""
        number, key = self.number(), self.keys[self.number()]
        target = self.dice.choice(list(Target.objects.order_by("pk")) or [None])
        doings: dict[str, Callable[[], object]] = {
            "cancel": lambda: posts.cancel_post(key),
            "unschedule": lambda: posts.unschedule_post(key),
            "edit": lambda: write_post(self.words(number), post_id=self.keys[number]),
            "schedule": lambda: posts.schedule_post(key),
            "approve": lambda: posts.approve_post(key),
            "send back": lambda: posts.send_back(key, note="Not like this"),
            "move": lambda: posts.move_post(key, at=timezone.now() + timedelta(minutes=self.dice.randint(0, 9))),
            "retry": lambda: posts.retry_post(key),
            "release": lambda: posts.release_post(key),
            "delete there": lambda: target and after_publishing.delete_there(target.post_id, target.pk),
            "edit there": lambda: target and after_publishing.edit_there(target.post_id, target.pk, text="Corrected"),
            "take": self.take, "work": self.work, "work all": lambda: drain(5), "time": self.time, "fault": self.fault,
        }  # fmt: skip
        name = self.dice.choice([*doings, "work", "work all", "schedule", "approve", "time", "fault"])
        self.act(doings[name])
        return name

    def take(self) -> None:
        if (taken := claim(timezone.now())) is not None:
            self.hands.append(taken)

    def work(self) -> None:
        while self.hands:
            work(self.hands.pop())

    def time(self) -> None:
        move_clock(timedelta(minutes=self.dice.choice([1, 1, 4, 20])))

    def fault(self) -> None:
        action = self.dice.choice(
            ["cut_before", "cut_after", "cut_middle", "status_after", "html", "error", "shapes"]
        )
        more = (
            {"status": 400, "body": {"error": {"code": self.dice.choice([1, 4, 100])}}}
            if action == "error"
            else {}
        )
        more |= {"status": 503} if action == "status_after" else {}
        self.stage.fault(action, self.dice.choice([COMMITS, COMMITS, *PATHS]), **more)

    def ends(self) -> None:
        """Everything under way comes to its end."""
        self.stage.clear_faults()
        self.work()
        for _ in range(9):
            drain(20)
            move_clock(timedelta(minutes=20))
        drain(20)

    def live(self) -> Counter[tuple[int, str]]:
        """How often each post stands on each network."""
        found: Counter[tuple[int, str]] = Counter()
        for network, (name, words) in WORDS_OF.items():
            for row in self.stage.seen(name):
                if row.get("parent") or row.get("reply_to") or row.get("by") == "person":
                    continue
                target = Target.objects.filter(network_post_id=str(row["id"])).first()
                said = str(row.get(words) or "")
                number = self.keys.index(target.post_id) if target else int(said.split()[1].rstrip(","))
                found[number, network] += 1
        return found


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_whatever_staff_do_nothing_is_out_twice_and_every_state_is_true(stage: Stage, seed: int) -> None:
    office = Office(stage, random.Random(seed))
    told = [office.happens() for _ in range(ACTS)]
    office.ends()

    live = office.live()
    assert not [key for key, count in live.items() if count > 1], told
    problems = []
    for number, key in enumerate(office.keys):
        post = Post.objects.get(pk=key)
        targets = list(Target.objects.filter(post=post).select_related("connection"))
        networks = {target.connection.network for target in targets}
        problems += [f"{number} is live on {name}, where it has no target" for name in WORDS_OF
                     if live[number, name] and name not in networks]  # fmt: skip
        for target in targets:
            is_live = bool(live[number, target.connection.network])
            is_out = target.status == "PUBLISHED" and target.deleted_at is None
            if is_live != is_out and not (target.status == "UNKNOWN" and target.asks_human):
                problems.append(f"{number} on {target.connection.network}: {target.status}, live: {is_live}")
            if target.status in ("PUBLISHING", "UNKNOWN") and not target.asks_human:
                problems.append(f"{number} on {target.connection.network} is still {target.status}")
        states = Counter(target.status for target in targets)
        waits = states["WAITING"] + states["HELD"] + states["DRAFT"]
        ended = states["PUBLISHED"] + states["FAILED"] + states["UNKNOWN"] + states["CANCELLED"]
        if waits + ended != len(targets):
            problems.append(f"{number}: {dict(states)} is not the sum of {len(targets)}")
        if post.status == "PUBLISHED" and (states["FAILED"] or states["UNKNOWN"] or waits):
            problems.append(f"{number} is {post.status}: {dict(states)}")
    assert problems == [], told
