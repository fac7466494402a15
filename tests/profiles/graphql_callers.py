"""Shorthand for the tests of GraphQL."""

import json
from typing import Any

from django.test import Client

# Of a customer: as many as REST has.
ALL_FIELDS = """
id tenantId status authUserId email phoneNumber sclMemberId teetimePlayerId messagingContactId externalIds firstName
lastName displayName dateOfBirth gender postcode country language lifecycleStage tags engagementScore engagementScoreAt
churnRiskScore churnRiskScoreAt lifetimeValue lastActivityAt lastActivityType activityCount30d activityCount90d
bookingCount30d lastBookingAt lastEmailOpenAt lastEmailClickAt handicap handicapUpdatedAt homeClubId homeClubName
membershipTier membershipStatus memberSince membershipExpiry emailOptIn smsOptIn pushOptIn whatsappOptIn createdAt
updatedAt mergedInto lifetimeValueCurrency
"""


def ask(api: Client, query: str, headers: dict[str, str] | None = None, **variables: Any) -> Any:
    """Put a question."""
    body = {"query": query, "variables": variables}
    return api.post("/graphql", json.dumps(body), "application/json", headers=headers or {})


def data(answer: Any) -> Any:
    """What a question without errors was answered with."""
    assert answer.status_code == 200, answer.content
    assert "errors" not in answer.json(), answer.json()
    return answer.json()["data"]


def codes(answer: Any) -> tuple[int, list[str]]:
    """Status and the codes of the errors."""
    return answer.status_code, [error["extensions"]["code"] for error in answer.json()["errors"]]
