"""Who may make, start and explain journeys, and who does tasks."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from journeys import entering, lifecycle, secrets, trials
from journeys.drafts import get_journey
from journeys.models import Run
from journeys.staff_tasks import TaskFields, make_task
from tenants.scope import tenant_scope
from tests.journeys.definitions import journey, send, wait
from tests.permissions import (
    ADMIN,
    ADMIN_MAKE,
    ADMIN_REMOVE,
    ADMINISTER,
    CAMPAIGN,
    CAMPAIGN_MAKE,
    CHANGE,
    MAKE,
    MANAGER,
    READ,
    STAFF,
    VIEWER,
    Page,
    Row,
    World,
)

#                     anon exp read writ admi camp soci even  key  foreign stranger
REMOVE: Final = "      401 401  403  403  403  204  403  403  204  404     404"
QUEUE: Final = "       401 401  403  403  403  202  403  403  202  404     404"
OWN: Final = "?tenantId=fairview"
STEPS: Final = [send("hello", to="pause"), wait("pause")]


def draft(world: World) -> Mapping[str, object]:
    """A journey that was never started."""
    with tenant_scope(world.club.tenant):
        made = lifecycle.create_journey(name=uuid4().hex, definition=journey(*STEPS))
    return {"journey": made.pk}


def running(world: World) -> Mapping[str, object]:
    """A journey that runs, with one person in it."""
    given = dict(draft(world))
    with tenant_scope(world.club.tenant):
        lifecycle.publish(given["journey"])  # type: ignore[arg-type]
    return given


def a_name(world: World) -> Mapping[str, object]:
    """A name that no journey has."""
    return {"fresh": uuid4().hex}


def task(world: World) -> Mapping[str, object]:
    """An open task."""
    with tenant_scope(world.club.tenant):
        return {"task": make_task(world.customer_id, TaskFields(title="Call")).pk}


def a_trial(world: World) -> Mapping[str, object]:
    """A draft with a trial that waits."""
    given = dict(draft(world))
    with tenant_scope(world.club.tenant):
        made = trials.request_trial(get_journey(given["journey"]), 30)  # type: ignore[arg-type]
    return given | {"trial": made.pk}


def a_secret(world: World) -> Mapping[str, object]:
    """A secret that nobody signs with."""
    with tenant_scope(world.club.tenant):
        row, _ = secrets.make_secret(f"Loyalty {uuid4().hex[:8]}")
    return {"secret": row.name}


ONE: Final = "/api/v1/journeys/{journey}"
REST: Final[tuple[Any, ...]] = (
    Row("journeys", "GET", f"/api/v1/journeys{OWN}", READ),
    Row("journeys", "POST", f"/api/v1/journeys{OWN}", CAMPAIGN_MAKE, {"name": "{fresh}"}, a_name),
    Row("journey", "GET", f"{ONE}{OWN}", READ, prepare=draft),
    Row("journey", "PATCH", f"{ONE}{OWN}", CAMPAIGN, {"description": "For new members"}, prepare=draft),
    Row("journey", "DELETE", f"{ONE}{OWN}", REMOVE, prepare=draft),
    Row("journey-steps", "GET", f"{ONE}/steps{OWN}", READ, prepare=draft),
    Row("journey-steps", "PUT", f"{ONE}/steps{OWN}", CAMPAIGN, {"steps": [wait("day")]}, prepare=draft),
    Row("activate-journey", "POST", f"{ONE}/activate{OWN}", CAMPAIGN, {}, prepare=draft),
    Row("pause-journey", "POST", f"{ONE}/pause{OWN}", CAMPAIGN, {}, prepare=running),
    Row("archive-journey", "POST", f"{ONE}/archive{OWN}", CAMPAIGN, {}, prepare=running),
    Row("enroll-journey", "POST", f"{ONE}/enroll{OWN}", CAMPAIGN, {"customerId": "{id}"}, prepare=running),
    Row("simulate-journey", "POST", f"{ONE}/simulate{OWN}", CAMPAIGN, {"customerId": "{id}"}, prepare=draft,
        is_reading=True),
    Row("journey-trials", "GET", f"{ONE}/trials{OWN}", READ, prepare=draft),
    Row("journey-trials", "POST", f"{ONE}/trials{OWN}", QUEUE, {"days": 30}, prepare=draft),
    Row("journey-trial", "GET", f"{ONE}/trials/{{trial}}{OWN}", READ, prepare=a_trial),
    Row("journey-secrets", "GET", f"/api/v1/journey-secrets{OWN}", CAMPAIGN, is_reading=True),
    Row("journey-secrets", "POST", f"/api/v1/journey-secrets{OWN}", ADMIN_MAKE, {"name": "{fresh}"}, a_name),
    Row("journey-secret", "PUT", f"/api/v1/journey-secrets/{{secret}}{OWN}", ADMINISTER, {}, a_secret),
    Row("journey-secret", "DELETE", f"/api/v1/journey-secrets/{{secret}}{OWN}", ADMIN_REMOVE, prepare=a_secret),
    Row("explain-journey", "GET", f"{ONE}/explain{OWN}&customerId={{id}}", READ, prepare=draft),
    Row("journey-enrollments", "GET", f"{ONE}/enrollments{OWN}", READ, prepare=draft),
    Row("journey-analytics", "GET", f"/api/v1/analytics/journeys{OWN}", READ),
    Row("tasks", "GET", f"/api/v1/tasks{OWN}", READ),
    Row("tasks", "POST", f"/api/v1/tasks{OWN}", MAKE, {"customerId": "{id}", "title": "Call"}),
    Row("task", "GET", f"/api/v1/tasks/{{task}}{OWN}", READ, prepare=task),
    Row("task", "PATCH", f"/api/v1/tasks/{{task}}{OWN}", CHANGE, {"outcome": "CALLED"}, prepare=task),
)  # fmt: skip
PAGES: Final = (
    Page("journeys", VIEWER),
    Page("journeys_settings", ADMIN, "POST"),
    Page("journey_new", MANAGER),
    Page("journey_from_template", MANAGER, "POST"),
    Page("journey_import", MANAGER, "POST"),
    Page("journey_page", VIEWER),
    Page("journey_people", VIEWER),
    Page("journey_people_act", MANAGER, "POST"),
    Page("journey_run", VIEWER),
    Page("journey_builder", MANAGER),
    Page("journey_edit", MANAGER, "POST"),
    Page("journey_panel", MANAGER),
    Page("journey_counts", MANAGER),
    Page("journey_publish", MANAGER),
    Page("journey_foretell", MANAGER, "POST"),
    Page("journey_act", MANAGER, "POST"),
    Page("journey_export", VIEWER),
    Page("journey_try", MANAGER),
    Page("journey_trial", MANAGER),
    Page("journey_enter", MANAGER),
    Page("journey_why", VIEWER),
    Page("slipping_away", VIEWER),
    Page("slipping_act", STAFF, "POST"),
    Page("tasks", VIEWER),
    Page("task_morning", VIEWER, "POST"),
    Page("task_new", STAFF, "POST"),
    Page("task_act", STAFF, "POST"),
)


def things(world: World) -> Mapping[str, object]:
    """The arguments of the pages' addresses."""
    given = running(world)
    with tenant_scope(world.club.tenant):
        row = get_journey(given["journey"])  # type: ignore[arg-type]
        entering.enter(row, [entering.Entrant(world.customer_id)])
        run = Run.objects.get(journey_id=row.pk)
        trial = trials.request_trial(row, 30)
    return {
        "trial_id": trial.pk,
        "journey_id": given["journey"],
        "run_id": run.pk,
        "task_id": task(world)["task"],
        "name": "welcome",
    }
