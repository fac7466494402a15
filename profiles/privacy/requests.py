"""Requests about personal data that somebody has to fulfil or refuse."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from profiles.errors import AlreadyDecided, InvalidFields
from profiles.models import CustomerProfile, PrivacyRequest
from tenants.action_log import log_action

Status: Final = PrivacyRequest.Status
# A month of the GDPR; POPIA says within a reasonable time.
DEADLINE: Final = timedelta(days=30)
LONGEST_REASON: Final = 500


def open_requests() -> QuerySet[PrivacyRequest]:
    """Those that wait, the oldest first."""
    rows: QuerySet[PrivacyRequest] = PrivacyRequest.objects.filter(status=Status.OPEN)
    return rows.order_by("opened_at", "pk")


def with_people(requests: list[PrivacyRequest]) -> list[tuple[PrivacyRequest, CustomerProfile]]:
    """Each with whom it is about; one query."""
    people = CustomerProfile.objects.in_bulk([request.profile_id for request in requests])
    return [(request, people[request.profile_id]) for request in requests if request.profile_id in people]


def days_left(request: PrivacyRequest, now: datetime) -> int:
    """Until the law wants an answer; negative: so many days too late."""
    return (request.opened_at + DEADLINE - now).days


def reject_request(request_id: int, reason: str) -> None:
    """Refuse a request with the reason that the person is told; raises InvalidFields, AlreadyDecided."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        raise InvalidFields({"reason": "Say why: the person has a right to know."})
    with transaction.atomic():
        rows = PrivacyRequest.objects.filter(pk=request_id, status=Status.OPEN)
        if rows.update(status=Status.REJECTED, closed_at=Now()) != 1:
            raise AlreadyDecided
        log_action(
            "privacy_request.rejected",
            subject_kind="privacy_request",
            subject_id=request_id,
            details={"reason": reason},
        )
