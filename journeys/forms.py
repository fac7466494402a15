"""Reading the builder's forms into JSON of steps and triggers; the definition's own parser has the last word."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from tenants.errors import InvalidError

Json = dict[str, Any]


def _text(post: Mapping[str, str], name: str) -> str:
    return str(post.get(name, "")).strip()


def _number(post: Mapping[str, str], name: str, default: int = 0) -> int:
    text = _text(post, name)
    try:
        return int(text) if text else default
    except ValueError:
        raise InvalidError("Write a whole number.", field=name) from None


def _list(post: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in _text(post, name).split(",") if part.strip()]


def rule_of(post: Mapping[str, str], prefix: str = "rule") -> Any:
    """A rule from up to three rows, all of which must hold; or the tree that was typed. None: no condition."""
    typed = _text(post, f"{prefix}_json")
    if typed:
        try:
            return orjson.loads(typed)
        except orjson.JSONDecodeError:
            raise InvalidError("This is not JSON.", field=f"{prefix}_json") from None
    rules = []
    for number in range(3):
        field = _text(post, f"{prefix}_field{number}")
        if not field:
            continue
        operator = _text(post, f"{prefix}_operator{number}") or "eq"
        leaf: Json = {"field": field, "operator": operator}
        if operator not in ("isNull", "isNotNull", "inCurrentMonth"):
            value = _text(post, f"{prefix}_value{number}")
            leaf["value"] = _value(value, operator)
        rules.append(leaf)
    return {"combinator": "AND", "rules": rules} if rules else None


LISTS: Final = ("in", "notIn", "containsAny", "containsAll", "between")


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


def where_of(post: Mapping[str, str]) -> list[Json]:
    """At most one condition on what the event brought."""
    path = _text(post, "where_path")
    if not path:
        return []
    return [
        {
            "path": path,
            "operator": _text(post, "where_operator") or "eq",
            "value": _scalar(_text(post, "where_value")),
        }
    ]


def step_of(kind: str, post: Mapping[str, str], channels: list[str]) -> Json:
    """The particulars of a step."""
    fields: Json = {"name": _text(post, "name")}
    more: Json = READERS[kind](post, channels) if kind in READERS else {}
    return fields | more


def _send(post: Mapping[str, str], channels: list[str]) -> Json:
    return {
        "channels": channels or ["EMAIL"],
        "template": _text(post, "template"),
        "subject": _text(post, "subject"),
        "text": str(post.get("text", "")),
        "messageClass": _text(post, "messageClass") or "MARKETING",
        "onQuiet": _text(post, "onQuiet") or "DEFER",
        "onCap": _text(post, "onCap") or "SKIP",
        "expiresAfterHours": _number(post, "expiresAfterHours", 24),
    }


def _wait(post: Mapping[str, str], _: list[str]) -> Json:
    mode = _text(post, "mode")
    if mode == "TIME":
        days = [int(day) for day in _list(post, "weekdays") if day.isdecimal()]
        return {"until": {"mode": "TIME", "at": _text(post, "at") or "09:00", "weekdays": days}}
    if mode == "DATE":
        until: Json = {
            "mode": "DATE",
            "field": _text(post, "field"),
            "offset": _number(post, "offset"),
            "unit": _text(post, "dateUnit") or "DAYS",
            "at": _text(post, "dateAt") or None,
            "ifPast": _text(post, "ifPast") or "SKIP_TO_NEXT_WAIT",
        }
        return {"until": until}
    return {
        "until": {
            "mode": "DURATION",
            "amount": _number(post, "amount", 1),
            "unit": _text(post, "unit") or "DAYS",
        }
    }


def _wait_until(post: Mapping[str, str], _: list[str]) -> Json:
    event = _text(post, "event")
    return {
        "event": {"event": event, "where": where_of(post), "sameKey": "sameKey" in post} if event else None,
        "condition": rule_of(post),
        "timeout": {"amount": _number(post, "amount", 7), "unit": _text(post, "unit") or "DAYS"},
        "since": _text(post, "since") or "ARRIVAL",
    }


def _condition(post: Mapping[str, str], _: list[str]) -> Json:
    step = _text(post, "message_step")
    return {
        "rule": rule_of(post),
        "where": where_of(post),
        "message": {"step": step, "did": _text(post, "message_did") or "OPENED"} if step else None,
    }


def _split(post: Mapping[str, str], _: list[str]) -> Json:
    branches = []
    for number, branch in enumerate("abcd"):
        name = _text(post, f"branch{number}")
        if name:
            branches.append(
                {
                    "id": branch,
                    "name": name,
                    "weight": _number(post, f"weight{number}"),
                    "isHoldout": f"holdout{number}" in post,
                }
            )
    return {"branches": branches}


def _update(post: Mapping[str, str], _: list[str]) -> Json:
    return {
        "addTags": _list(post, "addTags"),
        "removeTags": _list(post, "removeTags"),
        "stage": _text(post, "stage") or None,
        "addTo": _list(post, "addTo"),
        "takeFrom": _list(post, "takeFrom"),
    }


def _webhook(post: Mapping[str, str], _: list[str]) -> Json:
    return {"url": _text(post, "url"), "secret": _text(post, "secret"), "body": str(post.get("body", ""))}


def _notify(post: Mapping[str, str], _: list[str]) -> Json:
    return {
        "title": _text(post, "title"),
        "reason": _text(post, "reason"),
        "owner": _text(post, "owner"),
        "dueInDays": _number(post, "dueInDays"),
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
    "ENROL": lambda post, _: {"journey": _text(post, "journey")},
    "EXIT": lambda post, _: {"reason": _text(post, "reason")},
}


def trigger_of(post: Mapping[str, str]) -> Json:
    """A trigger from its form."""
    kind = _text(post, "kind")
    fields: Json = {"kind": kind, "rule": rule_of(post)}
    if kind == "EVENT":
        return fields | {
            "event": _text(post, "event"),
            "where": where_of(post),
            "key": _text(post, "key") or None,
        }
    if kind == "SEGMENT":
        return fields | {"segment": _text(post, "segment"), "change": _text(post, "change") or "JOINED",
                         "includeMembers": "includeMembers" in post}  # fmt: skip
    if kind == "SCORE":
        return fields | {
            "score": _text(post, "score") or "CHURN",
            "direction": _text(post, "direction") or "UP",
            "level": _number(post, "level", 80),
            "rearm": _number(post, "rearm", 70),
        }
    if kind == "DATE":
        return fields | {
            "field": _text(post, "field"),
            "offsetDays": _number(post, "offsetDays"),
            "at": _text(post, "at") or "09:00",
            "yearly": _text(post, "field") != "membershipExpiry",
        }
    if kind == "SCHEDULE":
        return fields | {"cron": _text(post, "cron"), "segment": _text(post, "segment")}
    return fields
