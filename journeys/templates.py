"""Twelve journeys to begin with, with texts that one would send."""

# ruff: noqa: E501 - letters are long lines

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A journey ready to be looked at, changed and started."""

    key: str
    title: str
    description: str
    icon: str
    definition: Json


def _send(step: str, to: str | None, subject: str, text: str, **more: Any) -> Json:
    return {
        "id": step, "kind": "SEND", "name": subject[:60], "subject": subject,
        "text": f"Dear {{{{ profile.firstName | default: 'golfer' }}}},\n\n{text}\n\n{{{{ club.name }}}}",
        "ways": {"next": to}, **more,
    }  # fmt: skip


def _wait(step: str, to: str | None, amount: int, unit: str = "DAYS") -> Json:
    until = {"mode": "DURATION", "amount": amount, "unit": unit}
    return {"id": step, "kind": "WAIT", "until": until, "ways": {"next": to}}


def _morning(step: str, to: str | None, at: str = "09:00") -> Json:
    return {"id": step, "kind": "WAIT", "until": {"mode": "TIME", "at": at}, "ways": {"next": to}}


def _date(step: str, to: str | None, field: str, offset: int) -> Json:
    until = {"mode": "DATE", "field": field, "offset": offset, "at": "09:00"}
    return {"id": step, "kind": "WAIT", "until": until, "ways": {"next": to}}


def _until(
    step: str, event: str, days: int, *, happened: str | None, timeout: str | None, **more: Any
) -> Json:
    return {
        "id": step, "kind": "WAIT_UNTIL", "event": {"event": event, **more},
        "timeout": {"amount": days, "unit": "DAYS"}, "ways": {"happened": happened, "timeout": timeout},
    }  # fmt: skip


def _task(step: str, to: str | None, title: str, reason: str, days: int = 0) -> Json:
    return {
        "id": step,
        "kind": "NOTIFY",
        "title": title,
        "reason": reason,
        "dueInDays": days,
        "ways": {"next": to},
    }


def _tag(step: str, to: str | None, *tags: str) -> Json:
    return {"id": step, "kind": "UPDATE", "addTags": list(tags), "ways": {"next": to}}


def _journey(*steps: Json, trigger: Json, **more: Any) -> Json:
    return {"triggers": [trigger], "start": steps[0]["id"], "steps": list(steps), **more}


def _event(event: str, key: str | None = None, **more: Any) -> Json:
    return {"kind": "EVENT", "event": event, "key": key, **more}


def _rule(*rules: Json) -> Json:
    return {"combinator": "AND", "rules": list(rules)}


BOOKED: Final = "teetime.booking.created"
SERVICE: Final = {"messageClass": "TRANSACTIONAL"}

TEMPLATES: Final = (
    Template("welcome", "Welcome a new member", "Five steps over the first month; a call where nobody plays.", "waving_hand",
        _journey(
            _send("welcome", "pause", "Welcome to {{ club.name }}",
                  "how good to have you with us. Your membership is active from today: book your first tee time, meet the"
                  " professional for a free lesson, and join us for the new members' evening."),
            _wait("pause", "first-round", 3),
            _until("first-round", BOOKED, 14, happened="tips", timeout="invite", where=[]),
            _send("tips", None, "Your first weeks on the course",
                  "now that your first round is booked: local rules, the practice ground and the best hours for a quiet"
                  " round are on our website. Tell us at any time what would make you feel at home."),
            _send("invite", "second", "Shall we play?",
                  "you have not been out yet. Reply to this mail, and we find you partners of your handicap for a first"
                  " round this week."),
            _until("second", BOOKED, 10, happened=None, timeout="call"),
            _task("call", None, "Call the new member", "Has not booked a tee time in the first month.", 1),
            trigger=_event("scl.member.created"))),
    Template("first-visit", "First visit", "Thanks after the first round, and a reason to come again.", "golf_course",
        _journey(
            _morning("morning", "thanks"),
            _send("thanks", "again", "Thank you for your first round",
                  "we hope that you enjoyed the course. What did you like, and what could be better? Two lines are enough."),
            _until("again", BOOKED, 21, happened=None, timeout="offer"),
            _send("offer", None, "Your second round is on us for your guest",
                  "come back within the next four weeks, and your guest plays free of charge. Show this mail at the desk."),
            trigger=_event("teetime.booking.completed", rule=_rule(
                {"event": {"types": ["ROUND_COMPLETED"], "count": {"op": "lte", "value": 1}}})))),
    Template("no-show", "No-show", "A friendly word, and a task when it happens again.", "event_busy",
        _journey(
            _send("missed", "often", "We missed you today",
                  "your tee time was kept for you, and others would have liked it. If something comes up, please cancel in"
                  " the booking page, until an hour before.", **SERVICE),
            {"id": "often", "kind": "CONDITION", "ways": {"yes": "call", "no": None},
             "rule": _rule({"event": {"types": ["TEETIME_NO_SHOW"], "inLastDays": 60, "count": {"op": "gte", "value": 3}}})},
            _task("call", None, "Talk about no-shows", "Three missed tee times in 60 days."),
            trigger=_event("teetime.booking.no_show", "bookingId"), entry={"policy": "ONCE_PER_KEY"})),
    Template("lapsed", "Lapsed golfer", "60 days without a round: an invitation, then an offer.", "sports_golf",
        _journey(
            _date("quiet", "miss", "lastBookingAt", 60),
            _send("miss", "wait", "The course misses you",
                  "it has been a while. The greens are in fine shape; choose a morning, and we keep you a time."),
            _until("wait", BOOKED, 14, happened="tag", timeout="offer"),
            _send("offer", "last", "A round for two at the price of one",
                  "book within two weeks, and bring a friend for free."),
            _until("last", BOOKED, 14, happened="tag", timeout=None),
            _tag("tag", None, "won back"),
            trigger=_event("teetime.booking.completed"), entry={"policy": "AFTER_EXIT"})),
    Template("renewal", "Renewal 60 / 30 / 7 days", "Three reminders that stop with the payment; a call at the end.",
        "autorenew",
        _journey(
            _date("w60", "r60", "membershipExpiry", -60),
            _send("r60", "w30", "Your membership ends in two months",
                  "renew early and keep your locker and your place in the competitions. Nothing changes but the date."),
            _date("w30", "r30", "membershipExpiry", -30),
            _send("r30", "w7", "One month left", "your membership ends in a month. It takes two minutes to renew."),
            _date("w7", "r7", "membershipExpiry", -7),
            _send("r7", "w0", "One week left",
                  "your membership ends next week. If something keeps you from renewing, please talk to us."),
            _date("w0", "call", "membershipExpiry", 0),
            _task("call", None, "Call about the renewal", "The membership ends today and was not renewed."),
            trigger={"kind": "DATE", "field": "membershipExpiry", "offsetDays": -60, "yearly": False},
            entry={"policy": "AFTER_DAYS", "days": 200},
            exits=[{"kind": "EVENT", "event": "scl.payment.received", "reason": "PAID"}],
            goal={"event": "scl.payment.received", "windowDays": 30})),
    Template("failed-payment", "Failed payment", "A note at once, a reminder, then a call; ends with the payment.",
        "credit_card_off",
        _journey(
            _send("note", "three", "Your payment did not go through",
                  "our bank could not collect your payment. Most often a card has expired: please look at your details.",
                  **SERVICE),
            _until("three", "scl.payment.received", 3, happened=None, timeout="remind"),
            _send("remind", "week", "A reminder of your open payment",
                  "your payment is still open. If you would rather pay in parts, just answer this mail.", **SERVICE),
            _until("week", "scl.payment.received", 7, happened=None, timeout="call"),
            _task("call", None, "Call about the open payment", "Failed ten days ago, reminded once."),
            trigger=_event("scl.payment.failed"), entry={"policy": "AFTER_DAYS", "days": 14},
            exits=[{"kind": "EVENT", "event": "scl.payment.received", "reason": "PAID"}])),
    Template("birthday", "Birthday", "Wishes in the morning, a drink at the bar.", "cake",
        _journey(
            _send("wishes", None, "Happy birthday from all of us",
                  "many happy returns! The next drink at the bar is on us, today or within a fortnight."),
            trigger={"kind": "DATE", "field": "dateOfBirth", "offsetDays": 0, "at": "09:00"},
            entry={"policy": "AFTER_EXIT"})),
    Template("handicap", "Handicap milestone", "Single figures for the first time.", "military_tech",
        _journey(
            _send("well-done", "tag", "Single figures: well done!",
                  "your handicap is below ten for the first time. Your name goes up on the board in the clubhouse."),
            _tag("tag", None, "single figure"),
            trigger=_event("teetime.handicap.updated",
                           where=[{"path": "newHandicap", "operator": "lt", "value": 10},
                                  {"path": "previousHandicap", "operator": "gte", "value": 10}]))),
    Template("churn", "Churn risk above 80", "A colleague calls the same day; a letter where nobody answers.", "warning",
        _journey(
            _task("call", "week", "Call today", "The risk of leaving rose above 80."),
            _until("week", "TASK_CLOSED", 7, happened="promised", timeout="letter"),
            {"id": "promised", "kind": "CONDITION", "ways": {"yes": "tag", "no": "letter"},
             "rule": _rule({"event": {"types": ["TASK_CLOSED"], "where": {"outcome": "PROMISED"}, "inLastDays": 14,
                                      "count": {"op": "gte", "value": 1}}})},
            _tag("tag", None, "saved"),
            _send("letter", None, "What would make you stay?",
                  "we have seen less of you lately, and would like to know why. Answer in one line; our manager reads each"
                  " answer."),
            trigger={"kind": "SCORE", "score": "CHURN", "direction": "UP", "level": 80, "rearm": 70, "minGapDays": 60},
            entry={"policy": "AFTER_DAYS", "days": 60})),
    Template("abandoned", "Abandoned competition entry", "Withdrew from a competition and entered no other.", "undo",
        _journey(
            _until("other", "teetime.competition.entered", 2, happened=None, timeout="ask"),
            _send("ask", None, "There is still a place for you",
                  "you withdrew from a competition this week. If the day or the tee time was the reason: there are more"
                  " dates, and we gladly move you."),
            trigger=_event("teetime.competition.withdrawn", "competitionId"), entry={"policy": "ONCE_PER_KEY"},
            exits=[{"kind": "EVENT", "event": "teetime.competition.entered", "reason": "ENTERED_AGAIN"}])),
    Template("visitor", "Visitor to member", "After the third round as a visitor: what a membership would save.", "how_to_reg",
        _journey(
            {"id": "regular", "kind": "CONDITION", "ways": {"yes": "morning", "no": None},
             "rule": _rule({"event": {"types": ["ROUND_COMPLETED"], "inLastDays": 120, "count": {"op": "gte", "value": 3}}},
                           {"field": "lifecycleStage", "operator": "neq", "value": "MEMBER"})},
            _morning("morning", "offer", "10:00"),
            _send("offer", "join", "What a membership would have saved you",
                  "you have played with us three times this season. As a member your next rounds would be included: shall"
                  " we send you the figures?"),
            _until("join", "scl.member.created", 21, happened=None, timeout="call"),
            _task("call", None, "Offer a membership", "Three rounds as a visitor, has not joined.", 2),
            trigger=_event("teetime.booking.completed"), entry={"policy": "AFTER_DAYS", "days": 180},
            goal={"event": "scl.member.created", "windowDays": 60})),
    Template("after-round", "After the round", "Next morning: how was it, and the next tee time.", "rate_review",
        _journey(
            _morning("morning", "ask"),
            _send("ask", None, "How was your round?",
                  "we hope that you had a good day. One line about the course, the pace and the welcome helps us more than"
                  " any survey."),
            trigger=_event("teetime.booking.completed", "bookingId"), entry={"policy": "AFTER_DAYS", "days": 30})),
)  # fmt: skip
BY_KEY: Final[Mapping[str, Template]] = {one.key: one for one in TEMPLATES}
