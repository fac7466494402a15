"""Journeys over REST."""

from typing import Any, Final
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys import entering, lifecycle, replaying, trying
from journeys.api import schema
from journeys.definition import InvalidDefinition, parse
from journeys.drafts import draft_of, get_journey, live_version, problems_of, save_draft
from journeys.entering import Entrant
from journeys.errors import JourneyNotFound
from journeys.explaining import explain, run_json
from journeys.models import Journey, JourneyStatus, Run, RunEnded
from journeys.reading import analytics, draft_json, figures, journey_json, kinds_json, steps_json
from journeys.versions import definition_of
from profiles.api.customers import json_answer
from profiles.api.parameters import body_object
from segments.models import SegmentMember
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope

MOST_IDS: Final = 10_000
MOST_DAYS: Final = 365


def id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises JourneyNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise JourneyNotFound from None


def customer_ids(raw: Any) -> list[UUID]:
    """Ids of a body; raises InvalidError."""
    if not isinstance(raw, list) or len(raw) > MOST_IDS:
        raise InvalidError(f"Give a list of at most {MOST_IDS:,} ids.", field="customerIds")
    try:
        return [UUID(str(one)) for one in raw]
    except ValueError:
        raise InvalidError("These are not all ids of customers.", field="customerIds") from None


class JourneysView(ListView):
    """All journeys."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.CAMPAIGNS}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at", "name": "name"}

    @extend_schema(
        operation_id="listJourneys", tags=["journeys"], summary="List journeys",
        parameters=[schema.STATUS], responses=schema.JOURNEYS,
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """The newest first."""
        params = request._request.GET
        rows = Journey.objects.order_by("-created_at", "pk")
        status = params.get("status")
        if status:
            if status not in JourneyStatus.values:
                raise InvalidParameterError("status", f"Choose one of {', '.join(JourneyStatus.values)}.")
            rows = rows.filter(status=status)
        return json_answer(self.list_answer(request, rows, lambda page: [journey_json(one) for one in page]))

    @extend_schema(
        operation_id="createJourney", tags=["journeys"], summary="Make a journey",
        request=schema.JOURNEY_CREATE, responses={201: schema.JOURNEY},
    )  # fmt: skip
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """A draft; nothing happens before it is activated."""
        body = body_object(request)
        journey = lifecycle.create_journey(
            name=str(body.get("name") or ""),
            description=str(body.get("description") or ""),
            definition=body.get("definition"),
        )
        return Response({**journey_json(journey), **draft_json(journey)}, status=201)


class JourneyView(TenantApiView):
    """One journey."""

    required_scopes = {"GET": Scope.READ, "PATCH": Scope.CAMPAIGNS, "DELETE": Scope.CAMPAIGNS}

    @extend_schema(
        operation_id="getJourney", tags=["journeys"], summary="Read a journey",
        parameters=[schema.JOURNEY_ID, schema.INCLUDE], responses=schema.JOURNEY,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """With its draft and what is wrong with it; `include=steps,enrollments` adds those."""
        journey = get_journey(id_of(journeyId))
        answer = {**journey_json(journey), **draft_json(journey)}
        wanted = request._request.GET.get("include", "").split(",")
        if "steps" in wanted:
            answer["steps"] = _steps(journey)
        if "enrollments" in wanted:
            answer["enrollments"] = figures(journey)
        return json_answer(answer)

    @extend_schema(
        operation_id="updateJourney", tags=["journeys"], summary="Change a journey",
        parameters=[schema.JOURNEY_ID], request=schema.JOURNEY_CHANGE, responses=schema.JOURNEY,
    )  # fmt: skip
    def patch(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Name and description at once; a definition becomes the draft."""
        body = body_object(request)
        journey = lifecycle.rename_journey(
            id_of(journeyId), name=body.get("name"), description=body.get("description")
        )
        if "definition" in body:
            save_draft(journey, body["definition"], "Changed by the API")
        return json_answer({**journey_json(journey), **draft_json(journey)})

    @extend_schema(
        operation_id="deleteJourney", tags=["journeys"], summary="Delete a draft",
        parameters=[schema.JOURNEY_ID], responses={204: None},
    )  # fmt: skip
    def delete(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Only one that never ran; others are archived."""
        lifecycle.delete_draft(id_of(journeyId))
        return Response(status=204)


def _steps(journey: Journey) -> list[dict[str, Any]]:
    version = live_version(journey)
    return steps_json(definition_of(version.pk) if version else parse(draft_of(journey).definition))


class StepsView(TenantApiView):
    """The steps of a journey."""

    required_scopes = {"GET": Scope.READ, "PUT": Scope.CAMPAIGNS}

    @extend_schema(
        operation_id="listJourneySteps", tags=["journeys"], summary="Read the steps",
        parameters=[schema.JOURNEY_ID], responses=schema.STEPS,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Of the live version, else of the draft; and every kind of step there is."""
        journey = get_journey(id_of(journeyId))
        return json_answer({"steps": _steps(journey), "kinds": kinds_json()})

    @extend_schema(
        operation_id="replaceJourneySteps", tags=["journeys"], summary="Replace the steps of the draft",
        parameters=[schema.JOURNEY_ID], request=schema.STEPS_CHANGE, responses=schema.JOURNEY,
    )  # fmt: skip
    def put(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """`start` left out: the first one."""
        journey, body = get_journey(id_of(journeyId)), body_object(request)
        steps = body.get("steps")
        if not isinstance(steps, list):
            raise InvalidError("Give a list of steps.", field="steps")
        raw = dict(draft_of(journey).definition)
        first = steps[0].get("id") if steps and isinstance(steps[0], dict) else None
        raw |= {"steps": steps, "start": body.get("start", first)}
        save_draft(journey, raw, "Steps replaced by the API")
        return json_answer({**journey_json(journey), **draft_json(journey)})


class _Act(TenantApiView):
    required_scopes = {"POST": Scope.CAMPAIGNS}

    def body(self, request: ApiRequest) -> dict[str, Any]:
        """The body; none is an empty one."""
        return body_object(request) if request._request.body else {}


class ActivateView(_Act):
    """Publish and start."""

    @extend_schema(
        operation_id="activateJourney", tags=["journeys"], summary="Publish the draft and start, or resume",
        parameters=[schema.JOURNEY_ID], request=schema.ACTIVATE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """`moves` says what becomes of people under way: place (version:step) → choice, step, sends."""
        body = self.body(request)
        journey = get_journey(id_of(journeyId))
        if journey.status == JourneyStatus.PAUSED and body.get("how"):
            lifecycle.resume(journey.pk, how=str(body["how"]), minutes=int(body.get("minutes") or 0))
        lifecycle.publish(journey.pk, choices=body.get("moves") or {}, note=str(body.get("note") or ""))
        return json_answer(journey_json(get_journey(journey.pk)))


class PauseView(_Act):
    """Hold everybody."""

    @extend_schema(
        operation_id="pauseJourney", tags=["journeys"], summary="Hold everybody where they are",
        parameters=[schema.JOURNEY_ID], request=schema.PAUSE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Entries wait, or are dropped."""
        drops = self.body(request).get("entries") == "DROP"
        return json_answer(journey_json(lifecycle.pause(id_of(journeyId), queues_entries=not drops)))


class ArchiveView(_Act):
    """End it."""

    @extend_schema(
        operation_id="archiveJourney", tags=["journeys"], summary="Archive a journey",
        parameters=[schema.JOURNEY_ID], request=schema.ARCHIVE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Those under way finish, or leave now."""
        people = str(self.body(request).get("people") or lifecycle.AtArchive.FINISH)
        if people not in set(lifecycle.AtArchive):
            raise InvalidError("Choose FINISH or EXIT.", field="people")
        return json_answer(journey_json(lifecycle.archive(id_of(journeyId), people=people)))


class EnrollView(_Act):
    """Let people in by hand."""

    @extend_schema(
        operation_id="enrollInJourney", tags=["journeys"], summary="Let people in",
        parameters=[schema.JOURNEY_ID], request=schema.ENROLL, responses=schema.ENROLLED,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """By their ids or a segment; an answer for each. Idempotent by the journey's own rules and the key."""
        journey, body = get_journey(id_of(journeyId)), self.body(request)
        if body.get("segmentId"):
            members = SegmentMember.objects.filter(segment_id=id_of(str(body["segmentId"])))
            people = list(members.values_list("profile_id", flat=True))
        else:
            raw = body.get("customerIds", [body["customerId"]] if body.get("customerId") else None)
            people = customer_ids(raw)
        data = body.get("data") or {}
        if not isinstance(data, dict):
            raise InvalidError("Give an object.", field="data")
        key = str(body.get("key") or "")[:200]
        entered = entering.enter(
            journey, (Entrant(one, key=key, cause="MANUAL", data=data) for one in people), each=True
        )
        verdicts = [
            {"customerId": one.profile_id, "result": one.verdict, "enrollmentId": one.run_id}
            for one in entered.verdicts
        ]
        return json_answer({"enrolled": entered.entered, "results": verdicts})


class SimulateView(_Act):
    """Try the draft."""

    @extend_schema(
        operation_id="simulateJourney", tags=["journeys"], summary="Try the draft, with one person or over the past",
        parameters=[schema.JOURNEY_ID], request=schema.SIMULATE, responses=schema.SIMULATED,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """With `customerId` step by step; else over the last `days`. Nothing is kept."""
        journey, body = get_journey(id_of(journeyId)), self.body(request)
        definition = body.get("definition") or draft_of(journey).definition
        problems = [one for one in problems_of(parse(definition)) if one.is_error]
        if problems:
            raise InvalidDefinition(problems)
        if body.get("customerId"):
            tried = trying.try_with(definition, id_of(str(body["customerId"])), data=body.get("data"))
            return json_answer(tried)
        days = body.get("days", 90)
        if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise InvalidError(f"Give 1 to {MOST_DAYS} days.", field="days")
        result = replaying.dry_run(definition, days=days)
        return json_answer(vars(result))


class ExplainView(TenantApiView):
    """Why, and why not."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="explainJourney", tags=["journeys"], summary="Why somebody is in a journey, or is not",
        parameters=[schema.JOURNEY_ID, schema.CUSTOMER], responses=schema.EXPLAINED,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """The story of the newest run, or the first reason for which there is none."""
        journey = get_journey(id_of(journeyId))
        try:
            profile_id = UUID(request._request.GET.get("customerId", ""))
        except ValueError:
            raise InvalidParameterError("customerId", "Give the id of a customer.") from None
        return json_answer(explain(journey, profile_id))


class EnrollmentsView(ListView):
    """Who is in a journey."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="listJourneyEnrollments", tags=["journeys"], summary="Who is in a journey, or was",
        parameters=[schema.JOURNEY_ID, schema.STEP, schema.ENDED], responses=schema.ENROLLMENTS,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Live ones by id; with `ended=true` those that are over, the newest first."""
        journey, params = get_journey(id_of(journeyId)), request._request.GET
        rows: Any
        if params.get("ended") == "true":
            rows = RunEnded.objects.filter(journey_id=journey.pk).order_by("-ended_at", "-pk")
        else:
            rows = Run.objects.filter(journey_id=journey.pk).order_by("pk")
        if params.get("step"):
            rows = rows.filter(step=params["step"])
        return json_answer(self.list_answer(request, rows, lambda page: [run_json(one) for one in page]))


class JourneyAnalyticsView(TenantApiView):
    """What journeys achieved."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="journeyAnalytics", tags=["journeys"], summary="What journeys achieved",
        parameters=[schema.ONE_JOURNEY], responses=schema.ANALYTICS,
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Of one, or of all that were ever started."""
        wanted = request._request.GET.get("journeyId")
        if wanted:
            journeys = [get_journey(id_of(wanted))]
        else:
            journeys = list(Journey.objects.exclude(status="DRAFT").order_by("-created_at")[:100])
        return json_answer({"data": [analytics(one) for one in journeys]})
