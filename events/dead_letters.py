"""Jobs of the queue that are no events: keeping them, making events of them after all, putting them aside."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.admission import tenant_of
from events.bullmq_jobs import envelope_from_job
from events.desk_log import log_if_of_a_club
from events.envelope import Received, receive
from events.inbox import Accepted, accept
from events.json_text import load_json
from events.models import DeadLetter, Door
from events.refusals import EnvelopeRefused, Refusal
from tenants.errors import ConflictError, InvalidError, NotFoundError
from tenants.models import User
from tenants.scope import all_tenants

LONGEST_BODY: Final = 100_000
LONGEST_NAME: Final = 300
LONGEST_FIELD: Final = 200
# UTF-8 takes at most four bytes a character: what is beyond need not be decoded.
MOST_BYTES_A_CHARACTER: Final = 4


@dataclass(frozen=True, slots=True)
class Letter:
    """A job that was refused. `tenant_id` is None where the job names no known tenant."""

    queue: str
    job_id: str
    job_name: str
    body: bytes
    refused: EnvelopeRefused
    tenant_id: UUID | None


def keep(letters: Iterable[Letter]) -> None:
    """Store refused jobs, each once however often it is delivered; safe when the transaction commits."""
    rows = [
        DeadLetter(
            tenant_id=letter.tenant_id,
            queue=letter.queue,
            job_id=storable(letter.job_id, LONGEST_NAME),
            job_name=storable(letter.job_name, LONGEST_NAME),
            code=letter.refused.code.value,
            field=letter.refused.field[:LONGEST_FIELD],
            message=letter.refused.message,
            body=storable(letter.body, LONGEST_BODY),
        )
        for letter in letters
    ]
    if rows:
        with all_tenants():
            DeadLetter.objects.bulk_create(rows, ignore_conflicts=True)


def keep_reused(door: Door, events: Iterable[tuple[UUID, Received]]) -> None:
    """Keep events whose id another event has: nobody may lose one without a word. Safe when the transaction commits."""
    keep(
        Letter(
            queue=door.value.lower(),
            job_id=_name_of(event),
            job_name=event.envelope.type,
            body=event.text.encode(),
            refused=reused_id(event.envelope.id),
            tenant_id=tenant_id,
        )
        for tenant_id, event in events
    )


def _name_of(event: Received) -> str:
    """Each content is a letter of its own, however often it comes."""
    digest = blake2b(event.text.encode(), digest_size=6).hexdigest()
    return f"{event.envelope.source}:{event.envelope.id}:{digest}"


def reused_id(event_id: str) -> EnvelopeRefused:
    """Why an event with the id of another one is not taken."""
    message = "Another event of this source has the same id and says something else: give each event an id of its own."
    return EnvelopeRefused(Refusal.ID_REUSED, message, "id")


def storable(text: bytes | str, longest: int) -> str:
    """Text that PostgreSQL can keep, cut to so many characters; what is no character becomes an escape."""
    encoded = text.encode(errors="backslashreplace") if isinstance(text, str) else text
    decoded = encoded[: longest * MOST_BYTES_A_CHARACTER].decode(errors="backslashreplace")
    return decoded.replace("\x00", "\\x00")[:longest]


def repair_dead_letter(letter_id: int, body: str, *, by: User) -> Accepted:
    """Take a corrected body through the checks of the door into the inbox; the letter counts as handled.

    `body` is JSON: an envelope, or one of the job's other shapes, for which the letter keeps name and id.
    Works in the open scope. Raises EnvelopeRefused, NotFoundError, ConflictError when the letter has been
    handled, and InvalidError when the body names another club than the one whose letter it is.
    """
    letter = DeadLetter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise NotFoundError("There is no such dead letter.")
    added_ms = int(letter.received_at.timestamp() * 1000)
    raw = envelope_from_job(letter.job_name, load_json(body), letter.job_id, added_ms)
    received = receive(raw, now=timezone.now())
    tenant_id = tenant_of(received.envelope)
    if letter.tenant_id is not None and letter.tenant_id != tenant_id:
        raise InvalidError("The event must stay with its club.", field="tenantId")
    with transaction.atomic():
        _handle(letter_id, by)
        log_if_of_a_club("dead_letter.repaired", 1, letter_id)
        return accept([(tenant_id, received)], door=Door.QUEUE)


def dismiss_dead_letter(letter_id: int, *, by: User) -> None:
    """Put a letter aside for good, in the open scope.

    Raises NotFoundError, and ConflictError when it has been handled already.
    """
    if not DeadLetter.objects.filter(pk=letter_id).exists():
        raise NotFoundError("There is no such dead letter.")
    with transaction.atomic():
        _handle(letter_id, by)
        log_if_of_a_club("dead_letter.dismissed", 1, letter_id)


def _handle(letter_id: int, by: User) -> None:
    open_letter = DeadLetter.objects.filter(pk=letter_id, handled_at=None)
    if open_letter.update(handled_at=timezone.now(), handled_by=by) == 0:
        raise ConflictError("The dead letter has been handled already.", code="ALREADY_HANDLED")
