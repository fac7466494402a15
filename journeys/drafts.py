"""Editing: the draft of a journey, each act a revision, so that undo and redo only move a pointer."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from journeys.definition import Definition, InvalidDefinition, Problem, parse
from journeys.definition.checking import check
from journeys.errors import DraftNotReady, JourneyNotFound, NothingToDo
from journeys.models import DraftRevision, Journey, JourneyDraft, JourneyVersion
from journeys.world import world
from tenants.actors import current_actor

MOST_REVISIONS: Final = 200
MADE: Final = "Made"
EMPTY: Final[dict[str, Any]] = {"triggers": [], "steps": [], "start": None}


def get_journey(journey_id: UUID, *, for_update: bool = False) -> Journey:
    """The journey; raises JourneyNotFound."""
    rows = Journey.objects.select_for_update() if for_update else Journey.objects
    journey: Journey | None = rows.filter(pk=journey_id).first()
    if journey is None:
        raise JourneyNotFound
    return journey


def live_version(journey: Journey) -> JourneyVersion | None:
    """The version that new people enter; None before the first publication."""
    found: JourneyVersion | None = JourneyVersion.objects.filter(pk=journey.version_id).first()
    return found


def draft_of(journey: Journey) -> JourneyDraft:
    """The draft; where nothing is being edited, one of the live version."""
    draft: JourneyDraft | None = JourneyDraft.objects.filter(journey_id=journey.pk).first()
    if draft is not None:
        return draft
    version = live_version(journey)
    definition = version.definition if version else parse(EMPTY).as_json()
    with transaction.atomic():
        JourneyDraft.objects.bulk_create(
            [JourneyDraft(tenant_id=journey.tenant_id, journey_id=journey.pk, definition=definition)],
            ignore_conflicts=True,
        )
        DraftRevision.objects.bulk_create(
            [
                DraftRevision(
                    tenant_id=journey.tenant_id,
                    journey_id=journey.pk,
                    number=0,
                    definition=definition,
                    act="Opened",
                )
            ],
            ignore_conflicts=True,
        )
    found: JourneyDraft = JourneyDraft.objects.get(journey_id=journey.pk)
    return found


def save_draft(journey: Journey, raw: Any, act: str) -> JourneyDraft:
    """Make a definition the draft, as a new revision; raises InvalidDefinition where its form is wrong.

    What was undone before is forgotten. The same definition again makes no revision.
    """
    definition = parse(raw)
    with transaction.atomic():
        draft_of(journey)
        draft: JourneyDraft = JourneyDraft.objects.select_for_update().get(journey_id=journey.pk)
        if parse(draft.definition).canonical == definition.canonical:
            return draft
        revisions = DraftRevision.objects.filter(journey_id=journey.pk)
        revisions.filter(number__gt=draft.position).delete()
        revisions.filter(number__lte=draft.position - MOST_REVISIONS).delete()
        draft.position += 1
        DraftRevision.objects.create(
            tenant_id=journey.tenant_id,
            journey_id=journey.pk,
            number=draft.position,
            definition=definition.as_json(),
            act=act[:200],
            made_by_name=current_actor().name,
        )
        return _show(draft, definition.as_json())


def ready_draft(journey: Journey) -> Definition:
    """The draft, which could be published as it is; raises DraftNotReady."""
    definition = parse(draft_of(journey).definition)
    if errors := [one for one in problems_of(definition) if one.is_error]:
        raise DraftNotReady(errors)
    return definition


def to_be_tried(journey: Journey, raw: Any = None) -> Definition:
    """A definition that was sent along, or the draft; raises InvalidDefinition, DraftNotReady."""
    if raw is None:
        return ready_draft(journey)
    definition = parse(raw)
    if errors := [one for one in problems_of(definition) if one.is_error]:
        raise InvalidDefinition(errors)
    return definition


def step_back(journey: Journey) -> JourneyDraft:
    """Undo the last act; raises NothingToDo."""
    return _go(journey, -1, "There is nothing to undo.")


def step_forward(journey: Journey) -> JourneyDraft:
    """Redo what was undone; raises NothingToDo."""
    return _go(journey, 1, "There is nothing to redo.")


def _go(journey: Journey, by: int, words: str) -> JourneyDraft:
    with transaction.atomic():
        draft_of(journey)
        draft: JourneyDraft = JourneyDraft.objects.select_for_update().get(journey_id=journey.pk)
        revision = DraftRevision.objects.filter(journey_id=journey.pk, number=draft.position + by).first()
        if revision is None or (by < 0 and _is_beginning(journey, draft)):
            raise NothingToDo(words)
        draft.position += by
        return _show(draft, revision.definition)


def _is_beginning(journey: Journey, draft: JourneyDraft) -> bool:
    """Whether the draft stands as it was made: a template is not taken back to an empty sheet."""
    rows = DraftRevision.objects.filter(journey_id=journey.pk, number=draft.position)
    return rows.filter(act=MADE).exists()


def _show(draft: JourneyDraft, definition: dict[str, Any]) -> JourneyDraft:
    draft.definition = definition
    draft.updated_at, draft.updated_by_name = timezone.now(), current_actor().name
    draft.save()
    return draft


def acts_around(journey: Journey, draft: JourneyDraft) -> tuple[str, str]:
    """What undo would take back and redo would bring; empty: nothing."""
    rows = dict(
        DraftRevision.objects.filter(
            journey_id=journey.pk, number__in=[draft.position, draft.position + 1]
        ).values_list("number", "act")
    )
    is_first = (
        draft.position == 0
        or rows.get(draft.position) == MADE
        or not DraftRevision.objects.filter(journey_id=journey.pk, number=draft.position - 1).exists()
    )
    return ("" if is_first else rows.get(draft.position, ""), rows.get(draft.position + 1, ""))


def problems_of(definition: Definition) -> list[Problem]:
    """Everything that is wrong with a definition in this club."""
    return check(definition, world())
