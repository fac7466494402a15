"""The seam of the house: what an app brings, said once, in its `extension.py` as `EXTENSION`.

A declaration is frozen data. Code is named by dotted path (`"segments.log_consumer.handle"`) and models by label
(`"segments.Membership"`), so that settings can read every declaration before Django loads a model, and no app has to
import what stands above it. System check crm.E020 resolves each name. The roof composes routes, GraphQL, navigation,
schedule and programs from the declarations; merging, erasure, copies, import undo and retention walk over the tables.
`declarations` finds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

# --- Tables ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stay:
    """On merge: rows keep the profile that they name."""


@dataclass(frozen=True, slots=True)
class Move:
    """On merge: rows follow to the survivor, and an unmerge brings them back.

    The table needs `origin_profile_id`, the profile with which a row was born. `unique` names the columns that are
    unique per person among the rows to which the condition `among` applies (`{row}` is the alias): where the
    survivor has such a row already, the moved one stays behind, until an unmerge gives its owner back.
    """

    unique: tuple[str, ...] = ()
    among: str = "true"


@dataclass(frozen=True, slots=True)
class MergeBy:
    """On merge and unmerge: `call(cursor, tenant_id)` inside the transaction, under the identity lock.

    The temporary table `merge_member` (profile_id, old_id, new_id, is_alone) says who belonged to whom before and
    does now. The call must give the same result whatever happened before it (it is asked at each merge and unmerge).
    All tables that `Move` have moved by then.
    """

    call: str


OnMerge = Stay | Move | MergeBy


class OnUndo(StrEnum):
    """What a row means for a customer whom only an import made, when that import is taken back."""

    KEEPS_PERSON = "KEEPS_PERSON"  # somebody built on the customer: the customer stays
    GOES_ALONG = "GOES_ALONG"  # derived by the platform: deleted with the customer
    NOTHING = "NOTHING"  # says nothing about it, and refers to nobody by foreign key


DELETED: Final = "deleted"
ANONYMISED: Final = "anonymised"
BLANKED: Final = "blanked"
OF_PERSON: Final = "profile_id = ANY(%(ids)s)"


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of an erasure; the rows it touches are counted under `act`.

    Parameters: `%(tenant)s`, `%(ids)s` (the erased profiles), `%(keys)s` (the ids by which services know them, as
    `kind:value`), `%(mentioned)s` (the ids of the table's rows whose `Texts` mention the person), `%(nobody)s` (the
    profile of anonymous payments). No name and no address: a statement that fails stands in PostgreSQL's log.
    """

    act: str
    statement: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of a table in which somebody may be mentioned whom the row does not name by a foreign key.

    `text`: SQL expressions over the alias `row`; JSON as text is read as JSON, all else as words. `person`: an
    expression for the id of a profile that the row is about without being erased by it. `among`: the condition of rows
    with such texts. `redacted`: columns in which an erasure replaces the mention; the table's steps see to the rest.

    Where the table's key is a number that grows, `is_indexed`: the words are found by an index that a background task
    makes (docs/privacy.md), so texts must not change once `at_rest`, a condition on the tenant, applies. Rows to which
    `changing` applies are read each time; give them a partial index. `by_surname`, `by_id`: that alone is a mention.
    """

    text: tuple[str, ...]
    person: str = "NULL::uuid"
    among: str = "true"
    at_rest: str = "true"
    changing: str = "false"
    redacted: tuple[str, ...] = ()
    is_indexed: bool = True
    by_surname: bool = False
    by_id: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a tenant: which columns may hold personal data, and what becomes of rows about a person.

    `personal` and `plain` together name every column but id and tenant (tested). `words`: as people call the rows.
    `erase` runs at an erasure; `elsewhere` says who handles personal columns that no step of it touches. `mine`: the
    condition of rows of a copy for the person (None: in no copy). `texts` may mention people. `merge` and `undo`
    count where rows are about a person (columns `person`); an undo only where `counts` applies (alias `{row}`).
    """

    model: str
    personal: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    erase: tuple[Step, ...] = ()
    mine: str | None = None
    elsewhere: str = ""
    texts: Texts | None = None
    merge: OnMerge = field(default_factory=Stay)
    undo: OnUndo = OnUndo.NOTHING
    person: tuple[str, ...] = ("profile_id",)
    counts: str = "true"
    words: str = ""


def columns(text: str) -> tuple[str, ...]:
    """Column names, separated by spaces."""
    return tuple(text.split())


def written(names: str, *, is_redacted: bool = True) -> Texts:
    """Texts, lists and JSON documents that staff, files or other services wrote, in which anybody may be named.

    For tables that an erasure reads whole, to take the person out; `is_redacted=False`: it only finds the rows.
    """
    found = columns(names)
    redacted = found if is_redacted else ()
    return Texts(tuple(f"row.{name}::text" for name in found), redacted=redacted, is_indexed=False)


def delete(table: str, condition: str = OF_PERSON) -> tuple[Step, ...]:
    """The step that deletes the rows to which the condition applies."""
    return (Step(DELETED, f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {condition}"),)


@dataclass(frozen=True, slots=True)
class Period:
    """How long one kind of data is kept: its name in the club's settings, the default in days (None: for ever).

    `past` selects the ids of rows past it (`%(tenant)s`, `%(before)s`), `end` ends a chunk of them. `is_owners`: not as
    the tenant. `keeps_rows`: they only lose content, and all old ones are walked over by id (`%(after)s`).
    """

    name: str
    label: str
    explained: str
    default_days: int | None
    past: str
    end: str
    is_owners: bool = False
    keeps_rows: bool = False

    @property
    def statement(self) -> str:
        """Ends at most `%(chunk)s` rows; answers the ids of those that are kept."""
        after, ids = (" AND id > %(after)s ORDER BY id", " RETURNING id") if self.keeps_rows else ("", "")
        return f"WITH past AS ({self.past}{after} LIMIT %(chunk)s) {self.end}{ids}"

    @property
    def count(self) -> str:
        """How many rows are past their period, counted up to `%(chunk)s`."""
        return f"SELECT count(*) FROM ({self.past} LIMIT %(chunk)s) AS past"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column that holds secrets encrypted by `tenants.encryption` ("" where there is none).

    `context`: what `encrypt_for` bound it to, as a dotted path of `context(row)`; "" where `encrypt` wrote it.
    """

    model: str
    column: str
    context: str = ""


# --- The log -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogKind:
    """A kind of entry in the domain log, owned by the app that appends it (`"segment.joined"`)."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class OutboundEvent:
    """Entries of `kind` are told to others as `type`.

    `render(tenant, entries)` gives an envelope (or None: nobody may be told) for each entry, in the tenant's scope.
    `words`: what happens, for people who choose what they are told of. `is_frequent`: there are so many of them that
    only those are told who name the type; `*` does not mean it.
    """

    kind: str
    type: str
    render: str
    words: str
    is_frequent: bool = False


# As a consumer's kind: whatever any app tells to others (`OutboundEvent.kind`).
TOLD: Final = "*told*"


@dataclass(frozen=True, slots=True)
class Consumer:
    """A reader of the domain log with a position of its own for each tenant.

    `handle(tenant, entries)` works in the scope and transaction in which the position moves, and speaks to no peer; who
    does gives `send(tenant, handled)`, run outside any before it moves (at least once). `after`: who must have passed
    an entry first. `siblings()`: further consumers, name → `send`. `wants(tenant)`: its use for entries now (ADR 94).
    `words`: what it does, for people who read a list of all of them.
    """

    name: str
    kinds: tuple[str, ...]
    handle: str
    words: str
    send: str = ""
    after: tuple[str, ...] = ()
    batch_size: int = 1000
    siblings: str = ""
    wants: str = ""


# --- Interfaces --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """A filter of the customer list, in REST (query parameter), GraphQL (field of the filter) and the back office.

    `apply(queryset, text)` returns the narrowed query set, or raises InvalidParameterError or NotFoundError. `schema`
    is the OpenAPI schema of the value. `options()`, inside the club's scope, gives the (value, label) pairs of a
    drop-down in the back office; without it the list obeys the parameter in its address, and offers none.
    `is_about_money(text)`: whether the value asks for what only roles with SEE_MONEY see; `apply` refuses it to others,
    and the back office leaves it out with a word. Without it no value does.
    """

    parameter: str
    description: str
    apply: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    label: str = ""
    options: str = ""
    is_about_money: str = ""


class Place(StrEnum):
    """Where a panel of the customer page stands."""

    TOP = "TOP"  # under the heading: what the desk needs first
    SIDE = "SIDE"
    TAB = "TAB"  # below, one of the tabs


@dataclass(frozen=True, slots=True)
class CustomerPanel:
    """A part of the customer page: `context(request, profile)` gives the template's values, None hides the panel."""

    name: str
    title: str
    template: str
    context: str
    place: Place = Place.SIDE
    order: int = 50
    right: str = "VIEW_PROFILES"


@dataclass(frozen=True, slots=True)
class DashboardPanel:
    """A part of the dashboard: `context(request)` gives the template's values, None hides the panel."""

    name: str
    title: str
    template: str
    context: str
    order: int = 50
    is_wide: bool = False
    right: str = "VIEW_PROFILES"


@dataclass(frozen=True, slots=True)
class CustomerAct:
    """Something done to one or many customers: `page` is the route (without arguments) of the admin page that does it.

    The list posts there, the customer page links there. `profiles.admin.customer_actions.chosen_customers` gives the
    page the customers: the chosen ids, or all that pass the list's filters. `undo` names the
    function `(act, ids)` of an act that keeps a `BulkAct`: it reverts these customers and returns how many it reverted.
    """

    name: str
    title: str
    page: str
    right: str = "EDIT"
    order: int = 50
    icon: str = "bolt"
    undo: str = ""


@dataclass(frozen=True, slots=True)
class ListPart:
    """A part above the customer list: `context(request, choice)` gives the template's values, None hides it."""

    name: str
    template: str
    context: str
    order: int = 50
    right: str = "VIEW_PROFILES"


@dataclass(frozen=True, slots=True)
class NavEntry:
    """An entry of the sidebar; `route` is the name of an admin page, `group` the title above ("" for the first).

    Orders: 0–99 the first group, 100–799 groups of the apps, 800 Operations, 900 Settings.
    """

    title: str
    icon: str
    route: str
    right: str = "VIEW_PROFILES"
    group: str = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Logged:
    """A kind of thing in the action log: `word` is what to call it ("the segment"), `name` the attribute of the model.

    `route` is the admin page with the thing's key as its argument; what says `is_gone` has none any more. `more(rows)`
    gives what exactly happened, in words, by the rows' keys.
    """

    kind: str
    model: str
    name: str
    word: str
    route: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A section of the API's documentation."""

    name: str
    description: str
    order: int = 50


# --- Programs ----------------------------------------------------------------------------------------------------


class Queue(StrEnum):
    """Celery queues by urgency. LIVE work is short; SLOW work never runs in a live worker."""

    EVENTS = "events"  # applying the inbox
    CONSUMERS = "consumers"  # readers of the log
    SENDS = "sends"  # claimed due rows: messages, steps, posts
    WEBHOOKS = "webhooks"  # waits for other people's servers, in threads
    MAINTENANCE = "maintenance"  # imports, rebuilds, nightly work


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that beat sends: every `seconds`, or at a time of day (UTC) as `cron` (fields of celery's crontab).

    Beat keeps it under `name`, which is the task's where it is left out.
    """

    task: str
    seconds: float | None = None
    cron: Mapping[str, Any] | None = None
    expires: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a deployment, read from the environment into the setting of Django with the same name.

    `kind`: text, flag, number, fraction, names (separated by commas) or choice (one of `choices`, in upper case).
    """

    name: str
    kind: str
    default: Any
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Everything an app brings.

    `urls`: a module of routes under /api/v1/; `public_urls`: one of routes at the root, for people without a login.
    `graphql_queries`, `graphql_mutations`: dotted paths of classes whose fields become root fields.
    `graphql_customer_edges`: dotted path of name → field, what hangs below a customer (`profiles.graphql.edges`).
    `locks`: names and numbers of advisory locks (`AdvisoryLock.<name>`), unique over all apps.
    `queues`: task → queue (MAINTENANCE else). `enum_names`: name of an enumeration in the API's description → its path.
    `error_codes`: dotted path of code → meaning. `large_uploads`: beginnings of paths to which people send films.
    `programs`: management commands that `make run` starts beside the platform. `on_tenant_created`: functions that get
    a new tenant inside its scope. `demo`: functions that furnish a tenant of the demo, likewise. `segment_users`:
    functions that tell in words what needs the segment with a UUID ("the campaign “Spring offer”").
    `calendar`: functions `entries(start, end)` that give what the calendar of sends shows (`campaigns.calendar.Entry`).
    `timeline_names`: key in the metadata of activities → function that names its ids (`profiles.timeline_names.Named`).
    """

    tables: tuple[Table, ...] = ()
    periods: tuple[Period, ...] = ()
    sealed: tuple[Sealed, ...] = ()
    log_kinds: tuple[LogKind, ...] = ()
    outbound: tuple[OutboundEvent, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    customer_filters: tuple[CustomerFilter, ...] = ()
    customer_panels: tuple[CustomerPanel, ...] = ()
    customer_actions: tuple[CustomerAct, ...] = ()
    dashboard_panels: tuple[DashboardPanel, ...] = ()
    list_parts: tuple[ListPart, ...] = ()
    nav: tuple[NavEntry, ...] = ()
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    urls: str = ""
    public_urls: str = ""
    tags: tuple[Tag, ...] = ()
    enum_names: Mapping[str, str] = field(default_factory=dict)
    error_codes: str = ""
    graphql_queries: tuple[str, ...] = ()
    graphql_customer_edges: str = ""
    graphql_mutations: tuple[str, ...] = ()
    schedule: tuple[Periodic, ...] = ()
    queues: Mapping[str, Queue] = field(default_factory=dict)
    locks: Mapping[str, int] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    on_tenant_created: tuple[str, ...] = ()
    segment_users: tuple[str, ...] = ()
    demo: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    large_uploads: tuple[str, ...] = ()
    timeline_names: Mapping[str, str] = field(default_factory=dict)
    logged: tuple[Logged, ...] = ()
