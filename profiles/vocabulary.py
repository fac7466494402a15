"""The enumerations of customers and their timeline, apart from the tables that hold them. Pure."""

from tenants.choices import TextChoices

# The record under which edits of the club's own staff are kept; no event can name it.
CRM_RECORD = "crmRecordId"


class ProfileStatus(TextChoices):
    """Whether the row stands for somebody."""

    ACTIVE = "ACTIVE", "Active"
    INACTIVE = "INACTIVE", "Inactive"
    MERGED = "MERGED", "Merged into another"
    DELETED = "DELETED", "Deleted"


# Rows that stand for nobody of their own: lists and searches leave them out.
UNLISTED = (ProfileStatus.MERGED, ProfileStatus.DELETED)


class LifecycleStage(TextChoices):
    """How far a customer has come; up by events, down only to CHURNED and back."""

    SUBSCRIBER = "SUBSCRIBER", "Subscriber"
    LEAD = "LEAD", "Lead"
    PROSPECT = "PROSPECT", "Prospect"
    CUSTOMER = "CUSTOMER", "Customer"
    MEMBER = "MEMBER", "Member"
    ADVOCATE = "ADVOCATE", "Advocate"
    CHURNED = "CHURNED", "Churned"


# Position = rank: `stage_reached` of a profile is an index into this.
STAGE_LADDER = (
    LifecycleStage.SUBSCRIBER,
    LifecycleStage.LEAD,
    LifecycleStage.PROSPECT,
    LifecycleStage.CUSTOMER,
    LifecycleStage.MEMBER,
    LifecycleStage.ADVOCATE,
)


class ActivityCategory(TextChoices):
    """Groups of activity types, as the timeline's filter shows them."""

    MEMBERSHIP = "MEMBERSHIP", "Membership"
    PAYMENT = "PAYMENT", "Payments"
    BOOKING = "BOOKING", "Bookings"
    GOLF = "GOLF", "Golf"
    COMMUNICATION = "COMMUNICATION", "Messages"
    CONSENT = "CONSENT", "Consent"
    FEEDBACK = "FEEDBACK", "Feedback"
    FACILITY = "FACILITY", "Facilities"
    CAMPAIGN = "CAMPAIGN", "Campaigns"
    JOURNEY = "JOURNEY", "Journeys"
    SOCIAL = "SOCIAL", "Social"
    NOTE = "NOTE", "Notes"
    IDENTITY = "IDENTITY", "Changes"


# As people write them.
_SPELLED = {"teetime": "tee time", "email": "e-mail", "sms": "SMS", "crm": "CRM"}


def activity_words(kind: str) -> str:
    """A type of activity inside a sentence, as in "tee time booked" for `TEETIME_BOOKED`."""
    return " ".join(_SPELLED.get(word, word) for word in kind.lower().split("_"))


# What the platform writes itself is no sign of life (ADR 6); COUNTED is the same rule for statements.
UNCOUNTED_CATEGORIES = frozenset({ActivityCategory.IDENTITY, ActivityCategory.NOTE, ActivityCategory.JOURNEY})
COUNTED = "category NOT IN ('IDENTITY', 'NOTE', 'JOURNEY')"

# How many rows of the timeline one event can make.
SLOTS = 256
