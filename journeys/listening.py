"""What the log brings: entries by triggers, wakes, exits, goals, changed facts.

The consumer stands behind segments and scoring, so that whoever is asked about is as they were made by the same entry.
Only journeys that name a kind of event are looked at. All happens in the transaction in which the position moves.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from events.consumers import Entry
from journeys import leaving, scanning
from journeys.definition.triggers import DateTrigger, EventTrigger, ScoreTrigger, SegmentTrigger
from journeys.definition.vocabulary import activity_types
from journeys.engine.holding import end_runs, wake_runs
from journeys.entering import Arrivals, Entrant, enter_all
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
    """The same at a moment; `interest`: of the one journey of a trial, which changes no more.

    Needs an open transaction: whom it is about stands in temporary tables that end with it.
    """
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
        coming = []
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
            if entrants:
                coming.append(Arrivals(journey, entrants, trigger))
        self._enter(self._without_those_it_is_over_for(coming))

    def _without_those_it_is_over_for(self, coming: list[Arrivals]) -> list[Arrivals]:
        """What ends a run may be read before, or together with, what starts it: then nobody enters.

        A trial needs no look: it hears one thing after the other.
        """
        definitions = self.interest.definitions
        types = {one.journey.pk: leaving.ending_types(definitions[one.journey.pk]) for one in coming}
        asking = [entrant for one in coming if types[one.journey.pk] for entrant in one.entrants]
        if not asking or self.is_trial:
            return coming
        every = sorted({kind for named in types.values() for kind in named})
        found = later_than(self.tenant, asking, every, self.now)
        left, refused = [], []
        for arrivals in coming:
            definition = definitions[arrivals.journey.pk]
            may: list[Entrant] = []
            for one in arrivals.entrants:
                is_over = any(
                    other.id != one.event_id and leaving.exit_reason(definition, other, one.key) is not None
                    for other in found.get(one.profile_id, ())
                    if one.at is not None and other.at >= one.at
                )
                if is_over:
                    refused.append(_refusal(arrivals.journey, one, "ALREADY_OVER"))
                else:
                    may.append(one)
            if may:
                left.append(replace(arrivals, entrants=may))
        EntryRefusal.objects.bulk_create(refused)
        return left

    def _enter_by_segments(self) -> None:
        coming, refused = [], []
        for journey, trigger in self._triggers(SegmentTrigger):
            kind = "segment.joined" if trigger.change == "JOINED" else "segment.left"
            definition, entrants = self.interest.definitions[journey.pk], []
            for place, one in enumerate(self.entries):
                if one.kind != kind or one.profile_id is None or one.data.get("segmentId") != trigger.segment:
                    continue
                entrant = Entrant(one.profile_id, cause="SEGMENT", at=one.at)
                later = (other for at, other in self.crossed[one.profile_id] if at > place)
                if leaving.segment_reason(definition, later) is not None:
                    refused.append(_refusal(journey, entrant, "ALREADY_OVER"))
                elif one.data.get("cause") in leaving.MERGES and not trigger.on_merge:
                    refused.append(_refusal(journey, entrant, "MERGE_JOIN_IGNORED"))
                else:
                    entrants.append(entrant)
            if entrants:
                coming.append(Arrivals(journey, entrants, trigger))
        EntryRefusal.objects.bulk_create(refused)
        self._enter(coming)

    def _enter_by_scores(self) -> None:
        scored = [one for one in self.entries if one.kind == "profile.scored" and one.profile_id is not None]
        if not scored:
            return
        coming = []
        for journey, trigger in self._triggers(ScoreTrigger):
            triggers = self.interest.definitions[journey.pk].triggers
            entrants = list(crossings(journey, trigger, triggers, scored, self.now))
            if entrants:
                coming.append(Arrivals(journey, entrants, trigger))
        self._enter(coming)

    def _enter(self, coming: Sequence[Arrivals]) -> None:
        """By one trigger of each journey at a time: whoever entered by the first is in already for the second."""
        waves: list[dict[UUID, Arrivals]] = []
        for one in coming:
            wave = next((each for each in waves if one.journey.pk not in each), None)
            if wave is None:
                waves.append(wave := {})
            wave[one.journey.pk] = one
        for wave in waves:
            self._enter_together(list(wave.values()))

    def _enter_together(self, coming: Sequence[Arrivals]) -> None:
        """One journey that cannot let anybody in stops nobody else; it is noted with the error."""
        try:
            with transaction.atomic():
                enter_all(coming, now=self.now, is_counted=False)
        except OperationalError:
            raise
        except Exception as error:  # whatever is wrong with a journey; kept for everybody whom it concerns
            if len(coming) > 1:
                half = len(coming) // 2
                self._enter_together(coming[:half])
                self._enter_together(coming[half:])
                return
            [one] = coming
            logger.exception("nobody can enter a journey", extra={"journey": str(one.journey.pk)})
            detail = {"error": f"{type(error).__name__}: {error}"[:LONGEST_ERROR]}
            EntryRefusal.objects.bulk_create(
                _refusal(one.journey, entrant, "ENTRY_FAILED", detail) for entrant in one.entrants
            )

    def _triggers(self, kind: type[Any]) -> Iterator[tuple[Journey, Any]]:
        for journey_id, definition in self.interest.definitions.items():
            journey = self.interest.journeys[journey_id]
            if journey.status in ("ACTIVE", "PAUSED"):
                for trigger in definition.triggers:
                    if isinstance(trigger, kind):
                        yield journey, trigger


def _refusal(
    journey: Journey, one: Entrant, reason: str, detail: Mapping[str, Any] | None = None
) -> EntryRefusal:
    return EntryRefusal(
        tenant_id=journey.tenant_id,
        journey_id=journey.pk,
        profile_id=one.profile_id,
        reason=reason,
        key=one.key,
        cause=one.cause,
        detail=detail,
    )


def _key(one: Happened, trigger: EventTrigger) -> str:
    """The business key; an event that brings none is a business of its own."""
    return key_of(one.payload, trigger.key) or ("" if trigger.key is None else f"event:{one.id}")
