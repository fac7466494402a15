"""Trying a draft over REST: with one person, over the past at once, over the past as a job."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys import replaying, trials, trying
from journeys.api import definition_schema, schema
from journeys.api.views import id_of
from journeys.definition.vocabulary import activity_types
from journeys.drafts import get_journey, to_be_tried
from journeys.happening import SEGMENTS
from journeys.models import Journey
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from profiles.reading import get_customer
from tenants.api.bodies import body_object
from tenants.api.listing import FIELDS, small_list
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope


class SimulateView(TenantApiView):
    """Try the draft."""

    required_scopes = {"POST": Scope.CAMPAIGNS}
    described_components = definition_schema.components()

    @extend_schema(
        operation_id="simulateJourney", tags=["journeys"], summary="Try the draft, with one person or over the past",
        parameters=[schema.JOURNEY_ID], request=schema.SIMULATE, responses=schema.SIMULATION,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """With `customerId` step by step, hearing `events` so many hours after the entry; else over the last `days`.

        Nothing is kept.
        """
        return json_answer(simulated(get_journey(id_of(journeyId)), body_object(request)))


def simulated(journey: Journey, body: Mapping[str, Any]) -> dict[str, Any]:
    """What would happen to one person, or would have happened to everybody.

    Raises InvalidError, InvalidDefinition, DraftNotReady.
    """
    definition = to_be_tried(journey, body.get("definition"))
    if body.get("customerId"):
        data = body.get("data")
        if data is not None and not isinstance(data, dict):
            raise InvalidError("Give an object.", field="data")
        person = get_customer(customer_id_of(str(body["customerId"])))
        return trying.try_with(
            definition.as_json(),
            person.pk,
            data=data,
            coming=_coming(body.get("events") or []),
            tried=journey.pk,
        )
    result = replaying.dry_run(definition.as_json(), days=days_of(body.get("days")), tried=journey.pk)
    return trials.found_json(vars(result)) or {}


def _coming(raw: Any) -> list[trying.Coming]:
    if not isinstance(raw, list) or len(raw) > schema.MOST_EVENTS:
        raise InvalidError(f"Give a list of at most {schema.MOST_EVENTS} events.", field="events")
    return [_one_coming(one) for one in raw]


def _one_coming(raw: Any) -> trying.Coming:
    event, hours, data = (
        (raw.get("event"), raw.get("afterHours", 0), raw.get("data") or {})
        if isinstance(raw, dict)
        else (None, 0, {})
    )
    if not isinstance(event, str) or not (activity_types(event) or event in SEGMENTS):
        raise InvalidError("Name an event of the catalogue, segment.joined or segment.left.", field="events")
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= schema.MOST_HOURS:
        raise InvalidError(f"Give 0 to {schema.MOST_HOURS} as afterHours.", field="events")
    if not isinstance(data, dict):
        raise InvalidError("Give an object as data.", field="events")
    return trying.Coming(event, timedelta(hours=hours), data)


def days_of(raw: Any) -> int:
    """How far a trial looks back; raises InvalidError."""
    days = 90 if raw is None else raw
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= trials.MOST_DAYS:
        raise InvalidError(f"Give 1 to {trials.MOST_DAYS} days.", field="days")
    return int(days)


class TrialsView(TenantApiView):
    """Trials over the past, as jobs."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.CAMPAIGNS}

    @extend_schema(
        operation_id="listJourneyTrials", tags=["journeys"], summary="Trials over the past",
        parameters=[schema.JOURNEY_ID, FIELDS], responses=schema.TRIALS,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """The ten newest."""
        found = trials.kept_trials(get_journey(id_of(journeyId)))
        return json_answer({"data": small_list(self, request, [trials.trial_json(one) for one in found])})

    @extend_schema(
        operation_id="startJourneyTrial", tags=["journeys"], summary="Try the draft over the past, as a job",
        parameters=[schema.JOURNEY_ID], request=schema.TRIAL_START, responses={202: schema.TRIAL},
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Over the last `days` (90). Where one is under way, that one is answered."""
        journey, body = get_journey(id_of(journeyId)), body_object(request)
        made = trials.request_trial(journey, days_of(body.get("days")), body.get("definition"))
        return Response(trials.trial_json(made), status=202)


class TrialView(TenantApiView):
    """One trial."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="getJourneyTrial", tags=["journeys"], summary="How far a trial is, and what it found",
        parameters=[schema.JOURNEY_ID, schema.TRIAL_ID], responses=schema.TRIAL,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str, trialId: str) -> HttpResponseBase:  # noqa: N803
        """`progress` in per cent while it is RUNNING; `result` once it is DONE."""
        return json_answer(trials.trial_json(trials.get_trial(get_journey(id_of(journeyId)), trialId)))
