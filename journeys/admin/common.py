"""What the pages of journeys share."""

from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect

from journeys.drafts import get_journey
from journeys.errors import JourneyNotFound
from journeys.models import Journey
from profiles.called import GONE, people_called
from profiles.models import CustomerProfile
from tenants.admin.base import messages
from tenants.admin.pages import uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.models import Membership
from tenants.scope import current_tenant_id

MOST_MEANT: Final = 8


def refused(request: StaffRequest, error: DomainError, back: str) -> HttpResponse:
    """Say why not, on the page from where it was asked."""
    messages.error(request, error.message)
    return HttpResponseRedirect(back)


def journey_or_404(journey_id: UUID) -> Journey:
    """The journey of the address."""
    try:
        return get_journey(journey_id)
    except JourneyNotFound:
        raise Http404 from None


def people_meant(text: str) -> list[CustomerProfile]:
    """Whom staff mean by an id or by what the search finds: one, or those among whom they choose."""
    if not text:
        return []
    pk = uuid_or_none(text)
    if pk is not None:
        return list(CustomerProfile.objects.exclude(status__in=GONE).filter(pk=pk))
    return people_called(text, most=MOST_MEANT)


def colleagues() -> list[tuple[str, str]]:
    """(user name, name) of whoever works in the open scope's club."""
    rows = Membership.objects.filter(tenant_id=current_tenant_id(), user__is_active=True)
    rows = rows.select_related("user").order_by("user__username")
    return [(one.user.username, one.user.get_full_name() or one.user.username) for one in rows]
