"""What staff do with a journey as a whole: make, publish, pause, resume, archive, copy, bring in and take out."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from journeys import entering
from journeys.definition import Definition, parse
from journeys.drafts import EMPTY, MADE, draft_of, get_journey, live_version, ready_draft, save_draft
from journeys.engine import holding
from journeys.errors import ApprovalNeeded, IllegalTransition, NameTaken, NothingToDo
from journeys.models import (
    DraftRevision,
    EntryRefusal,
    Journey,
    JourneyDraft,
    JourneyStatus,
    JourneyVersion,
    Run,
    Trial,
)
from journeys.publishing import moving
from messaging.holds import hold_source, release_source
from tenants.action_log import log_action
from tenants.actors import current_actor
from tenants.errors import InvalidError
from tenants.models import Tenant
from tenants.scope import current_tenant_id

S: Final = JourneyStatus
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    S.DRAFT: frozenset({S.ACTIVE, S.ARCHIVED}),
    S.ACTIVE: frozenset({S.ACTIVE, S.PAUSED, S.ARCHIVED}),
    S.PAUSED: frozenset({S.ACTIVE, S.ARCHIVED}),
    S.ARCHIVED: frozenset(),
}
APPROVAL: Final = "journeysNeedApproval"
LONGEST_NAME: Final = 120
RESUMING: Final = (holding.Release.CONTINUE, holding.Release.SHIFT, holding.Release.SKIP)
MOST_MINUTES: Final = 10_080


class AtArchive(StrEnum):
    """What becomes of those under way."""

    FINISH = "FINISH"
    EXIT = "EXIT"


def create_journey(
    *, name: Any, description: str = "", definition: Any = None, template: str = ""
) -> Journey:
    """A new draft; raises NameTaken, InvalidError, InvalidDefinition."""
    parsed = parse(EMPTY if definition is None else definition)
    try:
        with transaction.atomic():
            journey: Journey = Journey.objects.create(
                tenant_id=current_tenant_id(),
                name=_checked_name(name),
                description=description[:2000],
                template=template,
                created_by_name=current_actor().name,
            )
            save_draft(journey, parsed.as_json(), MADE)
            log_action("journey.created", subject_kind="journey", subject_id=journey.pk)
    except IntegrityError as error:
        raise NameTaken from error
    return journey


def rename_journey(journey_id: UUID, *, name: Any = None, description: str | None = None) -> Journey:
    """Other words for a journey; raises JourneyNotFound, NameTaken, InvalidError."""
    journey = get_journey(journey_id)
    if name is not None:
        journey.name = _checked_name(name)
    if description is not None:
        journey.description = description[:2000]
    journey.updated_at = timezone.now()
    try:
        with transaction.atomic():
            journey.save()
    except IntegrityError as error:
        raise NameTaken from error
    return journey


def _checked_name(name: Any) -> str:
    text: str = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > LONGEST_NAME or "\x00" in text:
        raise InvalidError(f"Give a name of 1 to {LONGEST_NAME} characters.", field="name")
    return text


def publish(
    journey_id: UUID, *, choices: Mapping[str, Any] | None = None, note: str = "", is_rule: bool = False
) -> JourneyVersion:
    """Make the draft the live version and start the journey; people under way are moved by `choices`.

    `is_rule`: a rule that was approved with the version before it does so, and needs no second person.

    Where the draft says what the live version says, that one goes on (and a paused journey is resumed). Raises
    DraftNotReady, IllegalTransition, ApprovalNeeded.
    """
    with transaction.atomic():
        journey = get_journey(journey_id, for_update=True)
        _check_transition(journey, S.ACTIVE)
        definition = ready_draft(journey)
        before = live_version(journey)
        if before is not None and before.fingerprint == definition.fingerprint:
            _start(journey, before)
            return before
        if not is_rule:
            _check_approval(journey)
        version = _new_version(journey, definition, note)
        _start(journey, version)
        JourneyDraft.objects.filter(journey_id=journey.pk).update(definition=definition.as_json())
        if before is not None:
            moving.move(journey, version, choices or {})
        log_action(
            "journey.published",
            subject_kind="journey",
            subject_id=journey.pk,
            details={"version": version.number},
        )
    return version


def _new_version(journey: Journey, definition: Definition, note: str) -> JourneyVersion:
    newest = JourneyVersion.objects.filter(journey_id=journey.pk).aggregate(Max("number"))["number__max"]
    version: JourneyVersion = JourneyVersion.objects.create(
        tenant_id=journey.tenant_id,
        journey_id=journey.pk,
        number=(newest or 0) + 1,
        definition=definition.as_json(),
        fingerprint=definition.fingerprint,
        published_by_name=current_actor().name,
        note=note[:500],
    )
    return version


def _start(journey: Journey, version: JourneyVersion) -> None:
    """Nothing that happened before the first start counts: dates and schedules are looked at from now on."""
    now = timezone.now()
    was = journey.status
    journey.status, journey.version_id, journey.updated_at = S.ACTIVE.value, version.pk, now
    journey.submitted_at, journey.submitted_by_id, journey.submitted_by_name = None, None, ""
    if was == S.DRAFT:
        journey.activated_at = journey.scanned_at = now
    paused_at, journey.paused_at = journey.paused_at, None
    journey.save()
    release_source(journey.pk)
    if was == S.PAUSED and paused_at is not None:
        holding.resume(journey, paused_at=paused_at, now=now)
    if was == S.DRAFT:
        entering.enter_members(journey, parse(version.definition))


def _check_transition(journey: Journey, after: JourneyStatus) -> None:
    if after not in TRANSITIONS[journey.status]:
        raise IllegalTransition(journey.status, after.value)


def _check_approval(journey: Journey) -> None:
    """Where the club wants a second person, the first one's wish is noted and refused until another publishes."""
    if not needs_second_person(journey):
        return
    actor = current_actor()
    mine = actor.user.pk if actor.user else None
    if journey.submitted_at is None or journey.submitted_by_id == mine:
        raise ApprovalNeeded


def activate(
    journey_id: UUID, *, moves: Any = None, how: Any = None, minutes: Any = None, note: Any = None
) -> Journey:
    """Start, publish the draft, or resume: what the API calls activate.

    `how` says what becomes of those who fell due during a pause (CONTINUE, SHIFT, SKIP), `minutes` over how many they
    are spread. Raises InvalidError, and whatever `publish` and `resume` do.
    """
    if moves is not None and not (
        isinstance(moves, Mapping) and all(isinstance(one, Mapping) for one in moves.values())
    ):
        raise InvalidError("Give an object: version:step → {choice, step, sends}.", field="moves")
    if how is not None and how not in RESUMING:
        raise InvalidError(f"Choose one of {', '.join(RESUMING)}.", field="how")
    if minutes is None:
        minutes = 0
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= MOST_MINUTES:
        raise InvalidError(f"Give 0 to {MOST_MINUTES:,} minutes.", field="minutes")
    if note is not None and not isinstance(note, str):
        raise InvalidError("Write a text.", field="note")
    with transaction.atomic():
        journey = get_journey(journey_id)
        if journey.status == S.PAUSED and (how or minutes):
            resume(journey_id, how=str(how or holding.Release.CONTINUE), minutes=minutes)
        publish(journey_id, choices=moves or {}, note=note or "")
    return get_journey(journey_id)


def needs_second_person(journey: Journey) -> bool:
    """Whether the club wants one person to write a journey and another to publish it."""
    return bool(Tenant.objects.get(pk=journey.tenant_id).settings.get(APPROVAL))


def submit(journey_id: UUID) -> Journey:
    """Ask a second person to publish."""
    journey = get_journey(journey_id)
    actor = current_actor()
    journey.submitted_at = timezone.now()
    journey.submitted_by_id = actor.user.pk if actor.user else None
    journey.submitted_by_name = actor.name
    journey.save()
    return journey


def pause(journey_id: UUID, *, queues_entries: bool = True) -> Journey:
    """Hold everybody where they are; entries wait (at most 7 days) or are dropped."""
    with transaction.atomic():
        journey = get_journey(journey_id, for_update=True)
        _check_transition(journey, S.PAUSED)
        journey.status, journey.queues_entries = S.PAUSED.value, queues_entries
        journey.paused_at = journey.updated_at = timezone.now()
        journey.save()
        hold_source(journey.pk, "The journey is paused.")
        log_action("journey.paused", subject_kind="journey", subject_id=journey.pk)
    return journey


def resume(
    journey_id: UUID, *, how: str = holding.Release.CONTINUE, minutes: int = 0, now: datetime | None = None
) -> Journey:
    """Go on after a pause: as they are, spread over minutes; with waits shifted; or without overdue messages."""
    with transaction.atomic():
        journey = get_journey(journey_id, for_update=True)
        if journey.status != S.PAUSED or journey.paused_at is None:
            raise IllegalTransition(journey.status, S.ACTIVE.value)
        now = now or timezone.now()
        paused_at = journey.paused_at
        journey.status, journey.paused_at, journey.updated_at = S.ACTIVE.value, None, now
        journey.save()
        release_source(journey.pk)
        holding.resume(journey, paused_at=paused_at, now=now, how=how, minutes=minutes)
        log_action("journey.resumed", subject_kind="journey", subject_id=journey.pk, details={"how": how})
    return journey


def archive(journey_id: UUID, *, people: str = AtArchive.FINISH) -> Journey:
    """Nobody enters any more; those under way finish, or leave now."""
    with transaction.atomic():
        journey = get_journey(journey_id, for_update=True)
        was = journey.status
        _check_transition(journey, S.ARCHIVED)
        journey.status, journey.updated_at, paused_at = S.ARCHIVED.value, timezone.now(), journey.paused_at
        journey.paused_at = None
        journey.save()
        if people == AtArchive.EXIT:
            holding.end_all(journey, reason="ARCHIVED")
        elif was == S.PAUSED and paused_at is not None:
            holding.resume(journey, paused_at=paused_at, now=timezone.now())
        release_source(journey.pk)
        log_action(
            "journey.archived", subject_kind="journey", subject_id=journey.pk, details={"people": people}
        )
    return journey


def delete_draft(journey_id: UUID) -> None:
    """Delete a journey that never ran; raises NothingToDo for one with a history, which is archived instead."""
    with transaction.atomic():
        journey = get_journey(journey_id, for_update=True)
        if journey.status != S.DRAFT or Run.objects.filter(journey_id=journey.pk).exists():
            raise NothingToDo("This journey has a history: archive it instead.")
        # Whoever was named for a draft was refused, and that is no history.
        for child in (EntryRefusal, Trial, DraftRevision, JourneyDraft, JourneyVersion):
            child.objects.filter(journey_id=journey.pk).delete()
        log_action("journey.deleted", subject_kind="journey", subject_id=journey.pk)
        journey.delete()


def duplicate(journey_id: UUID) -> Journey:
    """A draft with the same definition under a free name."""
    journey = get_journey(journey_id)
    taken = set(Journey.objects.exclude(status=S.ARCHIVED).values_list("name", flat=True))
    base = journey.name[: LONGEST_NAME - 12]
    name = next(one for one in _copies(base) if one not in taken)
    return create_journey(name=name, description=journey.description, definition=draft_of(journey).definition)


def _copies(base: str) -> Any:
    yield f"{base} (copy)"
    number = 2
    while True:
        yield f"{base} (copy {number})"
        number += 1
