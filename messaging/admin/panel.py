"""What was sent to a person, and why something was not."""

from typing import Any

from django.http import HttpRequest

from messaging.models import Delivery, DeliveryStatus, Message
from messaging.writing import words_of
from profiles.models import CustomerProfile
from tenants.admin.base import request_may
from tenants.roles import Right

SHOWN = 30
TONES = {
    DeliveryStatus.DELIVERED: "good",
    DeliveryStatus.BOUNCED: "bad",
    DeliveryStatus.FAILED: "bad",
    DeliveryStatus.SKIPPED: "warn",
    DeliveryStatus.UNKNOWN: "warn",
}


def context(request: HttpRequest, profile: CustomerProfile) -> dict[str, Any]:
    """The newest messages of a person with their state; two queries."""
    rows = list(Delivery.objects.filter(profile_id=profile.pk).order_by("-due_at", "-pk")[:SHOWN])
    texts = Message.objects.in_bulk([row.message_id for row in rows if row.message_id])
    return {
        "rows": [
            {
                "row": row,
                "text": texts.get(row.message_id),
                "why": words_of(row.reason) if row.reason else "",
                "ways": {name: words_of(why) for name, why in _ways(row).items()},
                "tone": TONES.get(DeliveryStatus(row.status), "plain"),
            }
            for row in rows
        ],
        "may_write": request_may(request, Right.EDIT),
    }


def _ways(row: Delivery) -> dict[str, str]:
    tried: dict[str, str] = row.history[0].get("ways", {}) if row.history else {}
    return tried if len(tried) > 1 else {}
