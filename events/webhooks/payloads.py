"""The body of a request: the product's own envelope, as the queue tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from events.iso_time import utc_text

TEST_TYPE: Final = "crm.webhook.test"
# Larger ones are sent without their payload; a receiver reads the rest over REST.
MOST_BYTES: Final = 256 * 1024
KEPT_OF_LARGE: Final = ("id", "customerId", "winnerId", "loserId", "segmentId", "campaignId", "journeyId")


def body_of(envelope: Mapping[str, Any]) -> bytes:
    """The envelope as the bytes that are signed and sent; of one that is too large only what it is about."""
    body = orjson.dumps(envelope)
    if len(body) <= MOST_BYTES:
        return body
    payload: Mapping[str, Any] = envelope["payload"]
    kept = {name: payload[name] for name in KEPT_OF_LARGE if name in payload}
    return orjson.dumps({**envelope, "payload": {**kept, "truncated": True, "bytes": len(body)}})


def trial_envelope(*, event_id: str, tenant_id: UUID, at: datetime) -> dict[str, Any]:
    """What the test button sends."""
    return {
        "id": event_id,
        "type": TEST_TYPE,
        "version": "1.0",
        "timestamp": utc_text(at),
        "tenantId": str(tenant_id),
        "source": "crm",
        "identity": {},
        "payload": {"message": "This is a test. Answer with any status from 200 to 299."},
    }
