"""Journeys over REST."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys import lifecycle
from journeys.api import schema
from journeys.definition import parse
from journeys.drafts import draft_of, get_journey, live_version, save_draft
from journeys.errors import JourneyNotFound
from journeys.explaining import explain, run_json
from journeys.letting_in import let_in
from journeys.models import Journey, JourneyStatus, Run, RunEnded
from journeys.models.runs import LONGEST_KEY
from journeys.reading import analytics, draft_json, figures, journey_json, kinds_json, steps_json
from journeys.versions import definition_of
from profiles.api.customers import json_answer
from segments.actions import get_segment
from segments.errors import SegmentNotFound
from segments.models import SegmentMember
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope

MOST_IDS: Final = 10_000
ENTRIES: Final = ("QUEUE", "DROP")


def id_of(text: str) -> UUID:
    """The id in a path; what is no UUID names nothing. Raises JourneyNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise JourneyNotFound from None


def customer_ids(raw: Any) -> list[UUID]:
    """Ids of a body; raises InvalidError."""
    if raw is None:
        raise InvalidError("Say who: customerId, customerIds or segmentId.", field="customerIds")
    if not isinstance(raw, list) or len(raw) > MOST_IDS:
        raise InvalidError(f"Give a list of at most {MOST_IDS:,} ids.", field="customerIds")
    try:
        return [UUID(str(one)) for one in raw]
    except ValueError:
        raise InvalidError("These are not all ids of customers.", field="customerIds") from None


def text_of(body: Mapping[str, Any], field: str) -> str:
    """A text of a body, empty where it is left out; raises InvalidError."""
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise InvalidError("Write a text.", field=field)
    return value or ""


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
            name=body.get("name"),
            description=text_of(body, "description"),
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
            id_of(journeyId),
            name=body.get("name"),
            description=text_of(body, "description") if "description" in body else None,
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
        journey = replace_steps(get_journey(id_of(journeyId)), body_object(request))
        return json_answer({**journey_json(journey), **draft_json(journey)})


def replace_steps(journey: Journey, body: Mapping[str, Any]) -> Journey:
    """Put other steps into the draft; raises InvalidError, InvalidDefinition."""
    steps = body.get("steps")
    if not isinstance(steps, list):
        raise InvalidError("Give a list of steps.", field="steps")
    raw = dict(draft_of(journey).definition)
    first = steps[0].get("id") if steps and isinstance(steps[0], dict) else None
    raw |= {"steps": steps, "start": body.get("start", first)}
    save_draft(journey, raw, "Steps replaced by the API")
    return journey


class _Act(TenantApiView):
    required_scopes = {"POST": Scope.CAMPAIGNS}


class ActivateView(_Act):
    """Publish and start."""

    @extend_schema(
        operation_id="activateJourney", tags=["journeys"], summary="Publish the draft and start, or resume",
        parameters=[schema.JOURNEY_ID], request=schema.ACTIVATE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """`moves` says what becomes of people under way: place (version:step) → choice, step, sends."""
        body = body_object(request)
        journey = lifecycle.activate(
            id_of(journeyId), moves=body.get("moves"), how=body.get("how"), minutes=body.get("minutes"),
            note=body.get("note"),
        )  # fmt: skip
        return json_answer(journey_json(journey))


def queues(entries: Any) -> bool:
    """Whether entries wait during a pause; raises InvalidError."""
    if entries is not None and entries not in ENTRIES:
        raise InvalidError(f"Choose one of {', '.join(ENTRIES)}.", field="entries")
    return bool(entries != "DROP")


class PauseView(_Act):
    """Hold everybody."""

    @extend_schema(
        operation_id="pauseJourney", tags=["journeys"], summary="Hold everybody where they are",
        parameters=[schema.JOURNEY_ID], request=schema.PAUSE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Entries wait, or are dropped."""
        is_queue = queues(body_object(request).get("entries"))
        return json_answer(journey_json(lifecycle.pause(id_of(journeyId), queues_entries=is_queue)))


def at_archive(people: Any) -> str:
    """What becomes of those under way; raises InvalidError."""
    if people is not None and people not in tuple(lifecycle.AtArchive):
        raise InvalidError("Choose FINISH or EXIT.", field="people")
    return str(people or lifecycle.AtArchive.FINISH)


class ArchiveView(_Act):
    """End it."""

    @extend_schema(
        operation_id="archiveJourney", tags=["journeys"], summary="Archive a journey",
        parameters=[schema.JOURNEY_ID], request=schema.ARCHIVE, responses=schema.JOURNEY,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Those under way finish, or leave now."""
        people = at_archive(body_object(request).get("people"))
        return json_answer(journey_json(lifecycle.archive(id_of(journeyId), people=people)))


class EnrollView(_Act):
    """Let people in by hand."""

    @extend_schema(
        operation_id="enrollInJourney", tags=["journeys"], summary="Let people in",
        parameters=[schema.JOURNEY_ID], request=schema.ENROLL, responses=schema.ENROLLED,
    )  # fmt: skip
    def post(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """By their ids or a segment; an answer for each. Idempotent by the journey's own rules and the key."""
        journey, body = get_journey(id_of(journeyId)), body_object(request)
        if body.get("segmentId"):
            members = SegmentMember.objects.filter(
                segment_id=get_segment(segment_id_of(body["segmentId"])).pk
            )
            people = list(members.values_list("profile_id", flat=True))
        else:
            people = customer_ids(_named_people(body))
        return json_answer(enrolled(journey, people, key=body.get("key"), data=body.get("data")))


def _named_people(body: Mapping[str, Any]) -> Any:
    """The ids of a body, be they one, a list or both; None where it names nobody."""
    one, many = body.get("customerId"), body.get("customerIds")
    return many if one is None or not isinstance(many, list | None) else [one, *(many or ())]


def enrolled(
    journey: Journey, people: Sequence[UUID], *, key: Any = None, data: Any = None
) -> dict[str, Any]:
    """Let people in, and say what was decided about each; raises InvalidError."""
    if data is not None and not isinstance(data, dict):
        raise InvalidError("Give an object.", field="data")
    if key is not None and (not isinstance(key, str) or len(key) > LONGEST_KEY):
        raise InvalidError(f"Give a text of at most {LONGEST_KEY} characters.", field="key")
    entered = let_in(journey, people, key=key or "", data=data)
    results = [
        {"customerId": one.profile_id, "result": one.verdict, "enrollmentId": one.run_id}
        for one in entered.verdicts
    ]
    return {"enrolled": entered.entered, "results": results}


def segment_id_of(raw: Any) -> UUID:
    """The id of a segment in a body; raises SegmentNotFound."""
    try:
        return UUID(str(raw))
    except ValueError:
        raise SegmentNotFound from None


class ExplainView(TenantApiView):
    """Why, and why not."""

    required_scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="explainJourney", tags=["journeys"], summary="Why somebody is in a journey, or is not",
        parameters=[schema.JOURNEY_ID, schema.ONE_CUSTOMER], responses=schema.EXPLAINED,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """The story of the newest run, or the first reason for which there is none."""
        journey = get_journey(id_of(journeyId))
        try:
            profile_id = UUID(request._request.GET.get("customerId", ""))
        except ValueError:
            raise InvalidParameterError("customerId", "Give the id of a customer.") from None
        return json_answer(explain(journey, profile_id))


def enrollments(journey: Journey, *, step: str, is_ended: bool) -> Any:
    """Of one journey, see `runs`; `step`: only those at this step."""
    rows = runs(journey=journey, is_ended=is_ended)
    return rows.filter(step=step) if step else rows


def runs(*, journey: Journey | None = None, profile_id: UUID | None = None, is_ended: bool) -> QuerySet[Any]:
    """Live runs by id, or those that are over, the newest first; of a journey, of a customer, or all."""
    live, over = Run.objects.order_by("pk"), RunEnded.objects.order_by("-ended_at", "-pk")
    rows: QuerySet[Any] = over if is_ended else live
    if journey is not None:
        rows = rows.filter(journey_id=journey.pk)
    return rows if profile_id is None else rows.filter(profile_id=profile_id)


class EnrollmentsView(ListView):
    """Who is in a journey."""

    required_scopes = {"GET": Scope.READ}
    list_sorts = {"enteredAt": "entered_at"}

    @extend_schema(
        operation_id="listJourneyEnrollments", tags=["journeys"], summary="Who is in a journey, or was",
        parameters=[schema.JOURNEY_ID, schema.STEP, schema.ENDED], responses=schema.ENROLLMENTS,
    )  # fmt: skip
    def get(self, request: ApiRequest, journeyId: str) -> HttpResponseBase:  # noqa: N803
        """Live ones by id; with `ended=true` those that are over, the newest first."""
        journey, params = get_journey(id_of(journeyId)), request._request.GET
        rows = enrollments(journey, step=params.get("step", ""), is_ended=params.get("ended") == "true")
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
