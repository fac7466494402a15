"""Messages that did not go as they should: unknown and failed ones, with what happened."""

from django.http import HttpResponse

from messaging.models import Delivery, DeliveryStatus
from messaging.writing import words_of
from profiles.models import CustomerProfile
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

SHOWN = 100
# Newer ones are on their way still.
STATUSES = (DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED, DeliveryStatus.BOUNCED)


@page("messaging/troubles/", name="send_troubles", right=Right.ADMINISTER)
def send_troubles(request: StaffRequest) -> HttpResponse:
    """The newest of them; what is unknown is asked about by itself."""
    rows = list(Delivery.objects.filter(status__in=STATUSES).order_by("-pk")[:SHOWN])
    people = CustomerProfile.objects.in_bulk([row.profile_id for row in rows])
    return show(
        request,
        "messaging/troubles.html",
        "Messages in trouble",
        rows=[(row, people.get(row.profile_id), words_of(row.reason) if row.reason else "") for row in rows],
    )
