"""Lost property: enter it, list it, give it away."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events import log
from events.log import LogEntry
from profiles.reading import get_customer
from tenants.errors import InvalidError
from tenants.scope import current_tenant_id
from tests.sample.extension import ITEM_FOUND
from tests.sample.models import LostItem

KEPT_FOR: Final = timedelta(days=90)
LONGEST_TEXT: Final = 200


def enter_item(profile_id: UUID, description: Any) -> LostItem:
    """Enter what a customer left behind. Raises CustomerNotFound, InvalidError."""
    if not isinstance(description, str) or not 0 < len(description.strip()) <= LONGEST_TEXT:
        raise InvalidError(f"Write what it is, in up to {LONGEST_TEXT} letters.", field="description")
    with transaction.atomic():
        owner = get_customer(profile_id)
        item: LostItem = LostItem.objects.create(
            tenant_id=current_tenant_id(),
            profile_id=owner.pk,
            origin_profile_id=owner.pk,
            description=description.strip(),
        )
        log.append([LogEntry(ITEM_FOUND, owner.pk, {"itemId": str(item.pk)})])
    return item


def waiting_items() -> QuerySet[LostItem]:
    """What nobody has fetched, the newest first."""
    return LostItem.objects.filter(given_away_at=None).order_by("-found_at", "-pk")


def give_away() -> int:
    """Give away what nobody fetched in time; returns how much."""
    now = timezone.now()
    old = waiting_items().filter(found_at__lt=now - KEPT_FOR)
    return int(old.update(given_away_at=now))


def item_fields(item: LostItem) -> dict[str, Any]:
    """An item as the API tells it."""
    return {
        "id": str(item.pk),
        "customerId": str(item.profile_id),
        "description": item.description,
        "foundAt": item.found_at,
    }
