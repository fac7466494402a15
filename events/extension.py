"""What events bring: doors in and out, the log, webhooks, and pages to watch them."""

from typing import Final

from events.tables import PERIODS, TABLES
from tenants.extension import (
    TOLD,
    Consumer,
    DashboardPanel,
    Extension,
    Logged,
    NavEntry,
    Periodic,
    Queue,
    Sealed,
    Setting,
    Tag,
)

OPERATIONS: Final = "System health"

EXTENSION: Final = Extension(
    error_codes="events.error_codes.CODES",
    logged=(Logged("webhook_endpoint", "events.WebhookEndpoint", "url", "the webhook", "webhook"),),
    tables=TABLES,
    periods=PERIODS,
    sealed=(
        Sealed("events.WebhookEndpoint", "sealed_secret"),
        Sealed("events.WebhookEndpoint", "sealed_old_secret"),
    ),
    consumers=(
        Consumer(
            name="outbound",
            kinds=(TOLD,),
            handle="events.outbound.told",
            words="Messages to other systems, by the queue",
            send="events.transports.outbound_queue.send",
            siblings="events.transports.outbound_queue.senders_to_readers",
            wants="events.outbound.wants",
        ),
        Consumer(
            name="webhooks",
            kinds=(TOLD,),
            handle="events.webhooks.planning.plan",
            words="Webhooks",
            wants="events.webhooks.planning.wants",
        ),
    ),
    urls="events.api.urls",
    tags=(
        Tag("events", "Publishing what happened, and seeing what became of it.", 40),
        Tag("webhooks", "Outbound events, sent to URLs of yours as signed requests.", 90),
    ),
    enum_names={
        "EventStatus": "events.models.InboxStatus",
        "EventDoor": "events.models.Door",
        "EventSource": "events.envelope.SOURCES",
        "RefusalCode": "events.models.RefusalCode",
        "WebhookStatus": "events.models.EndpointStatus",
        "WebhookDeliveryStatus": "events.models.DeliveryStatus",
    },
    nav=(
        NavEntry("Events received", "inbox", "operations_inbox", "ADMINISTER", OPERATIONS, order=800),
        NavEntry(
            "Events that failed", "report", "operations_dead_letters", "ADMINISTER", OPERATIONS, order=810
        ),
        NavEntry("Background work", "sync_alt", "operations_consumers", "ADMINISTER", OPERATIONS, order=820),
        NavEntry("Set aside", "local_parking", "operations_parked", "ADMINISTER", OPERATIONS, order=830),
        NavEntry("Webhooks", "webhook", "webhooks", "ADMINISTER", "Settings", 940),
    ),
    styles=("crm/webhooks.css",),
    dashboard_panels=(
        DashboardPanel(
            "long-transactions",
            "Somebody holds everything up",
            "crm/operations/long_transactions.html",
            "events.admin.long_transactions.panel",
            order=1,
            is_wide=True,
            right="ADMINISTER",
        ),
    ),
    queues={
        "events.read_log": Queue.CONSUMERS,
        "events.run_consumer": Queue.CONSUMERS,
        "events.sweep": Queue.CONSUMERS,
        "events.name_long_transactions": Queue.CONSUMERS,
        "events.deliver_webhooks": Queue.WEBHOOKS,
        "events.sweep_webhooks": Queue.WEBHOOKS,
    },
    schedule=(
        Periodic("events.sweep", seconds=2, expires=4, name="sweep"),
        Periodic("events.name_long_transactions", seconds=60, expires=50, name="name-long-transactions"),
        Periodic("events.sweep_webhooks", seconds=2, expires=4, name="sweep-webhooks"),
        Periodic("events.prune_webhooks", seconds=3600, expires=3000, name="prune-webhooks"),
        Periodic("events.prune_log", seconds=3600, expires=3000, name="prune-log"),
    ),
    locks={
        "WEBHOOKS": 4,  # how many endpoints a tenant has, and how many of them are sent to at once
    },
    settings=(
        Setting(
            "CRM_WEBHOOKS_ALLOW_PRIVATE",
            "flag",
            False,
            "Whether webhooks may go to private networks and over plain HTTP, as a developer's own receiver needs it.",
        ),
        Setting("CRM_EVENTS_QUEUE", "text", "crm-events", "The BullMQ queue that is read."),
        Setting("CRM_OUTBOUND_QUEUE", "text", "crm-outbound", "The BullMQ queue that is written."),
        Setting(
            "CRM_OUTBOUND_READERS",
            "names",
            "",
            "Further readers of what the queue is told, each with a queue and a position of its own.",
        ),
        Setting(
            "CRM_OUTBOUND_ALSO",
            "names",
            "",
            "Frequent events that the queue tells as well: crm.activity.recorded, crm.score.changed.",
        ),
        Setting(
            "CRM_FAIL_DEAD_JOBS",
            "flag",
            False,
            "Whether the job of a dead letter fails, with the reason, and stays in the queue for its sender to see.",
        ),
        Setting("CRM_BULLMQ_PREFIX", "text", "bull", "The prefix of both queues' keys in Redis."),
    ),
)
