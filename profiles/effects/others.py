"""Effects of the feedback and facilities services' events."""

from events.catalogue import facilities, feedback
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent, Effect
from profiles.effects.registry import effect_of
from profiles.effects.subjects import add_activity, effect_on, own_id, subject_of, with_reason
from profiles.vocabulary import ActivityCategory, LifecycleStage

VOTES = {
    "feedback.voted": ("FEEDBACK_VOTED", "Voted for a feature"),
    "feedback.unvoted": ("FEEDBACK_UNVOTED", "Took back a vote for a feature"),
    "feedback.shipped": ("FEEDBACK_SHIPPED", "A feature they voted for was shipped"),
}
COMPLAINTS = {
    "feedback.complaint.opened": ("COMPLAINT_OPENED", "Complained"),
    "feedback.complaint.closed": ("COMPLAINT_CLOSED", "Complaint closed"),
}
RESERVATIONS = {
    "facilities.reservation.created": ("RESERVATION_CREATED", "Reserved"),
    "facilities.reservation.rescheduled": ("RESERVATION_RESCHEDULED", "Moved the reservation of"),
    "facilities.reservation.cancelled": ("RESERVATION_CANCELLED", "Cancelled the reservation of"),
    "facilities.reservation.no_show": ("RESERVATION_NO_SHOW", "Did not show up for"),
}


@effect_of(*VOTES)
def vote(event: DecodedEvent, payload: feedback.Feature, club: Club) -> Effect:
    """Opinions about the club's software."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is not None:
        activity_type, words = VOTES[event.type]
        add_activity(
            subject,
            event,
            activity_type,
            ActivityCategory.FEEDBACK,
            with_reason(words, payload.title),
            metadata={"featureId": payload.feature_id},
        )
    return effect_on(subject)


@effect_of(*COMPLAINTS)
def complaint(event: DecodedEvent, payload: feedback.Complaint, club: Club) -> Effect:
    """A complaint opened or closed."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is not None:
        activity_type, words = COMPLAINTS[event.type]
        add_activity(
            subject,
            event,
            activity_type,
            ActivityCategory.FEEDBACK,
            with_reason(words, payload.topic),
            metadata={"complaintId": payload.id, "sentiment": payload.sentiment},
        )
    return effect_on(subject)


@effect_of(*RESERVATIONS)
def reservation(
    event: DecodedEvent, payload: facilities.ReservationBooked | facilities.ReservationEnded, club: Club
) -> Effect:
    """Courts, carts, rooms."""
    subject = subject_of(event, club, LifecycleStage.LEAD)
    if subject is None:
        return Effect()
    activity_type, words = RESERVATIONS[event.type]
    title = f"{words} {payload.resource_id or 'a facility'}"
    starts_at = club.aware(payload.start_time)
    if starts_at is not None:
        title += f", {club.moment(starts_at)}"
    pricing = payload.pricing
    metadata = {
        "reservationId": payload.reservation_id,
        "resourceId": payload.resource_id,
        "clubId": payload.club_id,
        "startTime": starts_at.isoformat() if starts_at else None,
        "amountCents": pricing.quoted_price_cents if pricing else None,
        "currency": pricing.currency if pricing else None,
    }
    if event.type == "facilities.reservation.created":
        subject.stage = LifecycleStage.CUSTOMER
    # A reservation may be moved several times, all else happens to it once.
    once = None if event.type == "facilities.reservation.rescheduled" else own_id(payload.reservation_id)
    add_activity(
        subject, event, activity_type, ActivityCategory.FACILITY, title, metadata=metadata, once=once
    )
    return effect_on(subject)
