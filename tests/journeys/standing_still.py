"""Anna at each kind of step at which a run may stand, and what lets her go on from there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from messaging.models import Delivery, SendPolicy
from messaging.settling import decide_deferred
from profiles.models import CustomerProfile
from tests.journeys.definitions import Json, journey, send, step, until_date, wait
from tests.journeys.outside import Outside
from tests.journeys.playing import START

ROUND = "ROUND_COMPLETED"
EVENING = START.replace(hour=19)  # 21:00 in Johannesburg
CHURNED: Json = {
    "combinator": "AND", "rules": [{"field": "lifecycleStage", "operator": "eq", "value": "CHURNED"}]
}  # fmt: skip
Act = Callable[[Outside, CustomerProfile], None]


@dataclass(frozen=True)
class Standing:
    """`here`: the step, and in the next version; `since`: when she comes there; `goes_on`: what ends her waiting."""

    here: Json
    changed: Json
    goes_on: Act
    since: datetime = START
    policy: Json | None = None
    prepares: Act = lambda _out, _anna: None

    @property
    def sends(self) -> bool:
        """Whether the step itself is a message."""
        return bool(self.here["kind"] == "SEND")

    def before(self) -> Json:
        """A day's wait, the step, a message."""
        return journey(wait("first", 1, to="here"), self.here, send("mail"), entry={"policy": "AFTER_EXIT"})

    def after(self) -> Json:
        """The next version: the step says something else, and there is another wait."""
        return journey(
            wait("first", 1, to="here"), {**self.changed, "ways": _to(self.changed, "other")},
            wait("other", 2, "HOURS", to="mail"), send("mail"), entry={"policy": "AFTER_EXIT"},
        )  # fmt: skip

    def begin(self, out: Outside, *people: CustomerProfile) -> str:
        """The journey, with these people at the step."""
        if self.policy is not None:
            with out.open():
                SendPolicy.objects.create(tenant=out.tenant, **self.policy)
        out.now = self.since - timedelta(days=1)
        one = out.started(self.before())
        out.enrol(one, *people)
        for who in people:
            self.prepares(out, who)
        out.at(self.since)
        return one


def _to(one: Json, target: str) -> Json:
    return dict.fromkeys(one["ways"], target)


def _awaits(**fields: Any) -> Json:
    return {
        "id": "here", "kind": "WAIT_UNTIL", "timeout": {"amount": 7, "unit": "DAYS"},
        "ways": {"happened": "mail", "timeout": "mail"}, **fields,
    }  # fmt: skip


def _in_time(out: Outside, who: CustomerProfile) -> None:
    """From stop to stop, as the clock brings them; what a cap has put off is decided about when its time comes."""
    for _turn in range(9):
        run = out.run(who)
        if run is None or run.due_at is None:
            return
        out.now = max(out.now, run.due_at)
        with out.open():
            decide_deferred(out.tenant, now=out.now)
        out.tick()


def _played(out: Outside, who: CustomerProfile) -> None:
    out.tell(who, ROUND)


def _left(out: Outside, who: CustomerProfile) -> None:
    out.changed(who, lifecycle_stage="CHURNED")


def _had_one(out: Outside, who: CustomerProfile) -> None:
    """A message of the very day on which she comes to the step."""
    from tests.journeys.test_trial_equals_life import a_campaign  # noqa: PLC0415

    a_campaign(out, who, 0)


TIME: Json = {"mode": "TIME", "at": "09:00"}
QUIET: Json = {"quiet_from": time(20), "quiet_until": time(7)}
KINDS: dict[str, Standing] = {
    "a length": Standing(wait("here", 5, to="mail"), wait("here", 6, to="mail"), _in_time),
    "an hour": Standing(
        step("here", "WAIT", to="mail", until={**TIME, "weekdays": [5]}),
        step("here", "WAIT", to="mail", until={**TIME, "weekdays": [6]}), _in_time,
    ),
    "a date": Standing(
        until_date("here", "membershipExpiry", -1, to="mail"),
        until_date("here", "membershipExpiry", -2, to="mail"), _in_time,
    ),
    "an event": Standing(_awaits(event={"event": ROUND}), _awaits(event={"event": ROUND}, since="ENTRY"), _played),
    "a condition": Standing(_awaits(condition=CHURNED), _awaits(condition=CHURNED), _left),
    "a quiet night": Standing(
        send("here", to="mail"), send("here", to="mail", subject="Anew"), _in_time, EVENING, QUIET
    ),
    "a cap": Standing(
        send("here", to="mail", onCap="DEFER", expiresAfterHours=96),
        send("here", to="mail", onCap="DEFER", expiresAfterHours=99), _in_time, START, {"caps": {"ALL": {"day": 1}}},
        _had_one,
    ),
}  # fmt: skip


def messages(out: Outside, who: CustomerProfile) -> list[str]:
    """The steps whose messages to somebody go out, or wait to."""
    with out.open():
        rows = Delivery.objects.filter(
            profile_id=who.pk, source="JOURNEY", status__in=["PLANNED", "DEFERRED"]
        )
        return sorted(rows.values_list("variant", flat=True))
