"""The subjects of messages, for the timeline."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from messaging.models import Delivery, Message
from profiles.timeline_names import Named


def by_key(keys: Collection[str]) -> Mapping[str, Named]:
    """Messages by the sender's own key."""
    return _named(Delivery.objects.filter(key__in=keys), "key")


def by_service_id(ids: Collection[str]) -> Mapping[str, Named]:
    """Messages by the id that the Messaging service gave them."""
    return _named(Delivery.objects.filter(service_id__in=ids).exclude(service_id=""), "service_id")


def _named(rows: Any, column: str) -> dict[str, Named]:
    found: dict[str, UUID] = {
        known: message for known, message in rows.values_list(column, "message_id") if message is not None
    }
    texts = Message.objects.in_bulk(set(found.values()))
    # A subject may hold tokens, which stand for each person's own words: then the name that staff gave it.
    return {known: Named(name) for known, message in found.items() if (name := _words(texts.get(message)))}


def _words(text: Message | None) -> str:
    if text is None:
        return ""
    return text.name if "{" in text.subject and text.name else text.subject or text.name
