"""Messages that did not go as they should: unknown and failed ones, with what happened and what one can do."""

from typing import Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from messaging.models import Delivery, DeliveryStatus
from messaging.models.policy import policy_of, sends_mails_itself
from messaging.settling import HandAnswer, ask_soon, settle_by_hand
from messaging.writing import words_of
from profiles.models import CustomerProfile
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

SHOWN = 100
# Newer ones are on their way still.
STATUSES = (DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED, DeliveryStatus.BOUNCED)
ASK: Final = "ask"
ANSWERED: Final = {
    HandAnswer.SENT: "Noted as sent.",
    HandAnswer.NOT_SENT: "It goes out again.",
    HandAnswer.NEVER: "It stays unsent.",
}


@page("messaging/troubles/", name="send_troubles", right=Right.ADMINISTER)
def send_troubles(request: StaffRequest) -> HttpResponse:
    """The newest of them; what the service may know is asked about by itself."""
    rows = list(Delivery.objects.filter(status__in=STATUSES).order_by("-pk")[:SHOWN])
    people = CustomerProfile.objects.in_bulk([row.profile_id for row in rows])
    return show(
        request,
        "messaging/troubles.html",
        "Messages in trouble",
        by_hand=_is_by_hand(request),
        rows=[(row, people.get(row.profile_id), words_of(row.reason) if row.reason else "") for row in rows],
    )


@page("messaging/troubles/<int:delivery_id>/settle/", name="send_settle", right=Right.ADMINISTER)
@require_POST
def send_settle(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """`answer`: what somebody found out (sent, again, never), or that the service is to be asked now (ask)."""
    if not Delivery.objects.filter(pk=delivery_id).exists():
        raise Http404("There is no such message in this club.")
    answer = request.POST.get("answer", "")
    if answer == ASK:
        is_done, said = ask_soon(delivery_id), "The service is asked within seconds."
    elif answer in set(HandAnswer) and _is_by_hand(request):
        chosen = HandAnswer(answer)
        is_done, said = settle_by_hand(delivery_id, chosen), ANSWERED[chosen]
    else:
        is_done, said = True, "Nothing was changed."
    if is_done:
        messages.success(request, said)
    else:
        messages.warning(request, "It is known meanwhile what became of it.")
    return HttpResponseRedirect(reverse("admin:send_troubles"))


def _is_by_hand(request: StaffRequest) -> bool:
    """A mail server cannot be asked; a person looks into its log. The Messaging service answers for itself."""
    club = club_of(request)
    return sends_mails_itself(club, policy_of(club))
