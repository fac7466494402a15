"""What the log brings: entries by triggers, wakes, exits, goals, changed facts.

The consumer stands behind segments and scoring, so that whoever is asked about is as they were made by the same entry.
Only journeys that name a kind of event are looked at. All happens in the transaction in which the position moves.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.consumers import Entry
from journeys import leaving, scanning
from journeys.definition.triggers import DateTrigger, EventTrigger, ScoreTrigger, SegmentTrigger, Trigger
from journeys.definition.vocabulary import activity_types
from journeys.engine.holding import end_runs, wake_runs
from journeys.entering import Entrant, enter
from journeys.following import Following, changed_fields
from journeys.interest import Happened, Interest, happened_in, heard_journeys, later_than
from journeys.models import EntryRefusal, Journey
from journeys.payloads import first_false, key_of
from journeys.score_crossings import crossings
from tenants.models import Tenant

logger = logging.getLogger(__name__)

LONGEST_ERROR: Final = 300
SUBSCRIBED: Final = """
SELECT run_id, profile_id, types, has_condition FROM journeys_subscription WHERE tenant_id = %s AND profile_id = ANY(%s)
"""


def wants(tenant: Tenant) -> dict[str, None] | None:
    """What the consumer has a use for: nothing while the club has no journey that anybody is in or may enter."""
    return None if heard_journeys().exists() else {}


def handle(tenant: Tenant, entries: Sequence[Entry]) -> None:
    """Read a batch of the log for one club; the scope is open."""
    hear(tenant, entries, timezone.now())


def hear(
    tenant: Tenant, entries: Sequence[Entry], now: datetime, *, interest: Interest | None = None
) -> None:
    """The same at a moment; `interest`: of the one journey of a trial, which changes no more."""
    _Batch(tenant, entries, now, interest).run()


class _Batch:
    def __init__(
        self, tenant: Tenant, entries: Sequence[Entry], now: datetime, interest: Interest | None
    ) -> None:
        self.tenant, self.entries, self.now = tenant, entries, now
        self.is_trial = interest is not None
        self.interest = interest or Interest.load()
        self.people = {one.profile_id for one in entries if one.profile_id is not None}

    @cached_property
    def crossed(self) -> Mapping[UUID, Sequence[tuple[int, Entry]]]:
        """Person → joins and leaves with their places in the batch."""
        found: dict[UUID, list[tuple[int, Entry]]] = {}
        for place, one in enumerate(self.entries):
            if one.profile_id is not None and one.kind in ("segment.joined", "segment.left"):
                found.setdefault(one.profile_id, []).append((place, one))
        return found

    def run(self) -> None:
        """Facts first, then ways out, then wakes, then ways in: nobody enters by what has just thrown them out."""
        if not self.interest.journeys or not self.people:
            return
        following = Following(self.tenant, self.interest, self.now)
        changed = changed_fields(self.entries)
        if changed:
            moved = following.occurrences(changed)
            if moved:
                end_runs(moved.items(), now=self.now)
            following.dates(changed)
            following.clocks_of_clubs(changed.get("homeClubId", set()))
            self._enter_late(changed)
        happened = happened_in(self.tenant, self.entries, self.interest)
        if happened:
            following.bookings(happened)
            leaving.convert(self.tenant, happened, self.interest)
        ending, details = leaving.leaving(self.tenant, self.entries, happened, self.interest, self.now)
        if ending:
            end_runs(ending.items(), now=self.now, details=details)
        self._wake()
        self._enter_by_events(happened)
        self._enter_by_segments()
        self._enter_by_scores()

    # --- Wakes

    def _wake(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUBSCRIBED, [self.tenant.pk, list(self.people)])
            rows = cursor.fetchall()
            if not rows:
                return
            types: dict[UUID, set[str]] = {}
            moved: set[UUID] = set()
            for one in self.entries:
                if one.profile_id is None:
                    continue
                if one.kind == "activity.recorded":
                    types.setdefault(one.profile_id, set()).add(str(one.data.get("type")))
                moved.add(one.profile_id)
            runs = [
                run_id
                for run_id, profile_id, wanted, has_condition in rows
                if types.get(profile_id, set()) & set(wanted) or (has_condition and profile_id in moved)
            ]
            wake_runs(cursor, runs, self.now)

    # --- Ways in

    def _enter_late(self, changed: Mapping[str, set[UUID]]) -> None:
        for journey, trigger in self._triggers(DateTrigger):
            who = changed.get(trigger.field, set()) | changed.get("*", set())
            if who:
                zone = self.interest.definitions[journey.pk].zone(self.tenant.zone)
                scanning.date_changed(journey, trigger, who, self.now, zone)

    def _enter_by_events(self, happened: Sequence[Happened]) -> None:
        for journey, trigger in self._triggers(EventTrigger):
            kinds = activity_types(trigger.event)
            entrants = [
                Entrant(
                    one.profile_id,
                    key=_key(one, trigger),
                    cause="EVENT",
                    event_type=one.type,
                    event_id=one.id,
                    data=one.payload,
                    at=one.at,
                )
                for one in happened
                if one.type in kinds and first_false(trigger.where, one.payload) is None
            ]
            entrants = self._without_those_it_is_over_for(journey, entrants)
            if entrants:
                self._enter(journey, entrants, trigger)

    def _without_those_it_is_over_for(self, journey: Journey, entrants: list[Entrant]) -> list[Entrant]:
        """What ends a run may be read before, or together with, what starts it: then nobody enters.

        A trial needs no look: it hears one thing after the other.
        """
        definition = self.interest.definitions[journey.pk]
        types = leaving.ending_types(definition)
        if not entrants or not types or self.is_trial:
            return entrants
        found = later_than(self.tenant, entrants, types, self.now)
        may: list[Entrant] = []
        refused: list[Entrant] = []
        for one in entrants:
            is_over = any(
                other.id != one.event_id and leaving.exit_reason(definition, other, one.key) is not None
                for other in found.get(one.profile_id, ())
                if one.at is not None and other.at >= one.at
            )
            (refused if is_over else may).append(one)
        for one in refused:
            _refuse(journey, one.profile_id, "ALREADY_OVER", key=one.key, cause=one.cause)
        return may

    def _enter_by_segments(self) -> None:
        for journey, trigger in self._triggers(SegmentTrigger):
            kind = "segment.joined" if trigger.change == "JOINED" else "segment.left"
            definition, entrants = self.interest.definitions[journey.pk], []
            for place, one in enumerate(self.entries):
                if one.kind != kind or one.profile_id is None or one.data.get("segmentId") != trigger.segment:
                    continue
                later = (other for at, other in self.crossed[one.profile_id] if at > place)
                if leaving.segment_reason(definition, later) is not None:
                    _refuse(journey, one.profile_id, "ALREADY_OVER")
                    continue
                if one.data.get("cause") in leaving.MERGES and not trigger.on_merge:
                    _refuse(journey, one.profile_id, "MERGE_JOIN_IGNORED")
                    continue
                entrants.append(Entrant(one.profile_id, cause="SEGMENT", at=one.at))
            if entrants:
                self._enter(journey, entrants, trigger)

    def _enter_by_scores(self) -> None:
        scored = [one for one in self.entries if one.kind == "profile.scored" and one.profile_id is not None]
        if not scored:
            return
        for journey, trigger in self._triggers(ScoreTrigger):
            triggers = self.interest.definitions[journey.pk].triggers
            entrants = list(crossings(journey, trigger, triggers, scored, self.now))
            if entrants:
                self._enter(journey, entrants, trigger)

    def _enter(self, journey: Journey, entrants: list[Entrant], trigger: Trigger) -> None:
        """One journey that cannot let anybody in stops nobody else; it is noted with the error."""
        try:
            with transaction.atomic():
                enter(journey, entrants, trigger=trigger, now=self.now)
        except OperationalError:
            raise
        except Exception as error:  # whatever is wrong with the journey; kept for everybody whom it concerns
            logger.exception("nobody can enter a journey", extra={"journey": str(journey.pk)})
            words = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
            for one in entrants:
                _refuse(
                    journey,
                    one.profile_id,
                    "ENTRY_FAILED",
                    key=one.key,
                    cause=one.cause,
                    detail={"error": words},
                )

    def _triggers(self, kind: type[Any]) -> Iterator[tuple[Journey, Any]]:
        for journey_id, definition in self.interest.definitions.items():
            journey = self.interest.journeys[journey_id]
            if journey.status in ("ACTIVE", "PAUSED"):
                for trigger in definition.triggers:
                    if isinstance(trigger, kind):
                        yield journey, trigger


def _refuse(
    journey: Journey,
    profile_id: UUID,
    reason: str,
    *,
    key: str = "",
    cause: str = "SEGMENT",
    detail: Mapping[str, Any] | None = None,
) -> None:
    EntryRefusal.objects.create(
        tenant_id=journey.tenant_id,
        journey_id=journey.pk,
        profile_id=profile_id,
        reason=reason,
        key=key,
        cause=cause,
        detail=detail,
    )


def _key(one: Happened, trigger: EventTrigger) -> str:
    """The business key; an event that brings none is a business of its own."""
    return key_of(one.payload, trigger.key) or ("" if trigger.key is None else f"event:{one.id}")
