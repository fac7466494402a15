"""The list of customers: filters, search, and pages that continue where the last one ended, never counting all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from profiles.customer_filters import LONGEST_VALUE, apply_brought, brought_filters, options_of
from profiles.golden import CONSENT_COLUMNS
from profiles.models import CustomerProfile, LifecycleStage, ProfileStatus
from profiles.reading import UNLISTED
from profiles.search.finding import in_order, search_profiles
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.errors import NotFoundError
from tenants.models import Tenant

PAGE: Final = 50
MOST_FOUND: Final = 100
NO_TIER: Final = "-"
OPT_INS: Final = {
    "email": ("E-mail", "email_opt_in"),
    "sms": ("SMS", "sms_opt_in"),
    "push": ("Push", "push_opt_in"),
    "whatsapp": ("WhatsApp", "whatsapp_opt_in"),
}
MEMBERSHIP_STATUSES: Final = ("ACTIVE", "PENDING", "SUSPENDED", "LAPSED", "CANCELLED", "EXPIRED")
SHOWN: Final = (
    "id",
    "tenant_id",
    "status",
    "merged_into_id",
    "created_at",
    "email",
    "phone_number",
    "scl_member_id",
    "first_name",
    "last_name",
    "display_name",
    "lifecycle_stage",
    "lifetime_value_cents",
    "last_activity_at",
    "membership_tier",
    "membership_status",
    *CONSENT_COLUMNS.values(),
)


@dataclass(frozen=True, slots=True)
class ListChoice:
    """The filters of the list; empty means everybody but merged and deleted profiles."""

    status: str = ""
    stage: str = ""
    tier: str = ""
    membership: str = ""
    opt_in: str = ""
    text: str = ""
    brought: Mapping[str, str] = field(default_factory=dict)

    @property
    def filters(self) -> dict[str, str]:
        """The set filters by their parameter; the text is personal data and never part of an address."""
        pairs = {
            "status": self.status,
            "stage": self.stage,
            "tier": self.tier,
            "membership": self.membership,
            "opt_in": self.opt_in,
        }
        return {name: value for name, value in {**pairs, **self.brought}.items() if value}


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Some customers, and the query string of the next page (empty: there is none)."""

    customers: list[CustomerProfile]
    next_query: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A drop-down of the form."""

    name: str
    label: str
    chosen: str
    options: list[tuple[str, str]] = field(default_factory=list)


def choice_from(query: QueryDict, text: str = "") -> ListChoice:
    """The filters of a query string; values that do not exist filter nothing."""
    return ListChoice(
        status=_known(query.get("status"), ProfileStatus.values),
        stage=_known(query.get("stage"), LifecycleStage.values),
        tier=query.get("tier", "").replace("\x00", "")[:200],
        membership=_known(query.get("membership"), MEMBERSHIP_STATUSES),
        opt_in=_known(query.get("opt_in"), OPT_INS),
        text=text.replace("\x00", "").strip()[:200],
        brought={name: _clean(query.get(name, "")) for name in brought_filters() if query.get(name)},
    )


def filters_of(choice: ListChoice, tenant: Tenant) -> list[Filter]:
    """The form's drop-downs."""
    tiers = list(
        dict.fromkeys([*tenant.tier_order, *([choice.tier] if choice.tier not in ("", NO_TIER) else [])])
    )
    return [
        Filter(
            "membership",
            "Membership",
            choice.membership,
            [(each, each.capitalize()) for each in MEMBERSHIP_STATUSES],
        ),
        Filter("tier", "Tier", choice.tier, [*((tier, tier) for tier in tiers), (NO_TIER, "No tier")]),
        Filter(
            "stage", "Stage", choice.stage, [(value, str(label)) for value, label in LifecycleStage.choices]
        ),
        Filter(
            "opt_in", "May contact by", choice.opt_in, [(key, label) for key, (label, _) in OPT_INS.items()]
        ),
        Filter(
            "status",
            "Profile",
            choice.status,
            [(value, str(label)) for value, label in ProfileStatus.choices],
        ),
        *_brought_drop_downs(choice),
    ]


def _brought_drop_downs(choice: ListChoice) -> list[Filter]:
    """What other apps offer; a value that its drop-down does not know stays chosen, so that the list says so."""
    drop_downs = []
    for name, declared in brought_filters().items():
        chosen, options = choice.brought.get(name, ""), options_of(declared)
        if chosen and chosen not in dict(options):
            options = [*options, (chosen, "As in the address")]
        if options:
            drop_downs.append(Filter(name, declared.label or declared.description, chosen, options))
    return drop_downs


def read_page(choice: ListChoice, cursor: str = "") -> CustomerPage:
    """A page, newest customers first; a search gives the best MOST_FOUND instead. One query, or two for a search.

    Raises InvalidParameterError for a cursor that is not ours.
    """
    rows = customers_of(choice).only(*SHOWN)
    if choice.text:
        return _search(rows, choice.text)
    rows = rows.order_by("-created_at", "-id")
    if cursor:
        created_at, last_id = decode_cursor(cursor, (datetime, UUID))
        rows = rows.filter(
            Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=last_id),
            created_at__lte=created_at,
        )
    found = list(rows[: PAGE + 1])
    if len(found) <= PAGE:
        return CustomerPage(found)
    found = found[:PAGE]
    place = encode_cursor(found[-1].created_at, found[-1].pk)
    return CustomerPage(found, urlencode({**choice.filters, "cursor": place}))


def customers_of(choice: ListChoice) -> QuerySet[CustomerProfile]:
    """Whom the drop-downs leave, in no order; the text is left to the search."""
    customers: QuerySet[CustomerProfile] = CustomerProfile.objects.filter(_conditions(choice))
    try:
        return apply_brought(customers, choice.brought)
    except (InvalidParameterError, NotFoundError):
        # Nobody rather than everybody: somebody may be about to act on all who are listed.
        return customers.none()


def has_any_customer() -> bool:
    """Whether the club has a single profile yet."""
    exists: bool = CustomerProfile.objects.exists()
    return exists


def _search(rows: QuerySet[CustomerProfile], text: str) -> CustomerPage:
    ids = search_profiles(text, most=MOST_FOUND)
    places = in_order(ids)
    found = sorted(rows.filter(pk__in=ids), key=lambda profile: places[profile.pk]) if ids else []
    return CustomerPage(found, is_cut=len(ids) == MOST_FOUND)


def _conditions(choice: ListChoice) -> Q:
    conditions = Q(status=choice.status) if choice.status else ~Q(status__in=UNLISTED)
    if choice.stage:
        conditions &= Q(lifecycle_stage=choice.stage)
    if choice.tier:
        conditions &= Q(membership_tier="" if choice.tier == NO_TIER else choice.tier)
    if choice.membership:
        conditions &= Q(membership_status=choice.membership)
    if choice.opt_in:
        conditions &= Q(**{OPT_INS[choice.opt_in][1]: True})
    return conditions


def _clean(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST_VALUE]


def _known(value: str | None, values: Mapping[str, Any] | Any) -> str:
    return value if value is not None and value in values else ""
