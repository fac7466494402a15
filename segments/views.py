"""Saved views of the customer list: those that each club finds ready, saving, taking away."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from profiles.customer_filters import without_money
from profiles.discretion import check_sees_money
from segments.discretion import parse_asked
from segments.models import SavedView
from tenants.errors import InvalidError
from tenants.models import Tenant, User
from tenants.scope import current_tenant_id

LONGEST_NAME: Final = 60
MOST_OWN: Final = 50
Tree = dict[str, Any]


def leaf(field: str, operator: str, value: Any = None) -> Tree:
    """A rule's leaf."""
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


def all_of(*rules: Tree) -> Tree:
    """A group of which all must be true."""
    return {"combinator": "AND", "not": False, "rules": list(rules)}


MEMBER: Final = leaf("membershipStatus", "eq", "ACTIVE")
MEMBERS: Final = all_of(MEMBER)
RENEWALS: Final = all_of(MEMBER, leaf("membershipExpiry", "inNextDays", 60))
NOT_PLAYED: Final = all_of(MEMBER, leaf("lastBookingAt", "beforeDaysAgo", 60))
BIRTHDAYS: Final = all_of(leaf("dateOfBirth", "anniversaryInNextDays", 7))
NEW: Final = all_of(leaf("memberSince", "inCurrentMonth"))
SLIPPING_FROM: Final = 60
SLIPPING: Final = all_of(leaf("churnRiskScore", "gte", SLIPPING_FROM))
_READY: Final[tuple[tuple[str, Tree, str, tuple[str, ...]], ...]] = (
    (
        "Members",
        MEMBERS,
        "name",
        ("name", "membershipTier", "memberSince", "membershipExpiry", "handicap", "optIns"),
    ),
    (
        "Renewals in 60 days",
        RENEWALS,
        "membershipExpiry",
        ("name", "membershipTier", "membershipExpiry", "lastActivityAt", "lifetimeValue", "phoneNumber"),
    ),
    (
        "Not played for 60 days",
        NOT_PLAYED,
        "lastBookingAt",
        ("name", "membershipTier", "lastBookingAt", "churnRiskScore", "lifetimeValue", "optIns"),
    ),
    (
        "Birthdays this week",
        BIRTHDAYS,
        "name",
        ("name", "dateOfBirth", "membershipTier", "phoneNumber", "optIns"),
    ),
    (
        "New this month",
        NEW,
        "-memberSince",
        ("name", "memberSince", "membershipTier", "lastBookingAt", "optIns"),
    ),
    (
        "Slipping away by value",
        SLIPPING,
        "-lifetimeValue",
        ("name", "lifetimeValue", "churnRiskScore", "lastActivityAt", "membershipExpiry", "phoneNumber"),
    ),
)


def furnish(tenant: Tenant) -> None:
    """The ready views of a new club."""
    SavedView.objects.bulk_create(
        [
            SavedView(tenant=tenant, name=name, rule=rule, sort=sort, columns=list(columns), place=place)
            for place, (name, rule, sort, columns) in enumerate(_READY)
        ],
        ignore_conflicts=True,
    )


def views_for(user: User) -> QuerySet[SavedView]:
    """What somebody sees: the shared ones, then their own."""
    seen: QuerySet[SavedView] = SavedView.objects.filter(Q(owner=None) | Q(owner=user))
    return seen.order_by("place", "name")


def query_of(view: SavedView) -> str:
    """The query string of the list that shows the view."""
    return urlencode(
        {
            **view.filters,
            **({"rule": orjson.dumps(view.rule).decode()} if view.rule else {}),
            **({"sort": view.sort} if view.sort else {}),
            **({"columns": ",".join(view.columns)} if view.columns else {}),
            "view": str(view.pk),
        }
    )


def rule_address(tree: Tree, sort: str = "") -> dict[str, str]:
    """The parameters of the list that shows whom a rule means."""
    return {"rule": orjson.dumps(tree).decode(), **({"sort": sort} if sort else {})}


def rule_query(tree: Tree, sort: str = "") -> str:
    """The same as a query string."""
    return urlencode(rule_address(tree, sort))


def save_view(
    user: User, name: str, address: Mapping[str, str], columns: Sequence[str], *, is_shared: bool
) -> SavedView:
    """Keep what the list shows under a name that no other view of the owner has.

    Raises InvalidError, InvalidRule, MoneyHidden.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise InvalidError(f"Give a name of 1 to {LONGEST_NAME} characters.", field="name")
    owner = None if is_shared else user
    if SavedView.objects.filter(owner=owner).count() >= MOST_OWN:
        raise InvalidError(f"There are {MOST_OWN} views already: delete one first.", field="name")
    filters = dict(address)
    if without_money(filters) != filters:
        check_sees_money()
    rule = filters.pop("rule", "")
    view = SavedView(
        tenant_id=current_tenant_id(),
        name=name,
        owner=owner,
        rule=parse_asked(rule).to_json() if rule else None,
        sort=filters.pop("sort", ""),
        filters={key: value for key, value in filters.items() if key not in ("view", "columns")},
        columns=list(columns),
    )
    try:
        with transaction.atomic():
            view.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidError(f"There is a view “{name}” already.", field="name") from error
    return view


def delete_view(user: User, view_id: UUID, *, may_delete_shared: bool) -> bool:
    """Take a view away: one's own, or a shared one by who may; returns whether there was such a one."""
    mine = Q(owner=user) | (Q(owner=None) if may_delete_shared else Q(pk=None))
    count, _ = SavedView.objects.filter(mine, pk=view_id).delete()
    return count > 0
