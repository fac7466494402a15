"""Messages to people as the API tells them, over REST and GraphQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from messaging.models import NO_SOURCE, Delivery, Message
from messaging.writing import words_of

Fields = dict[str, Any]


def letters_to(profile_id: UUID) -> QuerySet[Delivery]:
    """What was sent to a customer and what was not, the newest first."""
    return Delivery.objects.filter(profile_id=profile_id).order_by("-due_at", "-pk")


def letter_fields(rows: Sequence[Delivery]) -> list[Fields]:
    """Rows of the ledger as the API tells them; one query for their texts."""
    texts: dict[UUID, Message] = Message.objects.in_bulk([row.message_id for row in rows if row.message_id])
    return [_fields(row, texts.get(row.message_id) if row.message_id else None) for row in rows]


def _fields(row: Delivery, text: Message | None) -> Fields:
    return {
        "id": row.key,
        "source": row.source,
        "sourceId": None if row.source_id == NO_SOURCE else row.source_id,
        "channel": row.channel or None,
        "subject": (text and (text.subject or text.name)) or None,
        "status": row.status,
        "reason": row.reason or None,
        "reasonText": words_of(row.reason) if row.reason else None,
        "dueAt": row.due_at,
        "handedOverAt": row.handed_over_at,
        "deliveredAt": row.delivered_at,
        "openedAt": row.opened_at,
        "clickedAt": row.clicked_at,
        "repliedAt": row.replied_at,
    }
