"""Tasks over REST."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys.api import schema
from journeys.api.views import text_of
from journeys.errors import TaskNotFound
from journeys.models import Task, TaskStatus
from journeys.staff_tasks import (
    TaskFields,
    change_task,
    close_task,
    get_task,
    make_task,
    reopen_task,
    snooze_task,
    task_json,
)
from profiles.api.customers import json_answer
from profiles.api.parameters import customer_id_of
from tenants.api.bodies import body_object
from tenants.api.errors import InvalidParameterError
from tenants.api.listing import ListView
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope


def task_id_of(text: str) -> UUID:
    """The id in a path; raises TaskNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise TaskNotFound from None


def day_of(value: Any, field: str) -> date | None:
    """A day of a body; raises InvalidError."""
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidError("Write a day such as 2026-12-01.", field=field) from None


def fields_of(body: dict[str, Any]) -> TaskFields:
    """What a body says of a task."""
    texts = {name: body.get(name) for name in ("title", "reason", "owner")}
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise InvalidError("Write a text.", field=name)
    return TaskFields(**texts, due_on=day_of(body.get("dueOn"), "dueOn"))


class TasksView(ListView):
    """All tasks."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    list_sorts = {"createdAt": "created_at", "updatedAt": "updated_at"}

    @extend_schema(
        operation_id="listTasks", tags=["tasks"], summary="List tasks",
        parameters=[schema.TASK_STATUS, schema.CUSTOMER, schema.OWNER], responses=schema.TASKS,
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """By the day on which they are due."""
        params = request._request.GET
        rows = Task.objects.select_related("owner").order_by("due_on", "created_at", "pk")
        status = params.get("status")
        if status:
            if status not in TaskStatus.values:
                raise InvalidParameterError("status", f"Choose one of {', '.join(TaskStatus.values)}.")
            rows = rows.filter(status=status)
        if params.get("customerId"):
            rows = rows.filter(profile_id=customer_id_of(params["customerId"]))
        if params.get("owner"):
            rows = rows.filter(owner__username=params["owner"])
        return json_answer(self.list_answer(request, rows, lambda page: [task_json(one) for one in page]))

    @extend_schema(
        operation_id="createTask", tags=["tasks"], summary="Make a task",
        request=schema.TASK_CREATE, responses={201: schema.TASK},
    )  # fmt: skip
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """About one customer."""
        body = body_object(request)
        task = make_task(customer_id_of(str(body.get("customerId", ""))), fields_of(body))
        return Response(task_json(task), status=201)


class TaskView(TenantApiView):
    """One task."""

    required_scopes = {"GET": Scope.READ, "PATCH": Scope.WRITE}

    @extend_schema(
        operation_id="getTask", tags=["tasks"], summary="Read a task",
        parameters=[schema.TASK_ID], responses=schema.TASK,
    )  # fmt: skip
    def get(self, request: ApiRequest, taskId: str) -> HttpResponseBase:  # noqa: N803 - the name in the path
        """One task."""
        return json_answer(task_json(get_task(task_id_of(taskId))))

    @extend_schema(
        operation_id="updateTask", tags=["tasks"], summary="Change, put off or close a task",
        parameters=[schema.TASK_ID], request=schema.TASK_CHANGE, responses=schema.TASK,
    )  # fmt: skip
    def patch(self, request: ApiRequest, taskId: str) -> HttpResponseBase:  # noqa: N803
        """`reopen` takes a closing back; `outcome` closes it, with a `note`; `snoozedUntil` puts it off.

        The rest changes it. All of it or nothing.
        """
        body, task_id = body_object(request), task_id_of(taskId)
        until = day_of(body.get("snoozedUntil"), "snoozedUntil")
        with transaction.atomic():
            if body.get("reopen") is True:
                reopen_task(task_id)
            task = change_task(task_id, fields_of(body))
            if until is not None:
                task = snooze_task(task_id, until)
            if body.get("outcome"):
                task = close_task(task_id, str(body["outcome"]), text_of(body, "note"))
        return json_answer(task_json(task))
