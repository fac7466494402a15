"""What this app brings to the house."""

from typing import Final

from journeys.listening_kinds import KINDS
from journeys.personal import TABLES
from tenants.extension import (
    Consumer,
    CustomerPanel,
    DashboardPanel,
    Extension,
    Logged,
    LogKind,
    NavEntry,
    OutboundEvent,
    Periodic,
    Queue,
    Sealed,
    Tag,
)

EXTENSION: Final = Extension(
    error_codes="journeys.error_codes.CODES",
    graphql_customer_edges="journeys.graphql.edges.EDGES",
    logged=(Logged("journey", "journeys.Journey", "name", "the journey", "journey_page"),),
    tables=TABLES,
    sealed=(Sealed("journeys.JourneySecret", "sealed"),),
    consumers=(
        Consumer(
            "journeys",
            KINDS,
            "journeys.listening.handle",
            "Who enters and leaves journeys",
            after=("scoring", "segments"),
            wants="journeys.listening.wants",
        ),
    ),
    log_kinds=(
        LogKind("journey.enrolled", "Somebody entered a journey"),
        LogKind("journey.completed", "Somebody reached the end of a journey"),
        LogKind("journey.exited", "Somebody left a journey before its end, with the reason"),
        LogKind("task.closed", "A task about somebody was closed, with the outcome"),
        LogKind("task.reopened", "A task about somebody was opened again"),
    ),
    queues={
        "journeys.move_runs": Queue.SENDS,
        "journeys.sweep_due": Queue.SENDS,
        "journeys.send_calls": Queue.WEBHOOKS,
        "journeys.run_trials": Queue.MAINTENANCE,
        "journeys.decide_winners": Queue.MAINTENANCE,
        "journeys.tidy": Queue.MAINTENANCE,
    },
    schedule=(
        Periodic("journeys.sweep_due", seconds=2, expires=2, name="journeys-due"),
        Periodic("journeys.send_calls", seconds=5, expires=5, name="journeys-calls"),
        Periodic("journeys.scan_dates", seconds=60, expires=50, name="journeys-dates"),
        Periodic("journeys.sweep_trials", seconds=30, expires=25, name="journeys-trials"),
        Periodic("journeys.decide_winners", seconds=3600, expires=3000, name="journeys-winners"),
        Periodic("journeys.tidy", seconds=86_400, expires=80_000, name="journeys-tidy"),
        Periodic("journeys.mail_mornings", seconds=600, expires=500, name="journeys-mornings"),
    ),
    locks={"JOURNEY_ENTRY": 60},
    nav=(
        NavEntry("Tasks", "task_alt", "tasks", order=15),
        NavEntry("Slipping away", "trending_down", "slipping_away", order=20),
        NavEntry("Journeys", "route", "journeys", group="Marketing", order=220),
    ),
    styles=("crm/journeys.css",),
    scripts=("crm/journeys.js",),
    dashboard_panels=(
        DashboardPanel(
            "journeys-still",
            "Journeys that stand still",
            "journeys/still.html",
            "journeys.admin.lists.standing_still",
            order=3,
        ),
        DashboardPanel("my-day", "My day", "journeys/my_day.html", "journeys.admin.tasks.my_day", order=5),
    ),
    customer_panels=(
        CustomerPanel(
            "tasks", "Tasks", "journeys/customer_tasks.html", "journeys.admin.tasks.customer_tasks", order=20
        ),
        CustomerPanel(
            "journeys",
            "Journeys",
            "journeys/customer_journeys.html",
            "journeys.admin.tasks.customer_journeys",
            order=60,
        ),
    ),
    outbound=(
        OutboundEvent(
            "journey.enrolled",
            "crm.journey.enrolled",
            "journeys.outbound.render",
            "Somebody enters a journey",
        ),
        OutboundEvent(
            "journey.completed",
            "crm.journey.completed",
            "journeys.outbound.render",
            "Somebody reaches the end of a journey",
        ),
        OutboundEvent(
            "journey.exited",
            "crm.journey.exited",
            "journeys.outbound.render",
            "Somebody leaves a journey before its end",
        ),
    ),
    demo=("journeys.demo.furnish",),
    segment_users=("journeys.world.users_of_segment",),
    urls="journeys.api.urls",
    tags=(
        Tag("journeys", "What happens to whom by itself: make, try, start, explain.", 70),
        Tag("tasks", "What staff do about a customer.", 75),
    ),
    enum_names={
        "JourneyStatus": "journeys.models.JourneyStatus",
        "JourneyRunStatus": "journeys.models.RUN_STATUSES",
        "TrialStatus": "journeys.models.TrialStatus",
        "TaskStatus": "journeys.models.TaskStatus",
        "TaskOutcome": "journeys.models.Outcome",
        "TaskSource": "journeys.models.TaskSource",
        "JourneyEvent": "journeys.api.schema.SIMULATED_EVENTS",
    },
    graphql_queries=("journeys.graphql.schema.JourneyQueries",),
    graphql_mutations=("journeys.graphql.schema.JourneyMutations",),
)
