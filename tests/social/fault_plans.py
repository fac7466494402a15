"""Fault plans drawn by lot: what networks, people and clocks may do to posts, and what must hold all the same."""

import random
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.utils import timezone

from crm_platform.bench.moved_clock import Doubts
from social.library.keeping import add_media
from social.models import AppPause, Attempt, Connection, Media, Post, PostStatus, Target, TargetStatus
from social.networks.registry import FAMILIES
from social.publishing.working import drain
from social.sandbox.server import Sandbox
from tests.social.films import film
from tests.social.publishing import Stage
from tests.social.sandboxes import control

FIELDS = {
    "FACEBOOK": ("facebook", "message"),
    "INSTAGRAM": ("instagram", "caption"),
    "TWITTER": ("x", "text"),
}
MINUTES = 45
# A network that takes longer is not waited for: in seconds, in place of the client's own patience.
PATIENCE = 0.8
PATHS = (
    r"media_publish", r"/x-api/2/tweets$", r"/graph/v[\d.]+/\d+_\d+$", r"/feed$", r"/photos$", r"/media$",
    r"/video_reels$", r"/video-upload/", r"/media/upload", r"/comments$", r"published_posts", r"/users/\d+/tweets",
    r"content_publishing_limit", r"oauth2/token", r"/graph/", r"/x-api/", "",
)  # fmt: skip
META_ERRORS = (
    {"code": 4}, {"code": 17}, {"code": "613"}, {"code": 368}, {"code": 1}, {"code": 2, "is_transient": True},
    {"code": 506}, {"code": 9007, "error_subcode": 2207027}, {"code": 80002}, {"code": 99999},
    {"code": 24, "error_subcode": 2207008}, {"code": 100}, {"code": 389},
)  # fmt: skip
X_ERRORS = (
    (402, {"title": "CreditsDepleted"}), (429, {"title": "Too Many Requests"}), (503, {"title": "Over capacity"}),
    (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}), (400, {"detail": "Bad"}),
)  # fmt: skip


HAPPENINGS = (
    "look_alike", "look_alike", "tokens_away", "x_expires", "drop_scope", "lose_page", "password", "credit",
    "restart", "clock_jumps", "spoil",
)  # fmt: skip
COMMITS = r"media_publish|/x-api/2/tweets$|/graph/v[\d.]+/\d+_\d+$|/feed$|/video_reels$"
# What limits say of themselves, or do not.
PAUSES: tuple[dict[str, str], ...] = (
    {}, {"Retry-After": "90"}, {"Retry-After": "soon"}, {"x-rate-limit-reset": "never"},
    {"X-Business-Use-Case-Usage": '{"1": [{"estimated_time_to_regain_access": 2}]}'},
    {"X-App-Usage": "[]", "Retry-After": "-5"},
)  # fmt: skip


@dataclass
class Plan:
    """What is done in one run."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    events: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)

    def at(self, minute: int, kind: str, what: Any = None) -> None:
        """Let something happen at a minute."""
        self.events.setdefault(minute, []).append((kind, what))


def draw(dice: random.Random) -> Plan:
    """A plan by lot."""
    plan = Plan()
    for _ in range(dice.randint(2, 9)):
        plan.rules.append(_rule(dice))
    plan.switches = {
        "list_lag_seconds": dice.choice([0, 0, 20, 120, 400]),
        "processing_seconds": dice.choice([0, 0, 45, 45, 10**9]),
        "drafts_go_live": dice.random() < 0.15,
        "draft_time": dice.choice(["publish", "draft"]),
        "republish_container": dice.choice(["error", "same"]),
        "headers": dice.choice(["on", "off", "broken"]),
        "string_codes": dice.random() < 0.3,
        "dead_metrics": dice.choice([[], ["post_clicks"], ["views", "post_media_view"]]),
    }
    _worlds_doing(dice, plan)
    return plan


def _rule(dice: random.Random) -> dict[str, Any]:
    action = dice.choice(
        ["cut_before", "cut_after", "cut_after", "cut_middle", "status_before", "status_after", "html", "empty",
         "wrong_type", "error", "error", "redirect", "texts", "shapes", "shapes", "slow"]
    )  # fmt: skip
    rule: dict[str, Any] = {"action": action, "path": dice.choice(PATHS), "nth": dice.randint(1, 6)}
    rule |= {"times": dice.randint(1, 3), "method": dice.choice(["POST", "POST", "GET", ""])}
    rule |= {"seconds": PATIENCE * 2} if action == "slow" else {}
    rule |= {"headers": dice.choice(PAUSES)} if action == "error" else {}
    if action in ("status_before", "status_after"):
        rule["status"] = dice.choice([500, 502, 503, 504])
    if action == "error" and dice.random() < 0.5:
        rule |= {"network": "meta", "status": 400, "body": {"error": dice.choice(META_ERRORS)}}
    elif action == "error":
        status, body = dice.choice(X_ERRORS)
        rule |= {"network": "x", "status": status, "body": body}
    return rule


def _worlds_doing(dice: random.Random, plan: Plan) -> None:
    """What happens besides: people, tokens, permissions, credit."""
    for kind in HAPPENINGS:
        if dice.random() < (0.5 if kind == "look_alike" else 0.12):
            plan.at(dice.choice([0, 0, 1, 2, 5]), kind, dice.random())
    if any(kind == "tokens_away" for told in plan.events.values() for kind, _ in told):
        plan.at(8, "tokens_back")
    if any(kind == "credit" for told in plan.events.values() for kind, _ in told):
        plan.at(9, "credit_back")


def posts_of(stage: Stage, dice: random.Random) -> list[Post]:
    """Posts by lot: networks, files, links, first comments."""
    pictures = [stage.picture(color=color) for color in ("green", "blue")]
    video = add_media(BytesIO(film(seconds=4)), name="round.mp4")
    made = []
    for number in range(dice.randint(3, 6)):
        media: list[Media] = dice.choice([pictures[:1], pictures, [video], []])
        names = [name for name in FIELDS if dice.random() < 0.6 and (media or name != "INSTAGRAM")] or [
            "TWITTER"
        ]
        link = "https://club.example/cup" if dice.random() < 0.3 else ""
        comment = f"Reply {number}" if dice.random() < 0.3 else ""
        made.append(
            stage.post(*names, text=f"Number {number}", link=link, first_comment=comment,
                       media_ids=[one.pk for one in media])
        )  # fmt: skip
    return made


@dataclass
class Seen:
    """What came of a run."""

    targets: list[Target]
    ours: Counter[tuple[str, str]]
    of_people: dict[str, float]
    longest: int
    told: str

    def problems(self) -> list[str]:
        """Everything that must not be."""
        found = [f"{key} is out {count} times" for key, count in self.ours.items() if count > 1]
        for target in self.targets:
            key = (target.connection.network, target.post.text)
            is_live = bool(self.ours[key])
            if target.status == TargetStatus.FAILED and is_live:
                found.append(f"{key} is live but failed: {target.problem}")
            if target.status in (TargetStatus.WAITING, TargetStatus.CANCELLED) and is_live:
                found.append(f"{key} is live but {target.status}")
            if target.status == TargetStatus.PUBLISHED and not is_live and not self._by_a_person(target):
                found.append(f"{key} is called published but is not live")
            if target.status == TargetStatus.UNKNOWN and not self._may_be_unknown(target):
                found.append(f"{key} is unknown for no reason")
            if target.status == TargetStatus.PUBLISHING:
                found.append(f"{key} still goes out")
        return [*found, *_posts_that_do_not_follow()]

    def _by_a_person(self, target: Target) -> bool:
        """A person said the same after our call, which never arrived: nobody can tell the two apart."""
        made = self.of_people.get(target.network_post_id or "")
        first = Attempt.objects.filter(target=target).order_by("started_at").first()
        return made is not None and first is not None and made >= first.started_at.timestamp() - 1

    @staticmethod
    def _may_be_unknown(target: Target) -> bool:
        account: Connection = target.connection
        is_paused = AppPause.objects.filter(
            until__gt=timezone.now(), family=FAMILIES[account.network]
        ).exists()
        return (
            target.asks_human or account.status != "ACTIVE" or account.closed_until is not None or is_paused
        )


def _posts_that_do_not_follow() -> list[str]:
    """Planned = published + failed + unknown + waiting, and the post's own state follows from them."""
    found = []
    for post in Post.objects.prefetch_related("targets"):
        states = Counter(one.status for one in post.targets.all())
        if states["UNKNOWN"]:
            wanted = {PostStatus.UNKNOWN}
        elif states["WAITING"] + states["HELD"]:
            wanted = {
                PostStatus.PUBLISHING if states["PUBLISHED"] + states["FAILED"] else PostStatus.SCHEDULED
            }
        else:
            wanted = {PostStatus.FAILED if states["FAILED"] else PostStatus.PUBLISHED}
        if post.status not in wanted:
            found.append(f"{post.text} is {post.status}, its accounts {dict(states)}")
    return found


def run(stage: Stage, seed: int) -> Seen:
    """Publish some posts through a plan of faults, minute by minute of the moved clock."""
    dice = random.Random(seed)
    made, plan, doubts = posts_of(stage, dice), draw(dice), Doubts()
    plan.rules += [rule for _ in range(2) if (rule := _lever(stage, made, dice))]
    dice.shuffle(plan.rules)
    control(stage.sandbox, "switches", plan.switches)
    control(stage.sandbox, "faults", plan.rules)
    for minute in range(MINUTES):
        for kind, what in plan.events.get(minute, ()):
            _happen(stage, made, kind, what)
        drain(30)
        doubts.tick()
    return _look(stage, made, doubts.longest, f"seed {seed}: {plan}")


def _lever(stage: Stage, made: list[Post], dice: random.Random) -> dict[str, Any] | None:
    """Something happens in the very middle of a post's steps: before or after a call, the call itself goes well."""
    network, account = _accounts(stage)[dice.randrange(3)]
    words = {"network": network, "action": "post", "account": account, "text": dice.choice(made).text}
    levers: list[list[Any]] = [
        ["person", words], ["token", {"user": stage.made["x"], "action": "expire"}], ["spoil_containers", {}],
        ["token", {"person": stage.made["person"], "action": "expire"}], ["clock", {"advance": 7_300}],
        ["clock", {"advance": -240}],
    ]  # fmt: skip
    if dice.random() < 0.4:
        return None
    when = dice.choice(["lever", "lever_after"])
    rule = {"action": "slow", "path": dice.choice([*PATHS, COMMITS, COMMITS]), "nth": dice.randint(1, 5)}
    return {**rule, when: dice.choice(levers)}


def _accounts(stage: Stage) -> list[tuple[str, str]]:
    made = stage.made
    return [("facebook", made["pages"][0]), ("instagram", made["instagram"][0]), ("x", made["x"])]


def _happen(stage: Stage, made: list[Post], kind: str, what: float) -> None:
    if kind == "look_alike":
        _look_alike(stage, made, what)
    elif kind in ("tokens_away", "tokens_back"):
        control(stage.sandbox, "switches", {"tokens_away": kind == "tokens_away"})
    elif kind == "restart":
        restart(stage)
    elif kind == "clock_jumps":
        control(stage.sandbox, "clock", {"advance": 3_600})
    elif kind == "spoil":
        control(stage.sandbox, "spoil_containers")
    elif kind in ("credit", "credit_back"):
        control(stage.sandbox, "switches", {"x_out_of_credit": kind == "credit"})
    elif kind == "x_expires":
        control(stage.sandbox, "token", {"user": stage.made["x"], "action": "expire"})
    else:
        more = {"drop_scope": {"scope": "pages_manage_posts"}, "lose_page": {"page": stage.made["pages"][0]}}
        person = {"person": stage.made["person"], "action": kind, **more.get(kind, {})}
        control(stage.sandbox, "token", person)


def restart(stage: Stage) -> None:
    """The stand-in goes away, posts meet nobody, and it comes back with what it had on its disk and no fault plan."""
    before = stage.sandbox
    path, port = before.path, before.server.server_address[1]
    before.stop()
    drain(5)
    after = Sandbox(path=path, port=port).start()
    after.world.offset, after.world.switches = before.world.offset, before.world.switches
    vars(before).update(vars(after))


def _look_alike(stage: Stage, made: list[Post], what: float) -> None:
    """A person writes the very words of one of the posts."""
    post = made[int(what * len(made))]
    network, account = _accounts(stage)[int(what * 1000) % 3]
    body = {"network": network, "action": "post", "account": account, "text": post.text}
    control(stage.sandbox, "person", body)


def _look(stage: Stage, made: list[Post], longest: int, told: str) -> Seen:
    ours: Counter[tuple[str, str]] = Counter()
    of_people: dict[str, float] = {}
    for name, (network, words) in FIELDS.items():
        for row in stage.seen(network):
            if row.get("parent") or row.get("reply_to"):
                continue
            if row.get("by") == "person":
                of_people[str(row["id"])] = float(row.get("created", 0))
                continue
            ours[name, _first_line(str(row.get(words) or row.get("told") or ""))] += 1
    rows = Target.objects.filter(post__in=made).select_related("post", "connection")
    return Seen(list(rows), ours, of_people, longest, told)


def _first_line(text: str) -> str:
    """Without the link that X has in its words."""
    return text.split("\n", 1)[0]
