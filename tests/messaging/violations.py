"""Rows of the ledger for tests, and ways to violate each of messaging's constraints."""

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from messaging.models import Delivery, Message, SendHold, SendPolicy, Suppression
from messaging.models.lists import SyncedList, SyncedMember
from tenants.scope import tenant_scope
from tests import factories
from tests.cast import Club
from tests.constraints import Violation
from tests.messaging.people import reader

NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)
_number = count(1)


def delivery(club: Club, **values: Any) -> Delivery:
    """A planned mail to somebody, unless told otherwise."""
    if "profile_id" not in values:
        values["profile_id"] = reader(club.tenant).pk
    defaults: dict[str, Any] = {
        "key": f"violation:{next(_number)}",
        "source": "CAMPAIGN",
        "source_id": UUID(int=1),
        "origin_profile_id": values["profile_id"],
        "message_class": "MARKETING",
        "channel": "EMAIL",
        "message_id": uuid4(),
        "status": "PLANNED",
        "zone": "Africa/Johannesburg",
        "due_at": NOW,
    }
    with tenant_scope(club.tenant):
        row: Delivery = Delivery.objects.create(tenant=club.tenant, **(defaults | values))
    return row


def _row(model: Any, club: Club, **values: Any) -> Any:
    with tenant_scope(club.tenant):
        return model.objects.create(tenant=club.tenant, **values)


def message(club: Club, **values: Any) -> Any:
    defaults: dict[str, Any] = {"channel": "EMAIL", "body": "Hello", "fingerprint": f"{next(_number):064x}"}
    return _row(Message, club, **(defaults | values))


def hold(club: Club) -> Any:
    return _row(SendHold, club, source_id=UUID(int=1))


def policy(club: Club, **values: Any) -> Any:
    return _row(SendPolicy, club, **values)


def suppression(club: Club, **values: Any) -> Any:
    return _row(Suppression, club, **({"channel": "EMAIL", "mailbox": 1, "kind": "BOUNCE"} | values))


def list_of(club: Club) -> Any:
    return _row(SyncedList, club, list_id="members", name="Members")


def member_of(club: Club) -> Any:
    return _row(SyncedMember, club, list_id="members", contact_id="contact-1")


def twice(make: Violation) -> Violation:
    def violate(club: Club) -> object:
        make(club)
        return make(club)

    return violate


def of_another_club(club: Club) -> Delivery:
    return delivery(club, profile_id=reader(factories.tenant("elsewhere")).pk)


VIOLATIONS: dict[str, list[Violation]] = {
    "messaging_delivery_key_uq": [twice(lambda club: delivery(club, key="k"))],
    "messaging_delivery_mailbox_uq": [twice(lambda club: delivery(club, mailbox=7, occurrence="1"))],
    "messaging_delivery_key_ck": [lambda club: delivery(club, key="")],
    "messaging_delivery_source_ck": [lambda club: delivery(club, source="RUMOUR")],
    "messaging_delivery_status_ck": [lambda club: delivery(club, status="LOST")],
    "messaging_delivery_class_ck": [lambda club: delivery(club, message_class="SPAM")],
    "messaging_delivery_way_ck": [
        lambda club: delivery(club, channel=""),
        lambda club: delivery(club, channel="PIGEON"),
        lambda club: delivery(club, message_id=None),
    ],
    "messaging_delivery_skipped_ck": [
        lambda club: delivery(club, status="SKIPPED"),
        lambda club: delivery(club, status="SKIPPED", reason="CONSENT", mailbox=7),
    ],
    "messaging_delivery_lease_ck": [lambda club: delivery(club, status="CLAIMED")],
    "messaging_delivery_sent_ck": [
        lambda club: delivery(club, status="HANDED_OVER"),
        lambda club: delivery(club, status="DELIVERED", delivered_at=NOW),
    ],
    "messaging_delivery_expiry_ck": [lambda club: delivery(club, expires_at=NOW - timedelta(minutes=1))],
    "messaging_delivery_profile_fk": [of_another_club, lambda club: delivery(club, profile_id=uuid4())],
    "messaging_message_content_uq": [twice(lambda club: message(club, fingerprint="a" * 64))],
    "messaging_message_channel_ck": [lambda club: message(club, channel="PIGEON")],
    "messaging_message_says_ck": [lambda club: message(club, body="")],
    "messaging_message_hash_ck": [lambda club: message(club, fingerprint="none")],
    "messaging_hold_source_uq": [twice(hold)],
    "messaging_policy_quiet_ck": [
        lambda club: policy(club, quiet_from=time(22)),
        lambda club: policy(club, quiet_from=time(22), quiet_until=time(22)),
    ],
    "messaging_policy_exempt_ck": [lambda club: policy(club, exempt_classes=["SPAM"])],
    "messaging_policy_backend_ck": [lambda club: policy(club, backend="PIGEON")],
    "messaging_suppression_mailbox_uq": [twice(suppression)],
    "messaging_suppression_kind_ck": [lambda club: suppression(club, kind="WHIM")],
    "messaging_suppression_channel_ck": [lambda club: suppression(club, channel="PIGEON")],
    "messaging_list_name_uq": [twice(list_of)],
    "messaging_listmember_contact_uq": [twice(member_of)],
}
