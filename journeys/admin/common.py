"""What the pages of journeys share."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect

from journeys.drafts import get_journey
from journeys.errors import JourneyNotFound
from journeys.models import Journey
from tenants.admin.base import messages
from tenants.errors import DomainError
from tenants.middleware import StaffRequest


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
