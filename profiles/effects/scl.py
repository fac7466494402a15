"""Effects of the membership service's events."""

from datetime import datetime
from typing import Any

from events.catalogue import scl
from profiles.club import Club
from profiles.effects.drafts import DecodedEvent, Effect, Subject
from profiles.effects.registry import effect_of
from profiles.effects.subjects import (
    add_activity,
    add_facts,
    effect_on,
    in_words,
    listed,
    own_id,
    stated_values,
    subject_of,
    with_reason,
)
from profiles.vocabulary import ActivityCategory, LifecycleStage, ProfileStatus

# What a member's record may state → the golden field, and what staff call it.
MEMBER_FIELDS: dict[str, tuple[str, str]] = {
    "first_name": ("firstName", "first name"),
    "last_name": ("lastName", "last name"),
    "email": ("email", "e-mail"),
    "phone_number": ("phoneNumber", "phone number"),
    "date_of_birth": ("dateOfBirth", "date of birth"),
    "status": ("membershipStatus", "status"),
    "membership_tier_id": ("membershipTier", "tier"),
    # After the id: of the two the name is what people know.
    "membership_tier_name": ("membershipTier", "tier"),
    "member_since": ("memberSince", "member since"),
    "membership_expiry": ("membershipExpiry", "expiry"),
}


def _stated_facts(
    stated: dict[str, Any], club: Club, told_at: datetime, *, replaces: bool = False
) -> dict[str, Any]:
    fields = {name: field for name, (field, _) in MEMBER_FIELDS.items()}
    return stated_values(club, stated, fields, told_at=told_at, replaces=replaces)


@effect_of("scl.member.created")
def member_created(event: DecodedEvent, payload: scl.MemberCreated, club: Club) -> Effect:
    """A new member: links the SCL id, states the facts."""
    subject = subject_of(event, club, LifecycleStage.MEMBER)
    if subject is None:
        return Effect()
    subject.links = True
    facts = _stated_facts(payload.stated(), club, event.occurred_at)
    add_facts(subject, event.source, facts | {"status": ProfileStatus.ACTIVE.value})
    tier = facts.get("membershipTier")
    title = f"Became a member ({tier})" if tier else "Became a member"
    add_activity(
        subject, event, "MEMBER_CREATED", ActivityCategory.MEMBERSHIP, title, metadata={"tier": tier}
    )
    return effect_on(subject)


@effect_of("scl.member.updated")
def member_updated(event: DecodedEvent, payload: scl.MemberUpdated, club: Club) -> Effect:
    """States what changed; a field that is named in `changes` and null is emptied."""
    subject = subject_of(event, club, LifecycleStage.MEMBER)
    if subject is None:
        return Effect()
    subject.links = True
    stated = payload.stated()
    if payload.changes:
        aliases = {name: info.alias for name, info in type(payload).model_fields.items()}
        stated = {name: value for name, value in stated.items() if aliases[name] in payload.changes}
    add_facts(subject, event.source, _stated_facts(stated, club, event.occurred_at, replaces=True))
    words = listed(dict.fromkeys(words for name, (_, words) in MEMBER_FIELDS.items() if name in stated))
    title = f"Membership details updated: {words}" if words else "Membership details updated"
    add_activity(
        subject,
        event,
        "MEMBER_UPDATED",
        ActivityCategory.MEMBERSHIP,
        title,
        metadata={"changes": payload.changes},
    )
    return effect_on(subject)


@effect_of("scl.member.deleted")
def member_deleted(event: DecodedEvent, payload: scl.MemberDeleted, club: Club) -> Effect:
    """Makes the profile inactive; a hard deletion opens a request for erasure as well."""
    subject = subject_of(event, club)
    if subject is None:
        return Effect()
    add_facts(subject, event.source, {"status": ProfileStatus.INACTIVE.value})
    if payload.is_erasure:
        subject.erasure_reason = payload.reason or "deleted by the membership service"
    add_activity(
        subject,
        event,
        "MEMBER_DELETED",
        ActivityCategory.MEMBERSHIP,
        with_reason("Membership deleted", payload.reason),
        metadata={"deletionType": payload.deletion_type, "reason": payload.reason},
    )
    return effect_on(subject)


@effect_of("scl.member.tier.changed")
def tier_changed(event: DecodedEvent, payload: scl.TierChanged, club: Club) -> Effect:
    """Up or down by the club's own order of tiers."""
    subject = subject_of(event, club, LifecycleStage.MEMBER)
    if subject is None:
        return Effect()
    before = payload.previous_tier_name or payload.previous_tier_id
    after = payload.new_tier_name or payload.new_tier_id or ""
    add_facts(subject, event.source, {"membershipTier": after})
    direction = tier_direction(club.tier_order, before, after)
    verb = {"TIER_UPGRADED": "Upgraded", "TIER_DOWNGRADED": "Downgraded"}.get(direction, "Changed")
    title = f"{verb} from {before} to {after}" if before else f"Tier set to {after}"
    add_activity(
        subject,
        event,
        direction,
        ActivityCategory.MEMBERSHIP,
        title,
        metadata={"previousTier": before, "newTier": after, "reason": payload.reason},
    )
    return effect_on(subject)


def tier_direction(order: tuple[str, ...], before: str | None, after: str | None) -> str:
    """TIER_UPGRADED or TIER_DOWNGRADED when the order (highest first) knows both tiers, else TIER_CHANGED."""
    if before not in order or after not in order or before == after:
        return "TIER_CHANGED"
    return "TIER_UPGRADED" if order.index(after) < order.index(before) else "TIER_DOWNGRADED"


@effect_of("scl.member.status.changed")
def status_changed(event: DecodedEvent, payload: scl.StatusChanged, club: Club) -> Effect:
    """The membership's status; LAPSED and CANCELLED make the golden row's stage CHURNED."""
    subject = subject_of(event, club, LifecycleStage.MEMBER)
    if subject is None:
        return Effect()
    add_facts(subject, event.source, {"membershipStatus": payload.new_status})
    change = in_words(payload.new_status)
    if payload.previous_status:
        change = f"{in_words(payload.previous_status)} → {change}"
    add_activity(
        subject,
        event,
        "MEMBERSHIP_STATUS_CHANGED",
        ActivityCategory.MEMBERSHIP,
        with_reason(f"Membership {change}", payload.reason),
        metadata={
            "previousStatus": payload.previous_status,
            "newStatus": payload.new_status,
            "reason": payload.reason,
        },
    )
    return effect_on(subject)


def _amount(
    payload: scl.PaymentReceived | scl.PaymentFailed | scl.PaymentRefunded | scl.Invoice,
) -> dict[str, Any]:
    return {"amountCents": payload.amount_cents, "currency": payload.currency}


def _of(payload: scl.PaymentFailed | scl.Invoice, club: Club) -> str:
    """The amount as part of a title; empty where it is not known."""
    return "" if payload.amount_cents is None else f" of {club.money(payload.amount_cents, payload.currency)}"


def _paying(
    event: DecodedEvent,
    club: Club,
    activity_type: str,
    title: str,
    metadata: dict[str, Any],
    *,
    once: str | None = None,
) -> Subject | None:
    subject = subject_of(event, club)
    if subject is not None:
        add_activity(
            subject, event, activity_type, ActivityCategory.PAYMENT, title, metadata=metadata, once=once
        )
    return subject


def _counted(amount_cents: int, currency: str | None, club: Club) -> int:
    """What an amount adds to the lifetime value, which is in the club's currency: others are never added up."""
    return amount_cents if currency in (None, club.currency) else 0


@effect_of("scl.payment.received")
def payment_received(event: DecodedEvent, payload: scl.PaymentReceived, club: Club) -> Effect:
    """Money in: adds to the lifetime value; makes a customer. Below zero it is money that was taken back."""
    is_back = payload.amount_cents < 0
    verb = "Payment taken back:" if is_back else "Paid"
    title = f"{verb} {club.money(abs(payload.amount_cents), payload.currency)}"
    if payload.method:
        title += f" by {payload.method.replace('_', ' ').lower()}"
    payment_id = own_id(payload.id)
    metadata = _amount(payload) | {"paymentId": payment_id, "method": payload.method}
    title = with_reason(title, payload.description)
    subject = _paying(event, club, "PAYMENT_RECEIVED", title, metadata, once=payment_id)
    if subject is not None:
        if payload.amount_cents > 0:
            subject.stage = LifecycleStage.CUSTOMER
        subject.figures.value_cents = _counted(payload.amount_cents, payload.currency, club)
    return effect_on(subject)


@effect_of("scl.payment.failed")
def payment_failed(event: DecodedEvent, payload: scl.PaymentFailed, club: Club) -> Effect:
    """Money that did not come."""
    title = with_reason(f"Payment{_of(payload, club)} failed", payload.reason)
    payment_id = own_id(payload.id)
    metadata = _amount(payload) | {"paymentId": payment_id, "reason": payload.reason}
    # One payment may fail several times; the same attempt is one however often it is told.
    attempt = (
        f"{payment_id}@{payload.attempted_at.isoformat()}" if payment_id and payload.attempted_at else None
    )
    return effect_on(_paying(event, club, "PAYMENT_FAILED", title, metadata, once=attempt))


@effect_of("scl.payment.refunded")
def payment_refunded(event: DecodedEvent, payload: scl.PaymentRefunded, club: Club) -> Effect:
    """Money back: taken off the lifetime value."""
    title = f"Refunded {club.money(payload.amount_cents, payload.currency)}"
    payment_id = own_id(payload.id)
    metadata = _amount(payload) | {"paymentId": payment_id}
    subject = _paying(event, club, "PAYMENT_REFUNDED", title, metadata, once=payment_id)
    if subject is not None:
        subject.figures.value_cents = -_counted(payload.amount_cents, payload.currency, club)
    return effect_on(subject)


@effect_of("scl.invoice.sent", "scl.invoice.overdue")
def invoice(event: DecodedEvent, payload: scl.Invoice, club: Club) -> Effect:
    """An invoice went out, or was not paid in time."""
    amount = _of(payload, club)
    due = f", due {club.day(payload.due_date)}" if payload.due_date else ""
    invoice_id = own_id(payload.id)
    metadata = _amount(payload) | {"invoiceId": invoice_id, "dueDate": payload.due_date}
    is_overdue = event.type == "scl.invoice.overdue"
    activity_type, what = ("INVOICE_OVERDUE", "overdue") if is_overdue else ("INVOICE_SENT", "sent")
    title = f"Invoice{amount} {what}{due}"
    return effect_on(_paying(event, club, activity_type, title, metadata, once=invoice_id))
