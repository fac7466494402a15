"""One message to one person, written by hand, through the same ledger as everything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import connection, transaction

from messaging import planning
from messaging.composing import club_values
from messaging.models import DeliveryStatus, MessageClass, Reason, SendChannel, Source
from messaging.planning import Candidate, Decision, Sending
from messaging.readers import reader_of
from messaging.rendering import Rendered, render_strict, values_for
from messaging.texts import keep_message
from profiles.models import CustomerProfile
from profiles.representation import customer_fields
from tenants.action_log import log_action
from tenants.errors import ConflictError
from tenants.models import Tenant

# A person answers a person: no cap and no quiet hour holds it, consent and suppression do.
SENDING = Sending(source=Source.PERSON, message_class=MessageClass.TRANSACTIONAL, one_per_mailbox=False)


@dataclass(frozen=True, slots=True)
class Way:
    """A channel to a person: whether it may be used, else why not in words."""

    channel: str
    label: str
    is_open: bool
    why_not: str


class NotAllowed(ConflictError):
    """The person must not be written to this way; says why, with the code of the reason."""

    code = "NOT_ALLOWED"

    def __init__(self, reason: str) -> None:
        super().__init__(words_of(reason), extra={"reason": reason})
        self.reason = reason


def words_of(reason: str) -> str:
    """A reason in words; sources' own reasons as they are."""
    return str(Reason(reason).label) if reason in Reason.values else reason.replace("_", " ").capitalize()


def ways_to(profile_id: UUID) -> list[Way]:
    """Every channel, and whether this person may be written to over it now."""
    decided = {
        one.key: one for one in _decide(profile_id, {channel: uuid4() for channel in SendChannel.values})
    }
    return [
        Way(
            channel,
            label,
            decided[channel].status == DeliveryStatus.PLANNED,
            words_of(decided[channel].reason),
        )
        for channel, label in SendChannel.choices
        if channel in decided
    ]


def _decide(profile_id: UUID, ways: Mapping[str, UUID]) -> list[Decision]:
    with transaction.atomic(), connection.cursor() as cursor:
        planning.open_candidates(cursor)
        planning.stage(
            cursor, [Candidate(profile_id, channel, {channel: one}) for channel, one in ways.items()]
        )
        return planning.decisions(cursor, SENDING)


def preview(profile: CustomerProfile, tenant: Tenant, *, subject: str, body: str) -> Rendered:
    """The text as this person would get it. Raises TemplateProblem with its place."""
    values = values_for(customer_fields(profile), club=club_values(tenant), reader=reader_of(tenant))
    return Rendered(
        render_strict(subject, values, part="subject"), render_strict(body, values, part="text"), ""
    )


def write_to(
    profile_id: UUID, *, channel: str, subject: str = "", body: str = "", template_id: str = ""
) -> str:
    """Plan the message now; returns its key. Raises NotAllowed, TemplateProblem, ValueError where nothing is said."""
    key = f"person:{uuid4()}"
    with transaction.atomic(), connection.cursor() as cursor:
        message = keep_message(
            channel=channel,
            name=subject[:200],
            subject=subject,
            body=body,
            template_id=template_id,
            profile_id=None if template_id else profile_id,
        )
        planning.open_candidates(cursor)
        planning.stage(cursor, [Candidate(profile_id, key, {channel: message.pk})])
        outcome = planning.plan(cursor, SENDING)
        if outcome.of(DeliveryStatus.PLANNED) != 1:
            raise NotAllowed(next(iter(outcome.reasons()), Reason.NO_CHANNEL.value))
        log_action(
            "customer.written_to",
            subject_kind="customer",
            subject_id=profile_id,
            details={"channel": channel},
        )
    return key
