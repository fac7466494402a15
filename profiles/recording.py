"""Rows of the timeline that the platform itself adds to many people at once.

A caller opens the table of notes, fills it with its own `INSERT … SELECT`, and stores them. They say nothing about the
person's own activity: no figures, no log entries.
"""

from typing import Any, Final
from uuid import UUID

from profiles.vocabulary import SLOTS

OPEN: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS noted_activity (
    profile_id uuid NOT NULL, occurred_at timestamptz NOT NULL, type text NOT NULL, category text NOT NULL,
    source_event_id text NOT NULL, title text NOT NULL, metadata jsonb NOT NULL DEFAULT '{}'
) ON COMMIT DELETE ROWS;
DELETE FROM noted_activity
"""
# Numbers as if they had come through the inbox, see `Activity`. The sequence is looked up once, and not for each row.
STORE: Final = f"""
INSERT INTO profiles_activity (id, tenant_id, profile_id, origin_profile_id, occurred_at, slot, type, category, channel,
                               source, source_event_id, title, metadata)
SELECT nextval((SELECT pg_get_serial_sequence('events_inboxevent', 'id')::regclass)) * {SLOTS}, %s, profile_id,
       profile_id, occurred_at, 0, type, category, 'CRM', 'crm', source_event_id, title, metadata
FROM noted_activity
ON CONFLICT ON CONSTRAINT profiles_activity_event_uq DO NOTHING
"""


def open_notes(cursor: Any) -> None:
    """Make the temporary table `noted_activity`, empty; needs an open transaction."""
    cursor.execute(OPEN)


def store_notes(cursor: Any, tenant_id: UUID) -> int:
    """Move what stands in it to the timelines; once per `source_event_id`. Returns how many rows are new."""
    cursor.execute(STORE, [tenant_id])
    added: int = cursor.rowcount
    return added
