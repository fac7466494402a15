"""What this app brings to the house."""

from typing import Final

from tenants.extension import (
    BLANKED,
    OF_PERSON,
    Consumer,
    CustomerAct,
    CustomerPanel,
    Extension,
    LogKind,
    Move,
    NavEntry,
    OnUndo,
    Period,
    Periodic,
    Place,
    Queue,
    Setting,
    Step,
    Table,
    Tag,
    Texts,
    columns,
    delete,
    written,
)

# What was sent stays countable for the campaign that sent it, under nobody's name.
BLANK_DELIVERIES: Final = """
UPDATE messaging_delivery
SET variables = NULL, mailbox = NULL, service_id = '', error = '', key = 'erased:' || id,
    status = CASE WHEN status IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN') THEN 'SKIPPED' ELSE status END,
    reason = CASE WHEN status IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN') THEN 'ERASED' ELSE reason END,
    leased_until = NULL, history = '[]'
WHERE tenant_id = %(tenant)s AND profile_id = ANY(%(ids)s)
"""

# What became of a message stays countable, and its key taken; what was said on the way goes (ADR 103).
PERIODS: Final = (
    Period(
        "deliveryDetails",
        "Details of messages",
        "What happened to each on its way goes; who got it, when and what became of it stays.",
        365,
        """
        SELECT id FROM messaging_delivery
        WHERE tenant_id = %(tenant)s AND planned_at < %(before)s AND due_at < %(before)s
          AND status NOT IN ('PLANNED', 'DEFERRED', 'CLAIMED', 'UNKNOWN')
          AND (history <> '[]' OR variables IS NOT NULL OR mailbox IS NOT NULL OR service_id <> '' OR error <> '')
        """,
        """
        UPDATE messaging_delivery SET variables = NULL, mailbox = NULL, service_id = '', error = '', history = '[]'
        WHERE tenant_id = %(tenant)s AND id IN (SELECT id FROM past)
        """,
        keeps_rows=True,
    ),
)

TABLES: Final = (
    Table(
        "messaging.Delivery",
        personal=columns("profile_id origin_profile_id key variables mailbox service_id error history"),
        plain=columns(
            "source source_id occurrence variant message_class channel message_id status reason zone due_at"
        )
        + columns(
            "expires_at good_until defers_quiet defers_cap one_per_mailbox deferrals attempts leased_until"
        )
        + columns("lost_workers unclear_calls")
        + columns("planned_at")
        + columns("handed_over_at delivered_at bounced_at opened_at machine_opened_at clicked_at replied_at")
        + columns("unsubscribed_at complained_at"),
        erase=(Step(BLANKED, BLANK_DELIVERIES),),
        mine=OF_PERSON,
        merge=Move(),
        undo=OnUndo.KEEPS_PERSON,
        # What an event said of somebody else (a partner on a booking); never changed after the planning.
        texts=Texts(("row.variables::text",), among="row.variables IS NOT NULL", redacted=("variables",)),
    ),
    Table(
        "messaging.Message",
        personal=columns("profile_id subject body html"),
        plain=columns("channel name template_id utm fingerprint created_at"),
        erase=delete("messaging_message"),
        mine=OF_PERSON,
        texts=written("subject body html"),
    ),
    Table(
        "messaging.SendHold",
        plain=columns("source_id reason held_by_name held_at"),
        texts=written("reason"),
    ),
    Table(
        "messaging.SendPolicy",
        plain=columns(
            "caps exempt_classes quiet_from quiet_until club_zones rates needs_consent_always sender_name"
        )
        + columns("sender_email reply_to sms_sender backend updated_at"),
    ),
    # The next sync takes an erased customer's contact off the list there as well.
    Table(
        "messaging.SyncedList",
        plain=columns("list_id name sequence members synced_at problem"),
        texts=written("name problem"),
    ),
    Table(
        "messaging.SyncedMember",
        personal=columns("contact_id"),
        plain=columns("list_id"),
        erase=delete("messaging_syncedmember", "'messagingContactId:' || contact_id = ANY(%(keys)s)"),
    ),
    # A hash that names nobody, kept so that nobody writes there again.
    Table("messaging.Suppression", plain=columns("channel mailbox kind strikes until noted_at")),
)

EXTENSION: Final = Extension(
    error_codes="messaging.error_codes.CODES",
    graphql_queries=("messaging.graphql.queries.MessageQueries",),
    graphql_customer_edges="messaging.graphql.edges.EDGES",
    tables=TABLES,
    periods=PERIODS,
    log_kinds=(LogKind("delivery.changed", "What became of a message: sent, delivered, opened, skipped …"),),
    urls="messaging.api.urls",
    public_urls="messaging.public_urls",
    tags=(Tag("messages", "What is sent to one customer, by whom, and what became of it.", 35),),
    enum_names={
        "SendChannel": "messaging.models.SendChannel",
        "SendSource": "messaging.models.Source",
    },
    timeline_names={
        "idempotencyKey": "messaging.timeline_names.by_key",
        "messageId": "messaging.timeline_names.by_service_id",
    },
    customer_actions=(CustomerAct("write", "Write", "customers_write", order=5, icon="edit_square"),),
    customer_panels=(
        CustomerPanel(
            "messages",
            "Messages",
            "messaging/panel.html",
            "messaging.admin.panel.context",
            Place.TAB,
            order=20,
        ),
    ),
    nav=(
        NavEntry("Messages in trouble", "unsubscribe", "send_troubles", "ADMINISTER", "System health", 860),
        NavEntry("Sending rules", "mail_lock", "send_rules", "ADMINISTER", "Settings", 955),
    ),
    consumers=(
        Consumer(
            name="deliveries",
            kinds=("activity.recorded",),
            handle="messaging.receiving.handle",
            words="What became of messages",
            wants="messaging.receiving.wants",
        ),
    ),
    queues={
        "messaging.send_due": Queue.SENDS,
        "messaging.sweep_sends": Queue.SENDS,
        "messaging.settle_sends": Queue.SENDS,
    },
    schedule=(
        Periodic("messaging.sweep_sends", seconds=2, expires=4),
        Periodic("messaging.settle_sends", seconds=5, expires=5),
    ),
    programs=("messaging_sandbox",),
    settings=(
        Setting(
            "CRM_MESSAGING_URL",
            "text",
            "",
            "The Messaging service; empty: its stand-in, 98 ports above PORT.",
        ),
        Setting(
            "CRM_MESSAGING_KEY", "text", "", "The key for the Messaging service, sent as a bearer token."
        ),
    ),
    locks={"SEND_PLANNING": 40},
)
