"""What each role may do, as one table; the API asks scopes, the back office asks this."""

from enum import StrEnum
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from tenants.actors import current_actor
from tenants.models import Membership, Role, Tenant, User


class Right(StrEnum):
    """A group of acts that are allowed together."""

    VIEW_PROFILES = "VIEW_PROFILES"
    ADD_NOTES = "ADD_NOTES"
    CORRECT = "CORRECT"  # contact data, new people, who is whom: the desk meets people
    SEE_MONEY = "SEE_MONEY"  # payments, values, complaints
    EDIT = "EDIT"  # members, segments, campaigns, journeys; merge, export
    ADMINISTER = "ADMINISTER"  # delete records; users, settings, social accounts, privacy


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.MARKETING_MANAGER: frozenset(Right) - {Right.ADMINISTER},
    Role.STAFF: frozenset({Right.VIEW_PROFILES, Right.ADD_NOTES, Right.CORRECT}),
    Role.VIEWER: frozenset({Right.VIEW_PROFILES}),
}


# What each may do, as an admin reads it who chooses one; `docs/back-office.md` has the table.
IN_WORDS: Final[dict[Role, str]] = {
    Role.VIEWER: "looks at people, lists and plans; sees no money and changes nothing",
    Role.STAFF: "the desk: also writes notes and tasks, corrects contact data, adds people, decides who is whom",
    Role.MARKETING_MANAGER: "also sees money, imports and exports, merges; segments, campaigns, journeys, posts",
    Role.ADMIN: "everything, also colleagues, keys, settings and privacy",
}


# In a club's settings: whether its staff see money too.
STAFF_SEE_MONEY: Final = "staffSeeMoney"


def may(role: Role | None, right: Right, club: Tenant | None = None) -> bool:
    """Whether the role includes the right, in this club; None (no membership) includes nothing."""
    if role is Role.STAFF and right is Right.SEE_MONEY:
        return club is not None and bool(club.settings.get(STAFF_SEE_MONEY))
    return role is not None and right in RIGHTS[role]


def actor_may(right: Right, club: Tenant) -> bool:
    """Whether whoever acts now has the right in the club; services and programs are held by their scopes alone."""
    user = current_actor().user
    return user is None or may(role_of(user, club), right, club)


def role_of(user: User | AnonymousUser, tenant: Tenant) -> Role | None:
    """The user's role in the tenant; superusers are admins everywhere, strangers and the inactive nothing."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMIN
    role = Membership.objects.filter(user_id=user.pk, tenant=tenant).values_list("role", flat=True).first()
    return Role(role) if role else None


def tenants_of(user: User | AnonymousUser) -> QuerySet[Tenant]:
    """The active tenants that the user may enter, by name."""
    if not user.is_active:
        return Tenant.objects.none()
    tenants = Tenant.objects.filter(is_active=True).order_by("name", "id")
    return tenants if user.is_superuser else tenants.filter(memberships__user_id=user.pk)
