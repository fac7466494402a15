"""Tables of events: what each column holds, what becomes of rows about a person, how long they stay."""

from typing import Final

from tenants.extension import BLANKED, OF_PERSON, Period, Step, Table, Texts, columns, delete

BLANK_LETTERS: Final = """
UPDATE events_deadletter SET body = '[erased]', field = ''
WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s)
"""
BLANK_RECEIVED: Final = """
UPDATE events_webhookattempt SET answer = '[erased]' WHERE tenant_id = %(tenant)s AND id = ANY(%(mentioned)s)
"""
# What a receiver of a webhook said may repeat what it was told, in whatever way it is written.
TOLD_ABOUT: Final = """
(SELECT l.profile_id FROM events_webhookdelivery AS d
 JOIN events_domainlogentry AS l ON l.tenant_id = d.tenant_id AND l.id = d.log_id
 WHERE d.id = row.delivery_id AND d.tenant_id = row.tenant_id)
"""
# Some events call the person whom they are about by a plain `id`.
SUBJECT: Final = """
CASE WHEN starts_with(row.type, 'scl.member.') OR starts_with(row.type, 'teetime.player.')
     THEN jsonb_build_object('subjectId', row.envelope->'payload'->'id')::text END
"""
MENTIONED: Final = "id = ANY(%(mentioned)s)"
TABLES: Final = (
    Table(
        "events.DeadLetter",
        personal=columns("body message field job_name"),
        plain=columns("queue job_id code received_at handled_at handled_by_id"),
        erase=(Step(BLANKED, BLANK_LETTERS),),
        # The blank before it: what was refused need not be JSON.
        texts=Texts(
            ("' ' || row.body", "row.message", "row.job_name", "row.job_id"),
            redacted=("message", "job_name", "job_id"),
        ),
    ),
    Table(
        "events.InboxEvent",
        words="Events that services sent",
        personal=columns(
            "envelope original_envelope error_message error_field remarks profile_id activity_id"
        ),
        plain=columns(
            "source event_id type occurred_at received_at door priority status attempts due_at error_code processed_at"
        ),
        mine=OF_PERSON,
        elsewhere="profiles.privacy.mentions",
        texts=Texts(
            (
                "row.envelope::text",
                "row.original_envelope::text",
                "row.error_message",
                "row.event_id",
                "row.remarks::text",
                SUBJECT,
            ),
            changing="row.original_envelope IS NOT NULL",
        ),
    ),
    # Before the log, which says whose events were answered.
    Table(
        "events.WebhookAttempt",
        personal=columns("answer"),
        plain=columns("delivery_id endpoint_id at succeeded duration_ms status_code error"),
        erase=(Step(BLANKED, BLANK_RECEIVED),),
        texts=Texts(("row.answer",), person=TOLD_ABOUT, among="row.answer <> ''", by_id=True),
    ),
    Table(
        "events.DomainLogEntry",
        words="Log of what happened",
        personal=columns("data profile_id"),
        plain=columns("xid cluster kind at"),
        erase=delete("events_domainlogentry", MENTIONED),
        texts=Texts(("row.data::text",), person="row.profile_id"),
    ),
    Table(
        "events.ConsumerPosition",
        plain=columns(
            "consumer cluster last_xid last_id moved_at last_error failed_at parked_in_row stopped_at"
        )
        + columns("probe_at leased_until"),
    ),
    Table(
        "events.ParkedEntry",
        personal=columns("data error profile_id"),
        plain=columns("consumer log_id kind at status parked_at resolved_at"),
        erase=delete("events_parkedentry", MENTIONED),
        texts=Texts(("row.data::text", "row.error"), person="row.profile_id"),
    ),
    Table(
        "events.WebhookEndpoint",
        plain=columns("url description event_types status disabled_reason disabled_at sealed_secret")
        + columns(
            "sealed_old_secret old_secret_until failing_since last_success_at consecutive_failures backoff_until"
        )
        + columns("leased_until is_slow created_by_name created_at"),
    ),
    # Refers to the log entry, which is deleted, and holds no payload: see docs/adr/0015.
    Table(
        "events.WebhookDelivery",
        plain=columns(
            "endpoint_id log_id event_id event_type occurred_at status due_at leased_until attempts"
        )
        + columns("last_status_code last_error created_at ended_at"),
    ),
)
PERIODS: Final = (
    # The row stays, so that the same event is still known as taken. Dead letters wait for staff.
    Period(
        "inboxPayloads",
        "Events as they came",
        "Their content goes; the event is still known as taken.",
        365,
        """
        SELECT id FROM events_inboxevent
        WHERE tenant_id = %(tenant)s AND received_at < %(before)s AND status IN ('SUCCESS', 'SKIPPED')
          AND envelope <> '{"expired": true}'
        """,
        """
        UPDATE events_inboxevent SET envelope = '{"expired": true}', original_envelope = NULL
        WHERE id IN (SELECT id FROM past)
        """,
        keeps_rows=True,
    ),
    Period(
        "handledLetters",
        "Failed jobs that were handled",
        "They are deleted.",
        90,
        "SELECT id FROM events_deadletter WHERE tenant_id = %(tenant)s AND handled_at < %(before)s",
        "DELETE FROM events_deadletter WHERE id IN (SELECT id FROM past)",
    ),
    # As long as the domain log, from which they are made.
    Period(
        "webhookDeliveries",
        "Deliveries of webhooks",
        "They are deleted with their attempts.",
        30,
        "SELECT id FROM events_webhookdelivery WHERE tenant_id = %(tenant)s AND created_at < %(before)s",
        """, attempts AS (
            DELETE FROM events_webhookattempt WHERE delivery_id IN (SELECT id FROM past)
        )
        DELETE FROM events_webhookdelivery WHERE id IN (SELECT id FROM past)
        """,
    ),
)
