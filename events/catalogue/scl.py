"""Payloads of SCL: membership and payments.

Optional throughout is whose it is: the envelope's identity may say so instead.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import PlainValidator, model_validator

from events.catalogue.fields import (
    Cents,
    Currency,
    Day,
    DayOf,
    Email,
    Id,
    IncidentalMoment,
    MemberId,
    Name,
    Phone,
    Prose,
    RequiredCents,
    RequiredCentsBack,
    RequiredMemberId,
    RequiredStatus,
    Status,
    one_of,
)
from events.catalogue.payload import ChangesPayload, Payload, refuse_field


class DeletionType(StrEnum):
    """How far a member was deleted: marked as gone, or to be erased everywhere."""

    SOFT = "soft"
    HARD = "hard"


class _Member(Payload):
    first_name: Name = None
    last_name: Name = None
    email: Email = None
    phone_number: Phone = None
    status: Status = None
    membership_tier_id: Id = None
    membership_tier_name: Name = None
    date_of_birth: Day = None
    member_since: Day = None
    membership_expiry: Day = None


class MemberCreated(_Member):
    """`scl.member.created`."""

    id: RequiredMemberId
    created_at: IncidentalMoment = None


class MemberUpdated(ChangesPayload, _Member):
    """`scl.member.updated`: any of the member's fields, with those that changed named."""

    id: MemberId = None
    updated_at: IncidentalMoment = None


class MemberDeleted(Payload):
    """`scl.member.deleted`. Without a type it is the soft one, which can be undone."""

    id: MemberId = None
    deletion_type: Annotated[DeletionType | None, PlainValidator(one_of(DeletionType))] = None
    reason: Prose = None
    deleted_at: IncidentalMoment = None

    @property
    def is_erasure(self) -> bool:
        """Whether the member is to be erased everywhere."""
        return self.deletion_type is DeletionType.HARD


class TierChanged(Payload):
    """`scl.member.tier.changed`."""

    id: MemberId = None
    previous_tier_id: Id = None
    previous_tier_name: Name = None
    new_tier_id: Id = None
    new_tier_name: Name = None
    reason: Prose = None
    effective_date: DayOf = None

    @model_validator(mode="after")
    def _check_new_tier(self) -> Self:
        if self.new_tier_id is None and self.new_tier_name is None:
            refuse_field("newTierName", "is missing, and newTierId too")
        return self


class StatusChanged(Payload):
    """`scl.member.status.changed`."""

    id: MemberId = None
    previous_status: Status = None
    new_status: RequiredStatus
    reason: Prose = None


class _Transaction(Payload):
    id: Id = None
    member_id: MemberId = None
    currency: Currency = None


class PaymentReceived(_Transaction):
    """`scl.payment.received`."""

    amount_cents: RequiredCents
    method: Name = None
    description: Prose = None
    paid_at: IncidentalMoment = None


class PaymentFailed(_Transaction):
    """`scl.payment.failed`."""

    amount_cents: Cents = None
    reason: Prose = None
    attempted_at: IncidentalMoment = None


class PaymentRefunded(_Transaction):
    """`scl.payment.refunded`: the amount is what went back, with or without a minus."""

    amount_cents: RequiredCentsBack


class Invoice(_Transaction):
    """`scl.invoice.sent` and `scl.invoice.overdue`."""

    amount_cents: Cents = None
    due_date: Day = None
