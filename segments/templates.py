"""The segments that each new club finds ready."""

from typing import Any, Final

from segments.actions import list_segments
from segments.models import Segment
from segments.rules import parse
from tenants.models import Tenant

Leaf = dict[str, Any]


def _leaf(field: str, operator: str, value: Any = None) -> Leaf:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def _all(*rules: Leaf) -> Leaf:
    return {"combinator": "AND", "not": False, "rules": list(rules)}


_MEMBER: Final = _leaf("membershipStatus", "eq", "ACTIVE")
_TABLE: Final[tuple[tuple[str, str, str, Leaf], ...]] = (
    ("high-engagement", "High Engagement", "Engagement above 80.", _all(_leaf("engagementScore", "gt", 80))),
    ("at-risk", "At Risk", "Churn risk above 60.", _all(_leaf("churnRiskScore", "gt", 60))),
    (
        "disengaged",
        "Disengaged",
        "Engagement below 30, profile active.",
        _all(_leaf("engagementScore", "lt", 30), _leaf("status", "eq", "ACTIVE")),
    ),
    (
        "re-engagement",
        "Re-engagement",
        "Engagement from 30 to 50: still within reach.",
        _all(_leaf("engagementScore", "between", [30, 50])),
    ),
    (
        "new-customers",
        "New Customers",
        "Member since 30 days or less.",
        _all(_leaf("memberSince", "inLastDays", 30)),
    ),
    (
        "leads",
        "Leads to Nurture",
        "Leads and prospects who have not bought yet.",
        _all(_leaf("lifecycleStage", "in", ["LEAD", "PROSPECT"])),
    ),
    (
        "active-golfers",
        "Active Golfers",
        "Booked in the last 30 days.",
        _all(_leaf("lastBookingAt", "inLastDays", 30)),
    ),
    (
        "lapsed-golfers",
        "Lapsed Golfers",
        "No booking for more than 60 days.",
        _all(_leaf("lastBookingAt", "beforeDaysAgo", 60)),
    ),
    (
        "email-engaged",
        "Email Engaged",
        "Opened an e-mail in the last 14 days.",
        _all(_leaf("lastEmailOpenAt", "inLastDays", 14)),
    ),
    (
        "renewal-due",
        "Renewal Due",
        "Membership expires in the next 30 days.",
        _all(_leaf("membershipExpiry", "inNextDays", 30)),
    ),
    (
        "new-members",
        "New Members",
        "Active members who joined in the last 90 days.",
        _all(_MEMBER, _leaf("memberSince", "inLastDays", 90)),
    ),
    (
        "long-term",
        "Long-term Members",
        "Active members for more than five years.",
        _all(_MEMBER, _leaf("memberSince", "beforeDaysAgo", 1826)),
    ),
    ("birthday", "Birthday This Month", "Born in this month.", _all(_leaf("dateOfBirth", "inCurrentMonth"))),
    (
        "anniversary",
        "Membership Anniversary",
        "Joined on a day that comes back in the next 30 days.",
        _all(_MEMBER, _leaf("memberSince", "anniversaryInNextDays", 30)),
    ),
    ("low-handicap", "Low Handicap", "Handicap of 10 or less.", _all(_leaf("handicap", "lte", 10))),
)


def furnish(tenant: Tenant) -> None:
    """Make the templates in the open scope; those with a top tier once the club has named its tiers. Idempotent."""
    there = set(Segment.objects.filter(is_system=True).values_list("template", flat=True))
    names = {name.lower() for name in list_segments().values_list("name", flat=True)}
    made = [
        Segment(
            tenant_id=tenant.pk,
            name=name,
            description=description,
            criteria=parse(criteria).to_json(),
            is_system=True,
            template=key,
        )
        for key, name, description, criteria in (*_TABLE, *_of_tiers(tenant))
        if key not in there and name.lower() not in names
    ]
    Segment.objects.bulk_create(made)


def _of_tiers(tenant: Tenant) -> list[tuple[str, str, str, Leaf]]:
    if not tenant.tier_order:
        return []
    top = str(tenant.tier_order[0])
    return [
        (
            "upgrade",
            "Upgrade Candidates",
            f"Engagement above 70, in another tier than {top}.",
            _all(_leaf("engagementScore", "gt", 70), _leaf("membershipTier", "neq", top)),
        ),
        ("top-tier", f"{top} Members", f"Everybody in {top}.", _all(_leaf("membershipTier", "eq", top))),
    ]
