"""From jobs of the queue to committed rows: of events in the inbox, of others among the dead letters."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, transaction

from events.admission import tenant_of
from events.bullmq_jobs import envelope_from_job
from events.dead_letters import Letter, keep, keep_reused
from events.envelope import Received, receive
from events.inbox import Accepted, accept, taken_up_again
from events.json_text import check_size, load_json
from events.models import Door
from events.refusals import EnvelopeRefused, Refusal
from events.transports.queued_jobs import QueuedJob
from tenants.directory import find_tenant

logger = logging.getLogger(__name__)

Event = tuple[UUID, Received]

# COPY raises the driver's own errors, all other statements Django's.
DATABASE_ERRORS: Final = (DatabaseError, InterfaceError, psycopg.Error)
# What PostgreSQL answers when a value is at fault, and not the database or the way to it.
VALUE_ERRORS: Final = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a batch; the reasons of dead letters by the keys of their jobs."""

    accepted: int
    duplicates: int
    dead_letters: Mapping[bytes, str]

    def __add__(self, other: "TakenIn") -> "TakenIn":
        return TakenIn(
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            {**self.dead_letters, **other.dead_letters},
        )


def take_in(jobs: Sequence[QueuedJob], *, queue: str, now: datetime) -> TakenIn:
    """Store a batch of jobs; all of it is committed when this returns.

    Idempotent: a job that comes again is a duplicate in the inbox, or the same dead letter. Raises the error
    of the database when it is away; then nothing was stored. A job that it will not have becomes a dead
    letter.
    """
    events: list[tuple[UUID, Received]] = []
    read: list[QueuedJob] = []
    letters: dict[bytes, Letter] = {}
    for job in jobs:
        try:
            events.append(_read(job, now))
            read.append(job)
        except EnvelopeRefused as refused:
            letters[job.key] = _letter(job, queue, refused, _tenant_of_refused(job))
        except Exception as error:  # a defect of ours that one job provokes must not stop the others
            letters[job.key] = _letter(job, queue, _defeated(job, error), None)
    try:
        with transaction.atomic():
            accepted = accept(events, door=Door.QUEUE)
            if accepted.reused:
                accepted = _accept_reused(
                    accepted, [(read[place], events[place]) for place in accepted.reused], now
                )
            if accepted.duplicates:
                accepted = _accept_taken_up_again(accepted, read, events, now)
            keep(letters.values())
    except Exception as error:  # for the same reason
        return _take_in_parts(jobs, queue, now, error)
    reasons = {key: letter.refused.reason for key, letter in letters.items()}
    return TakenIn(accepted.accepted, accepted.duplicates, reasons)


def _accept_reused(first: Accepted, others: Sequence[tuple[QueuedJob, Event]], now: datetime) -> Accepted:
    """Take jobs whose event's id another event has.

    BullMQ documents that a job's own id may be used again once the job is gone, as a debounce does: with the job's time
    it is an event of its own. An id that the sender gave the event twice is a dead letter.
    """
    anew: list[Event] = []
    kept: list[Event] = []
    for job, event in others:
        if _may_be_used_again(job, event):
            anew.append(_with_time_in_id(job, event, now))
        else:
            kept.append(event)
    second = accept(anew, door=Door.QUEUE)
    keep_reused(Door.QUEUE, [*kept, *(anew[place] for place in second.reused)])
    return Accepted(first.accepted + second.accepted, first.duplicates + second.duplicates)


def _may_be_used_again(job: QueuedJob, event: Event) -> bool:
    """Whether the event's id is the job's own, which its sender may use again once the job is gone."""
    return event[1].envelope.id == job.id and job.timestamp_ms is not None


def _with_time_in_id(job: QueuedJob, event: Event, now: datetime) -> Event:
    tenant_id, received = event
    raw: dict[str, Any] = {**json.loads(received.text), "id": f"{job.id}@{job.timestamp_ms}"}
    return tenant_id, receive(raw, now=now)


def _accept_taken_up_again(
    accepted: Accepted, jobs: Sequence[QueuedJob], events: Sequence[Event], now: datetime
) -> Accepted:
    """Take jobs that say again what was said first under their id, after something else was: A, B, and A again."""
    places = [place for place, job in enumerate(jobs) if _may_be_used_again(job, events[place])]
    again = [places[one] for one in taken_up_again([events[place] for place in places])]
    more = accept([_with_time_in_id(jobs[place], events[place], now) for place in again], door=Door.QUEUE)
    return Accepted(accepted.accepted + more.accepted, accepted.duplicates - more.accepted)


def _take_in_parts(jobs: Sequence[QueuedJob], queue: str, now: datetime, error: Exception) -> TakenIn:
    """Halve a batch that failed, until the job at fault stands alone; raises what is no job's fault."""
    if not _is_fault_of_job(error):
        raise error
    if len(jobs) > 1:
        middle = len(jobs) // 2
        first, second = jobs[:middle], jobs[middle:]
        return take_in(first, queue=queue, now=now) + take_in(second, queue=queue, now=now)
    job = jobs[0]
    letter = _letter(job, queue, _defeated(job, error), _tenant_of_refused(job))
    with transaction.atomic():
        keep([letter])
    return TakenIn(0, 0, {job.key: letter.refused.reason})


def _is_fault_of_job(error: Exception) -> bool:
    return isinstance(error, VALUE_ERRORS) or not isinstance(error, DATABASE_ERRORS)


def _defeated(job: QueuedJob, error: Exception) -> EnvelopeRefused:
    """The refusal of a job on which we failed ourselves; raises what is not its fault."""
    if not _is_fault_of_job(error):
        raise error
    logger.error("a job cannot be taken in", exc_info=error, extra={"job_id": job.id})
    message = f"The event holds something that cannot be read or stored here ({type(error).__name__})."
    return EnvelopeRefused(Refusal.INVALID_ENVELOPE, message)


def _read(job: QueuedJob, now: datetime) -> tuple[UUID, Received]:
    """The event that a job holds; raises EnvelopeRefused."""
    if job.fault:
        raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, job.fault)
    if job.data is None:
        message = "The job has no data; was it removed from the queue while it waited?"
        raise EnvelopeRefused(Refusal.INVALID_ENVELOPE, message)
    # Before it is read: a job of many megabytes shall cost no more than this.
    check_size(len(job.data))
    received = receive(_envelope(job), now=now)
    return tenant_of(received.envelope), received


def _envelope(job: QueuedJob) -> Any:
    return envelope_from_job(
        job.name, load_json(job.data or b""), job.id, job.timestamp_ms, due_ms=job.due_ms
    )


def _letter(job: QueuedJob, queue: str, refused: EnvelopeRefused, tenant_id: UUID | None) -> Letter:
    return Letter(
        queue=queue,
        job_id=job.durable_id,
        job_name=job.name,
        body=job.data or b"",
        refused=refused,
        tenant_id=tenant_id,
    )


def _tenant_of_refused(job: QueuedJob) -> UUID | None:
    """Whose the refused job is, as far as it can be read: its staff shall see the letter."""
    try:
        check_size(len(job.data or b""))
        key = _envelope(job).get("tenantId")
    except EnvelopeRefused:
        return None
    tenant = find_tenant(key) if isinstance(key, str) else None
    return tenant.pk if tenant else None
