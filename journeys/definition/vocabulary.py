"""Names that definitions use: events of the catalogue and what they leave on a timeline, date fields of a person."""

from typing import Final

from django.utils.text import capfirst

from events.catalogue.registry import EVENT_TYPES
from profiles.vocabulary import activity_words

# Catalogue type → the kinds of activity that it leaves. Whoever adds an event type adds its line (a test compares).
ACTIVITIES: Final[dict[str, tuple[str, ...]]] = {
    "scl.member.created": ("MEMBER_CREATED",),
    "scl.member.updated": ("MEMBER_UPDATED",),
    "scl.member.deleted": ("MEMBER_DELETED",),
    "scl.member.tier.changed": ("TIER_UPGRADED", "TIER_DOWNGRADED", "TIER_CHANGED"),
    "scl.member.status.changed": ("MEMBERSHIP_STATUS_CHANGED",),
    "scl.payment.received": ("PAYMENT_RECEIVED",),
    "scl.payment.failed": ("PAYMENT_FAILED",),
    "scl.payment.refunded": ("PAYMENT_REFUNDED",),
    "scl.invoice.sent": ("INVOICE_SENT",),
    "scl.invoice.overdue": ("INVOICE_OVERDUE",),
    "teetime.player.created": ("PROFILE_CREATED",),
    "teetime.player.updated": ("PLAYER_UPDATED",),
    "teetime.handicap.updated": ("HANDICAP_UPDATED",),
    "teetime.booking.created": ("TEETIME_BOOKED",),
    "teetime.booking.cancelled": ("TEETIME_CANCELLED",),
    "teetime.booking.completed": ("ROUND_COMPLETED",),
    "teetime.booking.no_show": ("TEETIME_NO_SHOW",),
    "teetime.score.posted": ("SCORE_POSTED",),
    "teetime.competition.entered": ("COMPETITION_ENTERED",),
    "teetime.competition.withdrawn": ("COMPETITION_WITHDRAWN",),
    "messaging.contact.deleted": ("CONTACT_DELETED",),
    "messaging.contactPreference.updated": ("CONSENT_OPTED_IN", "CONSENT_OPTED_OUT"),
    "messaging.message.sent": ("MESSAGE_SENT",),
    "messaging.message.delivered": ("MESSAGE_DELIVERED",),
    "messaging.message.bounced": ("MESSAGE_BOUNCED",),
    "messaging.message.failed": ("MESSAGE_FAILED",),
    "messaging.email.opened": ("EMAIL_OPENED",),
    "messaging.email.clicked": ("EMAIL_CLICKED",),
    "messaging.email.complained": ("EMAIL_COMPLAINED",),
    "messaging.message.unsubscribed": ("MESSAGE_UNSUBSCRIBED",),
    "messaging.sms.replied": ("SMS_REPLIED",),
    "feedback.voted": ("FEEDBACK_VOTED",),
    "feedback.unvoted": ("FEEDBACK_UNVOTED",),
    "feedback.shipped": ("FEEDBACK_SHIPPED",),
    "feedback.complaint.opened": ("COMPLAINT_OPENED",),
    "feedback.complaint.closed": ("COMPLAINT_CLOSED",),
    "facilities.reservation.created": ("RESERVATION_CREATED",),
    "facilities.reservation.rescheduled": ("RESERVATION_RESCHEDULED",),
    "facilities.reservation.cancelled": ("RESERVATION_CANCELLED",),
    "facilities.reservation.no_show": ("RESERVATION_NO_SHOW",),
}
# Activities without an event type of the catalogue.
OWN_ACTIVITIES: Final = {
    "TEETIME_INVITED": "Was invited to a tee time",
    "TASK_CLOSED": "A task about the person was closed",
    "TASK_REOPENED": "A task about the person was opened again",
    "PHONE_CALL": "A call was noted",
    "NOTE_ADDED": "A note was written",
}
DATE_FIELDS: Final = {
    "dateOfBirth": ("date_of_birth", "Birthday"),
    "memberSince": ("member_since", "Member since"),
    "membershipExpiry": ("membership_expiry", "Renewal of the membership"),
    "lastBookingAt": ("last_booking_at", "Last booking"),
    "lastActivityAt": ("last_activity_at", "Last activity"),
    "createdAt": ("created_at", "First known"),
}
# Those that a daily scan can start from: days, not moments.
TRIGGER_DATES: Final = ("dateOfBirth", "memberSince", "membershipExpiry")


def _types() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {kind: (kind,) for kinds in ACTIVITIES.values() for kind in kinds}
    known |= {kind: (kind,) for kind in OWN_ACTIVITIES}
    for event_type in EVENT_TYPES:
        kinds = ACTIVITIES.get(event_type.name, ())
        if kinds:
            known[event_type.name] = kinds
            known |= dict.fromkeys(event_type.aliases, kinds)
    return known


_KNOWN: Final = _types()


def activity_types(event: str) -> tuple[str, ...]:
    """The kinds of activity that stand for an event type, an alias or an activity type; empty: unknown."""
    return _KNOWN.get(event, ())


def same_object_types(event: str) -> tuple[str, ...]:
    """The kinds of activity about the same kind of object: what becomes of a booking after it was made."""
    kinds = set(activity_types(event))
    objects = {_object(name) for name, left in ACTIVITIES.items() if kinds & set(left)}
    return tuple(kind for name, left in ACTIVITIES.items() if _object(name) in objects for kind in left)


def _object(event_type: str) -> str:
    """As in teetime.booking."""
    return event_type.rpartition(".")[0]


def event_choices() -> list[tuple[str, str]]:
    """(type, words) of every event that leaves something on a timeline."""
    rows = [(one.name, one.summary) for one in EVENT_TYPES if one.name in ACTIVITIES]
    return rows + list(OWN_ACTIVITIES.items())


GROUPS: Final = {
    "scl": "Membership and payments",
    "teetime": "Golf: bookings, rounds, competitions",
    "messaging": "Messages",
    "feedback": "Feedback and complaints",
    "facilities": "Rooms and facilities",
    "": "Staff",
}


def event_groups(*chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same by what they are about, for a choice that can be read; `chosen` stand in it whatever they are."""
    found: dict[str, list[tuple[str, str]]] = {title: [] for title in GROUPS.values()}
    for name, words in event_choices():
        source = name.partition(".")[0] if "." in name else ""
        found[GROUPS.get(source, GROUPS[""])].append((name, words))
    known = dict(event_choices())
    found["Chosen now"] = [
        (one, event_words(one)) for one in dict.fromkeys(chosen) if one and one not in known
    ]
    return [(title, rows) for title, rows in found.items() if rows]


def event_words(event: str) -> str:
    """An event as staff read it."""
    return dict(event_choices()).get(event, capfirst(activity_words(event)))
