"""Rows of the timeline as people read them: a title with names, states of a message, details, people with links."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.urls import reverse

from profiles.admin.timeline_details import Detail, address_of, details_of
from profiles.gathered_timeline import MESSAGE_TYPES, GatheredRow, State
from profiles.models import SLOTS, ActivityCategory, CustomerProfile, ProfileStatus
from profiles.timeline import TimelineRow
from profiles.timeline_names import Names, names_in, uuids_in
from tenants.admin import formatting
from tenants.models import Tenant
from tenants.scope import current_tenant_id

ICONS: Final = {
    ActivityCategory.MEMBERSHIP: "badge",
    ActivityCategory.PAYMENT: "payments",
    ActivityCategory.BOOKING: "event_available",
    ActivityCategory.GOLF: "golf_course",
    ActivityCategory.COMMUNICATION: "mail",
    ActivityCategory.CONSENT: "verified_user",
    ActivityCategory.FEEDBACK: "forum",
    ActivityCategory.FACILITY: "sports_tennis",
    ActivityCategory.CAMPAIGN: "campaign",
    ActivityCategory.JOURNEY: "route",
    ActivityCategory.SOCIAL: "share",
    ActivityCategory.NOTE: "sticky_note_2",
    ActivityCategory.IDENTITY: "fingerprint",
}
BOOKED: Final = ("TEETIME_BOOKED", "TEETIME_INVITED")
COMPETITION_VERBS: Final = {"COMPETITION_ENTERED": "Entered", "COMPETITION_WITHDRAWN": "Withdrew from"}
CHANNEL_WORDS: Final = {
    "EMAIL": "E-mail",
    "SMS": "SMS",
    "PUSH": "Push message",
    "WHATSAPP": "WhatsApp message",
}
# Type of a state → its word and its colour, in the order in which they are shown.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "MESSAGE_SENT": ("sent", "plain"),
    "MESSAGE_DELIVERED": ("delivered", "plain"),
    "EMAIL_OPENED": ("opened", "good"),
    "EMAIL_CLICKED": ("clicked", "good"),
    "MESSAGE_BOUNCED": ("bounced", "bad"),
    "MESSAGE_FAILED": ("failed", "bad"),
    "MESSAGE_UNSUBSCRIBED": ("unsubscribed", "warn"),
    "EMAIL_COMPLAINED": ("reported as spam", "bad"),
}
# The booking that a round, a cancellation or an absence is about, as the person's own row tells it.
BOOKINGS: Final = """
SELECT DISTINCT ON (metadata ->> 'bookingId') metadata ->> 'bookingId', metadata, source, source_event_id
FROM profiles_activity
WHERE tenant_id = %s AND profile_id = %s AND type = ANY(%s) AND metadata ->> 'bookingId' = ANY(%s)
ORDER BY metadata ->> 'bookingId', occurred_at DESC, id DESC
"""
# Who else the same events are about.
COMPANY: Final = """
SELECT a.source, a.source_event_id, a.profile_id
FROM unnest(%s::text[], %s::text[]) AS event (source, id)
JOIN profiles_activity AS a ON a.tenant_id = %s AND a.source = event.source AND a.source_event_id = event.id
WHERE a.profile_id <> %s ORDER BY a.id
"""
Event = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MessageState:
    """What became of a message: the word with how often, and how it is meant."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody else whom the row is about."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A row as it is shown. `event_id`: its event in the inbox, None for what was done here."""

    row: TimelineRow
    icon: str
    category: str
    title: str
    where: str = ""
    address: str = ""
    states: list[MessageState] = field(default_factory=list)
    steps: list[State] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    people: list[Companion] = field(default_factory=list)
    event_id: int | None = None


def moments_of(
    profile_id: UUID, rows: Sequence[GatheredRow], tenant: Tenant, *, with_money: bool
) -> list[Moment]:
    """The rows of a page, in a number of statements that does not grow with them."""
    bookings = _bookings(profile_id, rows)
    people = _people(profile_id, rows, bookings)
    names = names_in(metadata for one in rows for metadata in _all_metadata(one))
    return [_moment(one, tenant, names, bookings, people[one.row.id], with_money=with_money) for one in rows]


def _all_metadata(one: GatheredRow) -> list[Mapping[str, Any]]:
    return [one.row.metadata, *(state.metadata for state in one.states)]


def _booking_of(row: TimelineRow) -> str:
    return str(row.metadata.get("bookingId") or "") if row.source == "teetime" else ""


def _bookings(profile_id: UUID, rows: Sequence[GatheredRow]) -> dict[str, tuple[Mapping[str, Any], Event]]:
    """Booking id → what was booked, and the event that told it."""
    wanted = {_booking_of(one.row) for one in rows if one.row.type not in BOOKED} - {""}
    if not wanted:
        return {}
    parameters: list[Any] = [current_tenant_id(), profile_id, list(BOOKED), list(wanted)]
    with connection.cursor() as cursor:
        cursor.execute(BOOKINGS, parameters)
        return {
            key: (formatting.read_json(metadata), (source, event))
            for key, metadata, source, event in cursor.fetchall()
        }


def _people(
    profile_id: UUID,
    rows: Sequence[GatheredRow],
    bookings: Mapping[str, tuple[Mapping[str, Any], Event]],
) -> dict[int, list[Companion]]:
    """Row → the others in it: who is in the same booking, who was merged or put into a household."""
    events: dict[int, Event] = {}
    for one in rows:
        booking = bookings.get(_booking_of(one.row))
        if one.row.type in BOOKED:
            events[one.row.id] = (one.row.source, one.row.source_event_id)
        elif booking is not None:
            events[one.row.id] = booking[1]
    company = _company(profile_id, set(events.values()))
    ids = {
        one.row.id: [*company.get(events.get(one.row.id, ("", "")), ()), *_named_ids(one.row)] for one in rows
    }
    found = _companions(profile_id, {each for group in ids.values() for each in group})
    return {
        row: list(dict.fromkeys(found[one] for one in group if one in found)) for row, group in ids.items()
    }


def _named_ids(row: TimelineRow) -> list[UUID]:
    """The customers whom an act of staff names."""
    if row.source != "crm":
        return []
    many = row.metadata.get("customers")
    named = [row.metadata.get("other"), *(many if isinstance(many, list) else ())]
    return uuids_in([one for one in named if isinstance(one, str)])


def _company(profile_id: UUID, events: Collection[Event]) -> dict[Event, list[UUID]]:
    if not events:
        return {}
    sources, ids = zip(*sorted(events), strict=True)
    found: dict[Event, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COMPANY, [list(sources), list(ids), current_tenant_id(), profile_id])
        for source, event, other in cursor.fetchall():
            found.setdefault((source, event), []).append(other)
    return found


def _companions(profile_id: UUID, ids: Collection[UUID]) -> dict[UUID, Companion]:
    """Customers who are still there and somebody else; whoever was merged leads to the survivor by itself."""
    if not ids:
        return {}
    rows = (
        CustomerProfile.objects.filter(pk__in=ids).exclude(pk=profile_id).exclude(merged_into_id=profile_id)
    )
    return {
        row.pk: Companion(row.name, reverse("admin:profiles_customerprofile_change", args=[row.pk]))
        for row in rows.exclude(status=ProfileStatus.DELETED)
    }


def _moment(
    one: GatheredRow,
    tenant: Tenant,
    names: Names,
    bookings: Mapping[str, tuple[Mapping[str, Any], Event]],
    people: list[Companion],
    *,
    with_money: bool,
) -> Moment:
    row, category = one.row, ActivityCategory(one.row.category)
    booked, _ = bookings.get(_booking_of(row), ({}, ("", "")))
    metadata = {**booked, **{key: value for told in _all_metadata(one) for key, value in told.items()}}
    title, address = _title(one, metadata, names)
    return Moment(
        row=row,
        icon=ICONS[category],
        category=str(category.label),
        title=title,
        where=_where(metadata, row),
        address=address,
        states=_states(one.states),
        steps=one.states,
        details=details_of(metadata, names, tenant, with_money=with_money),
        people=people,
        event_id=row.id // SLOTS if row.source != "crm" else None,
    )


def _title(one: GatheredRow, metadata: Mapping[str, Any], names: Names) -> tuple[str, str]:
    """What the row says, and the page of what it is about."""
    row = one.row
    competition = names.get(("competitionId", str(row.metadata.get("competitionId"))))
    if row.type in COMPETITION_VERBS and competition is not None:
        return f"{COMPETITION_VERBS[row.type]} {competition.name}", address_of(competition)
    campaign = names.get(("campaignId", str(metadata.get("campaignId"))))
    page = address_of(campaign) if campaign is not None else ""
    if row.type not in MESSAGE_TYPES:
        return row.title, page
    subject = str(metadata.get("subject") or "") or next(
        (
            named.name
            for key in ("idempotencyKey", "messageId")
            if (named := names.get((key, str(metadata.get(key))))) is not None
        ),
        "",
    )
    kind = CHANNEL_WORDS.get(row.channel, "Message")
    if subject:
        return f"{kind} “{subject}”", page
    return (
        (f"{kind} of the campaign “{campaign.name}”", page)
        if campaign is not None
        else (_alone(one, kind), page)
    )


def _alone(one: GatheredRow, kind: str) -> str:
    """A message of which nothing but its states is known; a single one tells it better in its own words."""
    return kind if len(one.states) > 1 else one.row.title


def _where(metadata: Mapping[str, Any], row: TimelineRow) -> str:
    """The course of a booking or round, where the title does not name it."""
    course = str(metadata.get("courseName") or "")
    return course if course and course not in row.title else ""


def _states(states: Sequence[State]) -> list[MessageState]:
    """As in: sent, delivered, opened 2 times; what only a machine did says so."""
    people = Counter(one.type for one in states if not one.metadata.get("isMachine"))
    machines = {one.type for one in states if one.metadata.get("isMachine")} - people.keys()
    told = []
    for kind, (word, tone) in STATES.items():
        if people[kind]:
            told.append(MessageState(word + (f" {people[kind]} times" if people[kind] > 1 else ""), tone))
        elif kind in machines:
            told.append(MessageState(f"{word} by a machine", "plain"))
    # Whoever opened it had it delivered, and it was sent.
    return [one for one in told if one.words != "sent" or len(told) == 1]
