"""Journeys and tasks in GraphQL: the same acts and fields as REST."""

from typing import Any

import graphene

from journeys import lifecycle, trials
from journeys.api.trials import simulated
from journeys.api.views import (
    ENTRIES,
    at_archive,
    customer_ids,
    enrolled,
    enrollments,
    id_of,
    queues,
    replace_steps,
    runs,
)
from journeys.definition import parse
from journeys.drafts import draft_of, get_journey, live_version, save_draft
from journeys.explaining import explain, run_json
from journeys.models import RUN_STATUSES, JourneyStatus, Outcome, TaskStatus
from journeys.models import Journey as JourneyRow
from journeys.reading import analytics, draft_json, journey_json, steps_json
from journeys.staff_tasks import TaskFields, close_task, make_task, open_tasks, reopen_task, task_json
from journeys.versions import definition_of
from profiles.api.parameters import customer_id_of
from profiles.graphql.context import Context, scoped
from profiles.graphql.inputs import PaginationInput, plain
from profiles.graphql.pages import page_of
from profiles.graphql.queries import TENANT
from profiles.graphql.types import JSON, Date, DateTime, PageMeta, by_api_name, text_enum
from profiles.reading import get_customer
from tenants.models import Scope

MOST = 100
Status = text_enum("JourneyStatus", JourneyStatus, "Whether people may enter and move.")
TaskState = text_enum("TaskStatus", TaskStatus, "Whether there is still something to do.")
TaskOutcome = text_enum("TaskOutcome", Outcome, "What came of a task.")
Resuming = text_enum(
    "JourneyResuming", list(lifecycle.RESUMING), "What becomes of those who fell due during a pause."
)
Entries = text_enum("JourneyPausedEntries", ENTRIES, "Whether those who would enter during a pause wait.")
People = text_enum("JourneyArchivedPeople", list(lifecycle.AtArchive), "What becomes of those under way.")


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


RunState = text_enum("JourneyRunStatus", list(RUN_STATUSES), "How it stands with somebody in a journey.")


class JourneyEnrollment(graphene.ObjectType):
    """Somebody in a journey."""

    class Meta:
        default_resolver = by_api_name

    id = graphene.ID(required=True)
    journey_id = graphene.ID(required=True)
    customer_id = graphene.ID(required=True)
    key = graphene.String()
    status = graphene.Field(RunState, required=True)
    reason = graphene.String()
    step = graphene.String(required=True)
    due_at = DateTime()
    entered_at = DateTime(required=True)
    ended_at = DateTime()


class JourneyRunPage(graphene.ObjectType):
    """Some people in a journey, or some journeys of one of them."""

    data = graphene.List(graphene.NonNull(JourneyEnrollment), required=True)
    meta = graphene.Field(PageMeta, required=True)


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
    status = graphene.Field(TaskState, required=True)
    outcome = graphene.Field(TaskOutcome)
    created_at = DateTime(required=True)
    updated_at = DateTime(required=True)


@scoped(Scope.READ)
def _journeys(context: Context, *, status: Any = None) -> Any:
    rows = JourneyRow.objects.order_by("-created_at", "pk")
    return [journey_json(one) for one in (rows.filter(status=plain(status)) if status else rows)[:MOST]]


@scoped(Scope.READ)
def _journey(context: Context, *, id: str) -> Any:
    return journey_json(get_journey(id_of(id)))


@scoped(Scope.READ)
def _steps(context: Context, *, journey_id: str) -> Any:
    journey = get_journey(id_of(journey_id))
    version = live_version(journey)
    return steps_json(definition_of(version.pk) if version else parse(draft_of(journey).definition))


@scoped(Scope.READ)
def _enrollments(
    context: Context, *, journey_id: str, take: int = 25, skip: int = 0, step: str = "", ended: bool = False
) -> Any:
    rows = enrollments(get_journey(id_of(journey_id)), step=step, is_ended=ended)
    return [run_json(one) for one in rows[max(skip, 0) : max(skip, 0) + min(max(take, 1), MOST)]]


@scoped(Scope.READ)
def _runs(
    context: Context,
    *,
    journey_id: str | None = None,
    customer_id: str | None = None,
    ended: bool = False,
    pagination: Any = None,
) -> Any:
    journey = get_journey(id_of(journey_id)) if journey_id else None
    customer = get_customer(customer_id_of(customer_id)) if customer_id else None
    rows = runs(journey=journey, profile_id=customer.pk if customer else None, is_ended=ended)
    return page_of(rows, pagination, lambda page: [run_json(one) for one in page])


@scoped(Scope.READ)
def _analytics(context: Context, *, journey_id: str) -> Any:
    return analytics(get_journey(id_of(journey_id)))


@scoped(Scope.READ)
def _trials(context: Context, *, journey_id: str) -> Any:
    return [trials.trial_json(one) for one in trials.kept_trials(get_journey(id_of(journey_id)))]


@scoped(Scope.READ)
def _explain(context: Context, *, journey_id: str, customer_id: str) -> Any:
    return explain(get_journey(id_of(journey_id)), customer_id_of(customer_id))


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
        step=graphene.String(default_value=""),
        ended=graphene.Boolean(default_value=False),
        resolver=_enrollments,
    )
    journey_runs = graphene.Field(
        JourneyRunPage,
        journey_id=graphene.ID(),
        customer_id=graphene.ID(),
        tenant_id=TENANT,
        ended=graphene.Boolean(default_value=False),
        pagination=PaginationInput(),
        description="Of a journey, of a customer or of all: live ones by id, or those that are over, the newest first.",
        resolver=_runs,
    )
    journey_analytics = JSON(journey_id=graphene.ID(required=True), tenant_id=TENANT, resolver=_analytics)
    journey_trials = JSON(journey_id=graphene.ID(required=True), tenant_id=TENANT, resolver=_trials)
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
def _update(context: Context, *, id: str, name: str | None = None, description: str | None = None) -> Any:
    return journey_json(lifecycle.rename_journey(id_of(id), name=name, description=description))


@scoped(Scope.CAMPAIGNS)
def _delete(context: Context, *, id: str) -> bool:
    lifecycle.delete_draft(id_of(id))
    return True


@scoped(Scope.CAMPAIGNS)
def _replace_steps(context: Context, *, id: str, steps: Any, start: str | None = None) -> Any:
    journey = get_journey(id_of(id))
    return draft_json(replace_steps(journey, {"steps": steps} | ({"start": start} if start else {})))


@scoped(Scope.CAMPAIGNS)
def _activate(context: Context, *, id: str, **fields: Any) -> Any:
    return journey_json(lifecycle.activate(id_of(id), **{name: plain(each) for name, each in fields.items()}))


@scoped(Scope.CAMPAIGNS)
def _pause(context: Context, *, id: str, entries: Any = None) -> Any:
    return journey_json(lifecycle.pause(id_of(id), queues_entries=queues(plain(entries))))


@scoped(Scope.CAMPAIGNS)
def _simulate(context: Context, *, id: str, **fields: Any) -> Any:
    names = {"customer_id": "customerId"}
    return simulated(get_journey(id_of(id)), {names.get(name, name): one for name, one in fields.items()})


@scoped(Scope.CAMPAIGNS)
def _start_trial(context: Context, *, id: str, days: int = 90, definition: Any = None) -> Any:
    return trials.trial_json(trials.request_trial(get_journey(id_of(id)), days, definition))


@scoped(Scope.CAMPAIGNS)
def _archive(context: Context, *, id: str, people: Any = None) -> Any:
    return journey_json(lifecycle.archive(id_of(id), people=at_archive(plain(people))))


@scoped(Scope.CAMPAIGNS)
def _enroll(context: Context, *, id: str, customer_ids_: list[str], key: str = "", data: Any = None) -> Any:
    return enrolled(get_journey(id_of(id)), customer_ids(customer_ids_), key=key, data=data)["results"]


@scoped(Scope.WRITE)
def _create_task(context: Context, *, customer_id: str, title: str, reason: str = "") -> Any:
    return task_json(make_task(id_of(customer_id), TaskFields(title=title, reason=reason)))


@scoped(Scope.WRITE)
def _close_task(context: Context, *, id: str, outcome: Any, note: str = "") -> Any:
    return task_json(close_task(id_of(id), plain(outcome), note))


@scoped(Scope.WRITE)
def _reopen_task(context: Context, *, id: str) -> Any:
    return task_json(reopen_task(id_of(id)))


class JourneyMutations(graphene.ObjectType):
    """Acts on journeys and tasks."""

    create_journey = graphene.Field(
        Journey, tenant_id=TENANT, name=graphene.String(required=True),
        args={"description": graphene.String(default_value=""), "definition": JSON()}, resolver=_create,
    )  # fmt: skip
    save_journey_draft = JSON(
        tenant_id=TENANT, id=graphene.ID(required=True), definition=JSON(required=True), resolver=_save
    )
    update_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True), name=graphene.String(),
        args={"description": graphene.String()}, resolver=_update,
    )  # fmt: skip
    delete_journey = graphene.Field(
        graphene.Boolean, tenant_id=TENANT, id=graphene.ID(required=True), resolver=_delete
    )
    replace_journey_steps = JSON(
        tenant_id=TENANT, id=graphene.ID(required=True), steps=JSON(required=True), start=graphene.String(),
        resolver=_replace_steps,
    )  # fmt: skip
    activate_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True), moves=JSON(), how=Resuming(),
        minutes=graphene.Int(), note=graphene.String(), resolver=_activate,
    )  # fmt: skip
    pause_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True),
        entries=Entries(), resolver=_pause,
    )  # fmt: skip
    simulate_journey = JSON(
        tenant_id=TENANT, id=graphene.ID(required=True), customer_id=graphene.ID(), days=graphene.Int(),
        data=JSON(), definition=JSON(), resolver=_simulate,
    )  # fmt: skip
    start_journey_trial = JSON(
        tenant_id=TENANT, id=graphene.ID(required=True), days=graphene.Int(default_value=90), definition=JSON(),
        resolver=_start_trial,
    )  # fmt: skip
    archive_journey = graphene.Field(
        Journey, tenant_id=TENANT, id=graphene.ID(required=True),
        people=People(), resolver=_archive,
    )  # fmt: skip
    enroll_in_journey = graphene.List(
        graphene.NonNull(EnrollmentResult), tenant_id=TENANT, id=graphene.ID(required=True),
        customer_ids_=graphene.List(graphene.NonNull(graphene.ID), required=True, name="customerIds"),
        key=graphene.String(default_value=""), data=JSON(), resolver=_enroll,
    )  # fmt: skip
    create_task = graphene.Field(
        Task, tenant_id=TENANT, customer_id=graphene.ID(required=True), title=graphene.String(required=True),
        reason=graphene.String(default_value=""), resolver=_create_task,
    )  # fmt: skip
    close_task = graphene.Field(
        Task, tenant_id=TENANT, id=graphene.ID(required=True), outcome=TaskOutcome(required=True),
        note=graphene.String(default_value=""), resolver=_close_task,
    )  # fmt: skip
    reopen_task = graphene.Field(
        Task, tenant_id=TENANT, id=graphene.ID(required=True), resolver=_reopen_task,
        description="Take a closing back.",
    )  # fmt: skip
