"""Whom a plan writes to: the event's own rules, and what the club narrows them to. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from segments.fields import MEMBERSHIP_STATUSES
from social.models import Promotion
from social.promoting.planning import band_of

IN: Final = "COMPETITION_ENTERED"
TIERS, STATUSES = "membershipTiers", "membershipStatuses"
# What is chosen, and the field of a rule that it narrows.
FIELDS: Final = {TIERS: "membershipTier", STATUSES: "membershipStatus"}
MOST: Final = 50
LONGEST: Final = 200


def checked(value: Any) -> dict[str, list[str]]:
    """A choice of memberships as it is stored, without what narrows nothing; raises ValueError in words."""
    if not isinstance(value, Mapping) or not set(value) <= set(FIELDS):
        raise ValueError(f"Write an object of {' and '.join(FIELDS)}, each a list.")
    found = {}
    for name, chosen in value.items():
        if not isinstance(chosen, list) or not all(isinstance(one, str) and one.strip() for one in chosen):
            raise ValueError(f"{name} is a list of texts.")
        if len(chosen) > MOST or any(len(one) > LONGEST or "\x00" in one for one in chosen):
            raise ValueError(f"{name} has at most {MOST} values of at most {LONGEST} characters.")
        if chosen:
            found[name] = list(dict.fromkeys(one.strip() for one in chosen))
    unknown = set(found.get(STATUSES, ())) - set(MEMBERSHIP_STATUSES)
    if unknown:
        raise ValueError(f"A membership is one of {', '.join(MEMBERSHIP_STATUSES)}.")
    return found


def rule_of(promotion: Promotion) -> dict[str, Any]:
    """Who may still enter. Who once entered is not invited again, even after a withdrawal."""
    entered = {"types": [IN], "where": {"competitionId": promotion.source_id}}
    rules: list[dict[str, Any]] = [{"event": {**entered, "never": True}}]
    low, high = band_of(promotion)
    if low is not None and high is not None:
        rules.append({"field": "handicap", "operator": "between", "value": [low / 10, high / 10]})
    gender = promotion.facts.get("gender")
    if isinstance(gender, str) and gender:
        rules.append({"field": "gender", "operator": "eq", "value": gender})
    for name, field in FIELDS.items():
        if promotion.audience.get(name):
            rules.append({"field": field, "operator": "in", "value": promotion.audience[name]})
    return {"combinator": "AND", "rules": rules}
