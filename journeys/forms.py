"""Reading the builder's forms into JSON of steps, triggers and rules; the definition's own parser has the last word.

Opening a form and saving it as it is changes nothing: what a form does not show stays, and a value whose text was not
touched keeps its type.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from django.http import QueryDict

from tenants.errors import InvalidError
from tenants.numbers import whole_number

Json = dict[str, Any]
MOST_ROWS: Final = 20
LISTS: Final = ("in", "notIn", "containsAny", "containsAll", "between")
BARE: Final = ("isNull", "isNotNull", "inCurrentMonth")


def text_of(post: Mapping[str, Any], name: str) -> str:
    """A line, without blanks around it."""
    return str(post.get(name, "")).strip()


def prose_of(post: Mapping[str, Any], name: str) -> str:
    """Several lines; browsers send each end of line as two characters."""
    return str(post.get(name, "")).replace("\r\n", "\n")


def number_of(post: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A whole number; raises InvalidError."""
    text = text_of(post, name)
    try:
        return int(text) if text else default
    except ValueError:
        raise InvalidError("Write a whole number.", field=name) from None


def _list(post: Mapping[str, Any], name: str) -> list[str]:
    return [part.strip() for part in text_of(post, name).split(",") if part.strip()]


def _chosen(post: QueryDict, name: str) -> list[str]:
    return list(dict.fromkeys(one for one in post.getlist(name) if one))


def rule_of(post: Mapping[str, Any], name: str = "criteria") -> Any:
    """The tree of the rule builder, or up to three rows all of which must hold. None: no condition.

    Raises InvalidError.
    """
    typed = text_of(post, name) or text_of(post, "rule_json")
    if typed:
        try:
            tree = orjson.loads(typed)
        except orjson.JSONDecodeError:
            raise InvalidError("The rule is no JSON.", field=name) from None
        return None if isinstance(tree, dict) and tree.get("rules") == [] else tree
    rules = []
    for number in range(3):
        field = text_of(post, f"rule_field{number}")
        if not field:
            continue
        operator = text_of(post, f"rule_operator{number}") or "eq"
        leaf: Json = {"field": field, "operator": operator}
        if operator not in BARE:
            leaf["value"] = _value(text_of(post, f"rule_value{number}"), operator)
        rules.append(leaf)
    return {"combinator": "AND", "rules": rules} if rules else None


def _value(text: str, operator: str) -> Any:
    if operator in LISTS:
        return [_scalar(part.strip()) for part in text.split(",") if part.strip()]
    return _scalar(text)


def _scalar(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def shown(value: Any) -> str:
    """A value of a payload as it stands in a form."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def where_of(post: Mapping[str, Any], old: Any = ()) -> list[Json]:
    """Conditions on what the event brought, one a row; a value whose text was not touched stays what it was."""
    rows = []
    before = list(old or ())
    for number in range(MOST_ROWS):
        ending = str(number) if f"where_path{number}" in post else ""
        path = text_of(post, f"where_path{ending}")
        if not path or (not ending and number):
            continue
        operator, text = (
            text_of(post, f"where_operator{ending}") or "eq",
            text_of(post, f"where_value{ending}"),
        )
        kept = before[number] if number < len(before) else None
        is_kept = (
            kept is not None and shown(kept.get("value")) == text and kept.get("operator", "eq") == operator
        )
        value = kept.get("value") if kept is not None and is_kept else _compared(text, operator)
        rows.append({"path": path, "operator": operator, "value": value})
    return rows


def _compared(text: str, operator: str) -> Any:
    if operator == "exists":
        return text.lower() not in ("false", "no", "0")
    return _value(text, operator)


def step_of(kind: str, post: QueryDict, old: Mapping[str, Any] | None = None) -> Json:
    """The particulars of a step that its form shows; `old`: what they were."""
    fields: Json = {"name": text_of(post, "name")}
    more: Json = READERS[kind](post, old or {}) if kind in READERS else {}
    return fields | more


def _send(post: QueryDict, _: Mapping[str, Any]) -> Json:
    return {
        "channels": _chosen(post, "channels") or ["EMAIL"],
        "template": text_of(post, "template"),
        "subject": text_of(post, "subject"),
        "text": prose_of(post, "text"),
        "messageClass": text_of(post, "messageClass") or "MARKETING",
        "onQuiet": text_of(post, "onQuiet") or "DEFER",
        "onCap": text_of(post, "onCap") or "SKIP",
        "expiresAfterHours": number_of(post, "expiresAfterHours", 24),
    }


def offset_of(post: Mapping[str, Any], name: str) -> int:
    """A signed number of units: `side` says before or after; without it the number has its own sign."""
    size = number_of(post, name)
    return -abs(size) if text_of(post, "side") == "before" else size


def _wait(post: QueryDict, old: Mapping[str, Any]) -> Json:
    mode = text_of(post, "mode")
    if mode == "TIME":
        read = (whole_number(day) for part in post.getlist("weekdays") for day in part.split(","))
        days = [day for day in read if day is not None]
        return {"until": {"mode": "TIME", "at": text_of(post, "at") or "09:00", "weekdays": days}}
    if mode == "DATE":
        before = old.get("until") or {}
        until: Json = {
            "mode": "DATE",
            "field": text_of(post, "eventField") or text_of(post, "field"),
            "offset": offset_of(post, "offset"),
            "unit": text_of(post, "dateUnit") or "DAYS",
            "at": text_of(post, "dateAt") or None,
            "ifPast": text_of(post, "ifPast") or "SKIP_TO_NEXT_WAIT",
            "ifMissing": text_of(post, "ifMissing") or before.get("ifMissing") or "SKIP_TO_NEXT_WAIT",
            "yearly": "yearly" in post,
        }
        return {"until": until}
    length = {"amount": number_of(post, "amount", 1), "unit": text_of(post, "unit") or "DAYS"}
    return {"until": {"mode": "DURATION", **length}}


def _wait_until(post: QueryDict, old: Mapping[str, Any]) -> Json:
    event = text_of(post, "event")
    before = old.get("event") or {}
    awaited = {"event": event, "where": where_of(post, before.get("where")), "sameKey": "sameKey" in post}
    return {
        "event": awaited if event else None,
        "condition": rule_of(post),
        "timeout": {"amount": number_of(post, "amount", 7), "unit": text_of(post, "unit") or "DAYS"},
        "since": text_of(post, "since") or "ARRIVAL",
    }


def _condition(post: QueryDict, old: Mapping[str, Any]) -> Json:
    step = text_of(post, "message_step")
    return {
        "rule": rule_of(post),
        "where": where_of(post, old.get("where")),
        "message": {"step": step, "did": text_of(post, "message_did") or "OPENED"} if step else None,
    }


def _split(post: QueryDict, old: Mapping[str, Any]) -> Json:
    branches: list[Json] = []
    known = [str(one["id"]) for one in old.get("branches", [])]
    free = (letter for letter in "abcdefghij" if letter not in known)
    for number in range(10):
        name = text_of(post, f"branch{number}")
        if not name:
            continue
        branches.append(
            {
                "id": known[number] if number < len(known) else next(free),
                "name": name,
                "weight": number_of(post, f"weight{number}"),
                "isHoldout": f"holdout{number}" in post,
            }
        )
    winner = {
        "fewest": number_of(post, "fewest", 200),
        "certainty": number_of(post, "certainty", 95) / 100,
    }
    return {"branches": branches, "winner": winner if "winner" in post else None}


def _update(post: QueryDict, _: Mapping[str, Any]) -> Json:
    return {
        "addTags": _list(post, "addTags"),
        "removeTags": _list(post, "removeTags"),
        "stage": text_of(post, "stage") or None,
        "addTo": _chosen(post, "addTo"),
        "takeFrom": _chosen(post, "takeFrom"),
    }


def _webhook(post: QueryDict, _: Mapping[str, Any]) -> Json:
    kept = {}
    for line in prose_of(post, "save").splitlines():
        name, sign, path = (part.strip() for part in line.partition("="))
        if sign and name:
            kept[name] = path
    return {
        "url": text_of(post, "url"),
        "secret": text_of(post, "secret"),
        "body": prose_of(post, "body"),
        "retryForHours": number_of(post, "retryForHours", 4),
        "save": kept,
    }


def _notify(post: QueryDict, _: Mapping[str, Any]) -> Json:
    return {
        "title": text_of(post, "title"),
        "reason": text_of(post, "reason"),
        "owner": text_of(post, "owner"),
        "dueInDays": number_of(post, "dueInDays"),
    }


READERS: Final[Mapping[str, Any]] = {
    "SEND": _send,
    "WAIT": _wait,
    "WAIT_UNTIL": _wait_until,
    "CONDITION": _condition,
    "SPLIT": _split,
    "UPDATE": _update,
    "WEBHOOK": _webhook,
    "NOTIFY": _notify,
    "ENROL": lambda post, _: {"journey": text_of(post, "journey")},
    "EXIT": lambda post, _: {"reason": text_of(post, "reason")},
}


def trigger_of(post: QueryDict, old: Mapping[str, Any] | None = None) -> Json:
    """A trigger from its form."""
    old = old or {}
    kind = text_of(post, "kind")
    fields: Json = {"kind": kind, "rule": rule_of(post)}
    if kind == "EVENT":
        fields |= {
            "event": text_of(post, "event"),
            "where": where_of(post, old.get("where")),
            "key": text_of(post, "key") or None,
        }
    elif kind == "SEGMENT":
        fields |= {
            "segment": text_of(post, "segment"),
            "change": text_of(post, "change") or "JOINED",
            "includeMembers": "includeMembers" in post,
            "onMerge": "onMerge" in post,
        }
    elif kind == "SCORE":
        fields |= {
            "score": text_of(post, "score") or "CHURN",
            "direction": text_of(post, "direction") or "UP",
            "level": number_of(post, "level", 80),
            "rearm": number_of(post, "rearm", 70),
            "minGapDays": number_of(post, "minGapDays", 30),
        }
    elif kind == "DATE":
        field = text_of(post, "field")
        fields |= {
            "field": field,
            "offsetDays": offset_of(post, "offsetDays"),
            "at": text_of(post, "at") or "09:00",
            "yearly": field != "membershipExpiry" if not old else bool(old.get("yearly", True)),
            "leapDay": text_of(post, "leapDay") or "FEBRUARY_28",
        }
        if old and old.get("field") != field:
            fields["yearly"] = field != "membershipExpiry"
    elif kind == "SCHEDULE":
        fields |= {"cron": _cron(post), "segment": text_of(post, "segment")}
    return fields


PLAIN_CRON: Final = re.compile(r"^(?P<minute>\d+) (?P<hour>\d+) (?P<day>\*|\d+) \* (?P<weekday>\*|[1-7])$")


def schedule_shown(cron: str) -> Json:
    """How a form shows a schedule: every DAY, WEEK (`weekday`) or MONTH (`day`) `at` an hour; else CUSTOM."""
    plain = PLAIN_CRON.match(cron)
    found: Json = {"every": "CUSTOM", "at": "09:00", "weekday": "1", "day": "1", "cron": cron}
    if plain is None or (plain["day"] != "*" and plain["weekday"] != "*"):
        return found
    found["at"] = f"{int(plain['hour']):02}:{int(plain['minute']):02}"
    if plain["weekday"] != "*":
        return found | {"every": "WEEK", "weekday": plain["weekday"]}
    return found | ({"every": "DAY"} if plain["day"] == "*" else {"every": "MONTH", "day": plain["day"]})


def _cron(post: QueryDict) -> str:
    every = text_of(post, "every")
    if every not in ("DAY", "WEEK", "MONTH"):
        return text_of(post, "cron")
    hour, _, minute = (text_of(post, "scheduleAt") or "09:00").partition(":")
    if not (hour.isdecimal() and minute.isdecimal()):
        raise InvalidError("Write the hour as 09:00.", field="scheduleAt")
    day = number_of(post, "monthday", 1) if every == "MONTH" else "*"
    return f"{int(minute)} {int(hour)} {day} * {text_of(post, 'weekday') or '1' if every == 'WEEK' else '*'}"


def rules_of(post: QueryDict, raw: Mapping[str, Any]) -> Json:
    """Who may enter, what takes people out, the goal; what the form does not show stays as it is."""
    entry, goal = dict(raw.get("entry") or {}), dict(raw.get("goal") or {})
    entry |= {
        "policy": text_of(post, "policy") or "ONCE",
        "days": number_of(post, "days", 30) or 30,
        "maxEnrollments": number_of(post, "maxEnrollments") or None,
        "dailyCap": number_of(post, "dailyCap") or None,
        "holdoutPercent": number_of(post, "holdoutPercent"),
        "maxAgeHours": number_of(post, "maxAgeHours", entry.get("maxAgeHours", 24)),
    }
    event = text_of(post, "goal")
    if event != goal.get("event"):
        goal = {"event": event}
    if "windowDays" in post:
        goal["windowDays"] = number_of(post, "windowDays", 30)
    if "goalForm" in post:
        goal["sameKey"] = "goalSameKey" in post
    found: Json = {"entry": entry, "goal": goal if event else None, "exits": _exits(post, raw)}
    if "exitMode" in post:
        found |= {"exitMode": text_of(post, "exitMode"), "matching": rule_of(post)}
    if "timezone" in post:
        found["timezone"] = text_of(post, "timezone")
    return found


def _exits(post: QueryDict, raw: Mapping[str, Any]) -> list[Json]:
    before = list(raw.get("exits") or [])
    found = []
    for number in range(MOST_ROWS):
        chosen = text_of(post, f"exit{number}")
        if not chosen:
            continue
        old = before[number] if number < len(before) else {}
        made = _exit(chosen)
        kept = old if all(old.get(name) == value for name, value in made.items()) else {}
        row = {**kept, **made}
        if row["kind"] == "EVENT":
            row["sameKey"] = f"exitSameKey{number}" in post
        found.append(row)
    return found


def exit_value(one: Any) -> str:
    """How the form names an exit: `event:…`, `LEFT:segment`, `JOINED:segment`."""
    return f"event:{one.event}" if one.kind == "EVENT" else f"{one.change}:{one.segment}"


def _exit(value: str) -> Json:
    what, _, name = value.partition(":")
    if what == "event":
        return {"kind": "EVENT", "event": name}
    return {"kind": "SEGMENT", "change": what, "segment": name}
