"""The list of customers: filters, search, and pages that continue where the last one ended, both ways, in any order."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from profiles.admin.list_columns import COLUMNS, MONEY_COLUMNS, Column, sort_of
from profiles.customer_filters import LONGEST_VALUE, apply_brought, brought_filters, options_of
from profiles.customer_filters import without_money as filters_without_money
from profiles.models import CustomerProfile, LifecycleStage, ProfileStatus
from profiles.models.profile import ANYBODY
from profiles.search.finding import in_order, search_profiles
from profiles.vocabulary import UNLISTED
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.errors import InvalidParameterError
from tenants.errors import InvalidError, NotFoundError
from tenants.expiring_cache import ExpiringCache
from tenants.models import Tenant
from tenants.postgresql.everybody import by_pages
from tenants.scope import current_tenant_id

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
SORTS: Final = [f"{sign}{name}" for name, column in COLUMNS.items() if column.sort for sign in ("", "-")]
# Bits of a cursor: the row there has no value; it is read backwards from there.
UNKNOWN, BACK = 1, 2
SLOW_COUNT_SECONDS: Final = 0.1
KEPT_TIMES: Final = 60
_totals: ExpiringCache[tuple[UUID, str], int] = ExpiringCache(max_entries=2_000)


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
    sort: str = ""
    columns: str = ""
    view: str = ""

    @property
    def address(self) -> dict[str, str]:
        """What stands in the list's address: filters, order, columns, the view it came from."""
        more = {"sort": self.sort, "columns": self.columns, "view": self.view}
        return {**self.filters, **{name: value for name, value in more.items() if value}}

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
    """Some customers, and the query strings of the pages around (empty: there is none)."""

    customers: list[CustomerProfile]
    next_query: str = ""
    previous_query: str = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A drop-down of the form; without options it only keeps what was chosen elsewhere."""

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
        sort=_known(query.get("sort"), SORTS),
        columns=query.get("columns", "").replace("\x00", "")[:500],
        view=query.get("view", "").replace("\x00", "")[:40],
    )


def without_money(choice: ListChoice) -> ListChoice:
    """The choice without what sorts or filters by payments, values or complaints: the order would tell them."""
    is_by_money = choice.sort.removeprefix("-") in MONEY_COLUMNS
    return replace(
        choice, sort="" if is_by_money else choice.sort, brought=filters_without_money(choice.brought)
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
        if options and chosen and chosen not in dict(options):
            options = [*options, (chosen, "Another one")]
        if options or chosen:
            drop_downs.append(Filter(name, declared.label or declared.description, chosen, options))
    return drop_downs


def read_page(choice: ListChoice, after: str = "", before: str = "") -> CustomerPage:
    """A page in the order chosen; a search gives the best MOST_FOUND instead. Two queries.

    Raises InvalidParameterError for a cursor that is not ours.
    """
    if choice.text:
        return _search(customers_of(choice), choice.text)
    column, is_falling = sort_of(choice.sort)
    rows: QuerySet[Any] = customers_of(choice).annotate(sort_value=column.sort)
    if after or before:
        rows = rows.filter(_beyond(column, after or before, is_falling=is_falling is not bool(before)))
    order = _order(column, is_falling=is_falling is not bool(before), is_back=bool(before))
    found = _read_whole(rows.order_by(*order)[: PAGE + 1], column, order)
    is_more = len(found) > PAGE
    found = found[:PAGE]
    if before:
        found.reverse()
    has_next, has_previous = (bool(found), is_more) if before else (is_more, bool(after and found))
    return CustomerPage(
        found,
        _query(choice, "cursor", found[-1]) if has_next else "",
        _query(choice, "before", found[0]) if has_previous else "",
    )


def _read_whole(page: QuerySet[Any], column: Column, order: list[Any]) -> list[Any]:
    """The profiles of a page. Whoever is sorted on the way there is carried as a key, not as a whole wide row.

    Two statements: a rule is SQL that names its table, so that inside another statement it would mean that one's. Where
    no index has the order, everybody who fits is read and sorted.
    """
    with nullcontext() if column.has_index else by_pages():
        keys = list(page.values_list("pk", flat=True))
    rows: QuerySet[Any] = CustomerProfile.objects.filter(pk__in=keys)
    return list(rows.defer("external_ids").annotate(sort_value=column.sort).order_by(*order))


def _order(column: Column, *, is_falling: bool, is_back: bool) -> list[Any]:
    """Unknown values stand at the end, on the way back at the beginning."""
    value, key = F("sort_value"), F("pk")
    unknown: dict[str, bool] = {}
    if column.may_be_unknown:
        unknown = {"nulls_first": True} if is_back else {"nulls_last": True}
    if is_falling:
        return [value.desc(**unknown), key.desc()]
    return [value.asc(**unknown), key.asc()]


def _beyond(column: Column, cursor: str, *, is_falling: bool) -> Q:
    """Those past the place, in the direction in which the page is read."""
    is_back_from, text, last_id = decode_cursor(cursor, (int, str, UUID))
    operator = "lt" if is_falling else "gt"
    further = Q(**{f"pk__{operator}": last_id})
    if is_back_from & UNKNOWN:
        same = Q(sort_value__isnull=True) & further
        return same | Q(sort_value__isnull=False) if is_back_from & BACK else same
    value = _place(column, text)
    past = Q(**{f"sort_value__{operator}": value}) | (Q(sort_value=value) & further)
    if not column.may_be_unknown:
        # Says nothing new, but alone reaches the index.
        return Q(**{f"sort_value__{operator}e": value}) & past
    return past if is_back_from & BACK else past | Q(sort_value__isnull=True)


def _place(column: Column, text: str) -> Any:
    try:
        if column.kind == "moment":
            return datetime.fromisoformat(text)
        if column.kind == "date":
            return date.fromisoformat(text)
        return column.reads(text)
    except ValueError as error:
        raise InvalidParameterError("cursor", "This place in the list is not one of ours.") from error


def _query(choice: ListChoice, name: str, row: Any) -> str:
    value = row.sort_value
    flags = (UNKNOWN if value is None else 0) | (BACK if name == "before" else 0)
    text = "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
    return urlencode({**choice.address, name: encode_cursor(flags, text, row.pk)})


def total_of(choice: ListChoice) -> int:
    """How many the filters leave. A count that took long is kept a while, so that paging does not wait for it."""
    key = (current_tenant_id(), urlencode(sorted(choice.filters.items())))
    kept = _totals.get(key)
    if kept is not None:
        return kept
    started = monotonic()
    total = count_of(choice)
    took = monotonic() - started
    if took > SLOW_COUNT_SECONDS:
        _totals.put(key, total, seconds=took * KEPT_TIMES)
    return total


def count_of(choice: ListChoice) -> int:
    """How many the filters leave, counted now."""
    with by_pages():
        count: int = customers_of(choice).count()
    return count


def customers_of(choice: ListChoice) -> QuerySet[CustomerProfile]:
    """Whom the drop-downs leave, in no order; the text is left to the search."""
    customers: QuerySet[CustomerProfile] = CustomerProfile.objects.filter(_conditions(choice))
    try:
        return apply_brought(customers, choice.brought)
    except (InvalidParameterError, InvalidError, NotFoundError):
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
    conditions &= Q(created_at__gte=ANYBODY)
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
