"""Journeys and tasks in GraphQL: the same acts and fields as REST."""

from typing import Any
from uuid import UUID

import graphene

from journeys import entering, lifecycle
from journeys.api.views import customer_ids, id_of
from journeys.definition import parse
from journeys.drafts import draft_of, get_journey, live_version, save_draft
from journeys.entering import Entrant
from journeys.explaining import explain, run_json
from journeys.models import Journey as JourneyRow
from journeys.models import JourneyStatus, Run
from journeys.reading import analytics, draft_json, journey_json, steps_json
from journeys.staff_tasks import TaskFields, close_task, make_task, open_tasks, task_json
from journeys.versions import definition_of
from profiles.graphql.context import Context, scoped
from profiles.graphql.queries import TENANT
from profiles.graphql.types import JSON, Date, DateTime, by_api_name, text_enum
from tenants.models import Scope

MOST = 100
Status = text_enum("JourneyStatus", JourneyStatus.values, "Whether people may enter and move.")


class Journey(graphene.ObjectType):
    """What should happen to a golfer, under a name."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    tenant_id = graphene.ID(required=True)
    name = graphene.String(required=True)
    description = graphene.String(required=True)
    status = graphene.Field(Status, required=True)
    version = graphene.Int()
    timezone = graphene.String(required=True)
    allow_reentry = graphene.Boolean(required=True)
    max_enrollments = graphene.Int()
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)
    activated_at = DateTime()
    paused_at = DateTime()


class JourneyEnrollment(graphene.ObjectType):
    """Somebody in a journey."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    journey_id = graphene.ID(required=True)
    customer_id = graphene.ID(required=True)
    key = graphene.String()
    status = graphene.String(required=True)
    reason = graphene.String()
    step = graphene.String(required=True)
    due_at = DateTime()
    entered_at = DateTime(required=True)


class EnrollmentResult(graphene.ObjectType):
    """What was decided about one customer."""

    class Meta:
        default_resolver = by_api_name

    customer_id = graphene.ID(required=True)
    result = graphene.String(required=True)
    enrollment_id = graphene.ID()


class Task(graphene.ObjectType):
    """Something to do about a customer."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    customer_id = graphene.ID(required=True)
    title = graphene.String(required=True)
    reason = graphene.String(required=True)
    owner = graphene.String()
    due_on = Date(required=True)
    status = graphene.String(required=True)
    outcome = graphene.String()


@scoped(Scope.READ)
def _journeys(context: Context, *, status: str | None = None) -> Any:
    rows = JourneyRow.objects.order_by("-created_at", "pk")
    return [journey_json(one) for one in (rows.filter(status=status) if status else rows)[:MOST]]


@scoped(Scope.READ)
def _journey(context: Context, *, id: str) -> Any:
    return journey_json(get_journey(id_of(id)))


@scoped(Scope.READ)
def _steps(context: Context, *, journey_id: str) -> Any:
    journey = get_journey(id_of(journey_id))
    version = live_version(journey)
    return steps_json(definition_of(version.pk) if version else parse(draft_of(journey).definition))


@scoped(Scope.READ)
def _enrollments(context: Context, *, journey_id: str, take: int = 25, skip: int = 0) -> Any:
    journey = get_journey(id_of(journey_id))
    rows = Run.objects.filter(journey_id=journey.pk).order_by("pk")
    return [run_json(one) for one in rows[max(skip, 0) : max(skip, 0) + min(max(take, 1), MOST)]]


@scoped(Scope.READ)
def _analytics(context: Context, *, journey_id: str) -> Any:
    return analytics(get_journey(id_of(journey_id)))


@scoped(Scope.READ)
def _explain(context: Context, *, journey_id: str, customer_id: str) -> Any:
    return explain(get_journey(id_of(journey_id)), UUID(str(id_of(customer_id))))


@scoped(Scope.READ)
def _tasks(context: Context) -> Any:
    return [task_json(one) for one in open_tasks()[:MOST]]


class JourneyQueries(graphene.ObjectType):
    """Reading journeys and tasks."""

    journeys = graphene.List(
        graphene.NonNull(Journey), required=True, tenant_id=TENANT, status=Status(), resolver=_journeys
    )
    journey = graphene.Field(Journey, id=graphene.ID(required=True), tenant_id=TENANT, resolver=_journey)
    journey_steps = JSON(journey_id=graphene.ID(required=True), tenant_id=TENANT, resolver=_steps)
    journey_enrollments = graphene.List(
        graphene.NonNull(JourneyEnrollment),
        required=True,
        journey_id=graphene.ID(required=True),
        tenant_id=TENANT,
        take=graphene.Int(default_value=25),
        skip=graphene.Int(default_value=0),
        resolver=_enrollments,
    )
    journey_analytics = JSON(journey_id=graphene.ID(required=True), tenant_id=TENANT, resolver=_analytics)
    explain_journey = JSON(
        journey_id=graphene.ID(required=True),
        customer_id=graphene.ID(required=True),
        tenant_id=TENANT,
        resolver=_explain,
    )
    tasks = graphene.List(graphene.NonNull(Task), required=True, tenant_id=TENANT, resolver=_tasks)


@scoped(Scope.CAMPAIGNS)
def _create(context: Context, *, name: str, description: str = "", definition: Any = None) -> Any:
    return journey_json(lifecycle.create_journey(name=name, description=description, definition=definition))


@scoped(Scope.CAMPAIGNS)
def _save(context: Context, *, id: str, definition: Any) -> Any:
    journey = get_journey(id_of(id))
    save_draft(journey, definition, "Changed by the API")
    return draft_json(journey)


@scoped(Scope.CAMPAIGNS)
def _activate(context: Context, *, id: str) -> Any:
    lifecycle.publish(id_of(id))
    return journey_json(get_journey(id_of(id)))


@scoped(Scope.CAMPAIGNS)
def _pause(context: Context, *, id: str) -> Any:
    return journey_json(lifecycle.pause(id_of(id)))


@scoped(Scope.CAMPAIGNS)
def _archive(context: Context, *, id: str, people: str = "FINISH") -> Any:
    return journey_json(lifecycle.archive(id_of(id), people=people))


@scoped(Scope.CAMPAIGNS)
def _enroll(context: Context, *, id: str, customer_ids_: list[str], key: str = "") -> Any:
    entered = entering.enter(
        get_journey(id_of(id)), [Entrant(one, key=key) for one in customer_ids(customer_ids_)], each=True
    )
    return [
        {"customerId": one.profile_id, "result": one.verdict, "enrollmentId": one.run_id}
        for one in entered.verdicts
    ]


@scoped(Scope.WRITE)
def _create_task(context: Context, *, customer_id: str, title: str, reason: str = "") -> Any:
    return task_json(make_task(id_of(customer_id), TaskFields(title=title, reason=reason)))


@scoped(Scope.WRITE)
def _close_task(context: Context, *, id: str, outcome: str, note: str = "") -> Any:
    return task_json(close_task(id_of(id), outcome, note))


class JourneyMutations(graphene.ObjectType):
    """Acts on journeys and tasks."""

    create_journey = graphene.Field(
        Journey, tenant_id=TENANT, name=graphene.String(required=True),
        args={"description": graphene.String(default_value=""), "definition": JSON()}, resolver=_create,
    )  # fmt: skip
    save_journey_draft = JSON(
        tenant_id=TENANT, id=graphene.ID(required=True), definition=JSON(required=True), resolver=_save
    )
    activate_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True), resolver=_activate
    )
    pause_journey = graphene.Field(Journey, tenant_id=TENANT, id=graphene.ID(required=True), resolver=_pause)
    archive_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True),
        people=graphene.String(default_value="FINISH"), resolver=_archive,
    )  # fmt: skip
    enroll_in_journey = graphene.List(
        graphene.NonNull(EnrollmentResult), tenant_id=TENANT, id=graphene.ID(required=True),
        customer_ids_=graphene.List(graphene.NonNull(graphene.ID), required=True, name="customerIds"),
        key=graphene.String(default_value=""), resolver=_enroll,
    )  # fmt: skip
    create_task = graphene.Field(
        Task, tenant_id=TENANT, customer_id=graphene.ID(required=True), title=graphene.String(required=True),
        reason=graphene.String(default_value=""), resolver=_create_task,
    )  # fmt: skip
    close_task = graphene.Field(
        Task, tenant_id=TENANT, id=graphene.ID(required=True), outcome=graphene.String(required=True),
        note=graphene.String(default_value=""), resolver=_close_task,
    )  # fmt: skip
