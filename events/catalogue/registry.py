"""Every inbound event type: its names, its payload and how urgent it is."""

from dataclasses import dataclass
from typing import Final

from events.catalogue import facilities, feedback, messaging, scl, teetime
from events.catalogue.payload import Payload

AT_ONCE, NORMAL, BATCHED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event. `needs_identity`: it is about a person, and of no use when it names nobody."""

    name: str
    model: type[Payload]
    summary: str
    aliases: tuple[str, ...] = ()
    priority: int = NORMAL
    needs_identity: bool = True

    @property
    def source(self) -> str:
        """The service whose type it is."""
        return self.name.partition(".")[0]


EVENT_TYPES: Final = (
    EventType("scl.member.created", scl.MemberCreated, "Somebody became a member", ("member.created",)),
    EventType("scl.member.updated", scl.MemberUpdated, "A member's details changed", ("member.updated",)),
    EventType("scl.member.deleted", scl.MemberDeleted, "A member was deleted", ("member.deleted",)),
    EventType(
        "scl.member.tier.changed",
        scl.TierChanged,
        "A membership moved to another tier",
        ("scl.tier.changed", "tier.changed"),
    ),
    EventType(
        "scl.member.status.changed", scl.StatusChanged, "A membership's status changed", priority=AT_ONCE
    ),
    EventType("scl.payment.received", scl.PaymentReceived, "A payment came in", ("payment.received",)),
    EventType("scl.payment.failed", scl.PaymentFailed, "A payment failed", ("payment.failed",), AT_ONCE),
    EventType("scl.payment.refunded", scl.PaymentRefunded, "A payment was given back"),
    EventType("scl.invoice.sent", scl.Invoice, "An invoice was sent", priority=BATCHED),
    EventType("scl.invoice.overdue", scl.Invoice, "An invoice is overdue"),
    EventType("teetime.player.created", teetime.PlayerCreated, "A player registered", ("player.created",)),
    EventType(
        "teetime.player.updated", teetime.PlayerUpdated, "A player's details changed", ("player.updated",)
    ),
    EventType(
        "teetime.handicap.updated", teetime.HandicapUpdated, "A handicap changed", ("handicap.updated",)
    ),
    EventType(
        "teetime.booking.created", teetime.BookingCreated, "A tee time was booked", ("teetime.booked",)
    ),
    EventType("teetime.booking.cancelled", teetime.BookingCancelled, "A tee time was cancelled"),
    EventType(
        "teetime.booking.completed", teetime.BookingCompleted, "A round was played", ("teetime.completed",)
    ),
    EventType("teetime.booking.no_show", teetime.BookingNoShow, "A booked player did not come"),
    EventType("teetime.score.posted", teetime.ScorePosted, "A score was posted", priority=BATCHED),
    EventType(
        "teetime.competition.published",
        teetime.CompetitionPublished,
        "A competition was announced",
        ("competition.published",),
        needs_identity=False,
    ),
    EventType(
        "teetime.competition.updated",
        teetime.CompetitionUpdated,
        "A competition changed",
        needs_identity=False,
    ),
    EventType(
        "teetime.competition.cancelled",
        teetime.CompetitionCancelled,
        "A competition was called off",
        needs_identity=False,
    ),
    EventType("teetime.competition.entered", teetime.CompetitionEntry, "A player entered a competition"),
    EventType(
        "teetime.competition.withdrawn", teetime.CompetitionEntry, "A player withdrew from a competition"
    ),
    EventType("messaging.contact.created", messaging.Contact, "A contact was made", ("contact.created",)),
    EventType("messaging.contact.updated", messaging.Contact, "A contact changed", ("contact.updated",)),
    EventType(
        "messaging.contact.deleted", messaging.ContactDeleted, "A contact was deleted", ("contact.deleted",)
    ),
    EventType(
        "messaging.contactPreference.updated",
        messaging.ContactPreferenceUpdated,
        "Consent was given or withdrawn",
        ("contactPreference.updated", "messaging.consent.changed", "consent.changed"),
        AT_ONCE,
    ),
    EventType("messaging.message.sent", messaging.MessageDelivery, "A message went out", ("message.sent",)),
    EventType(
        "messaging.message.delivered", messaging.MessageDelivery, "A message arrived", ("message.delivered",)
    ),
    EventType(
        "messaging.message.bounced",
        messaging.MessageDelivery,
        "A message bounced",
        ("message.bounced",),
        AT_ONCE,
    ),
    EventType("messaging.message.failed", messaging.MessageDelivery, "A message failed", ("message.failed",)),
    EventType(
        "messaging.email.opened", messaging.EmailOpened, "A mail was opened", ("email.opened",), BATCHED
    ),
    EventType(
        "messaging.email.clicked",
        messaging.EmailClicked,
        "A link in a mail was followed",
        ("email.clicked", "messaging.link.clicked"),
        BATCHED,
    ),
    EventType("messaging.email.complained", messaging.EmailComplained, "A mail was reported as spam"),
    EventType("messaging.message.unsubscribed", messaging.MessageUnsubscribed, "Somebody unsubscribed"),
    EventType("messaging.sms.replied", messaging.SmsReplied, "Somebody answered an SMS"),
    EventType("feedback.voted", feedback.Feature, "A wish was voted for"),
    EventType("feedback.unvoted", feedback.Feature, "A vote was taken back"),
    EventType("feedback.shipped", feedback.Feature, "A wish that somebody voted for came true"),
    EventType("feedback.complaint.opened", feedback.Complaint, "Somebody complained"),
    EventType("feedback.complaint.closed", feedback.Complaint, "A complaint was settled"),
    EventType("facilities.reservation.created", facilities.ReservationBooked, "A facility was reserved"),
    EventType("facilities.reservation.rescheduled", facilities.ReservationBooked, "A reservation was moved"),
    EventType("facilities.reservation.cancelled", facilities.ReservationEnded, "A reservation was cancelled"),
    EventType("facilities.reservation.no_show", facilities.ReservationEnded, "Whoever reserved did not come"),
)


def _by_name() -> dict[str, EventType]:
    by_name: dict[str, EventType] = {}
    for event_type in EVENT_TYPES:
        for name in (event_type.name, *event_type.aliases):
            if name in by_name:
                raise RuntimeError(f"two event types are called {name}")
            by_name[name] = event_type
    return by_name


BY_NAME: Final = _by_name()


def canonical(name: str) -> EventType | None:
    """The type that has this name or alias, letter by letter; None when the catalogue has none."""
    return BY_NAME.get(name)
