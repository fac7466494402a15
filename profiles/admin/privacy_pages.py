"""Privacy in the back office: open requests, a copy for the person, erasure with preview, restriction."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from events.identity_hints import IdentityKey, IdentityKind
from profiles.admin.customer_page import address_of
from profiles.effects.keys import normal_keys
from profiles.errors import AlreadyDecided, CustomerNotFound, InvalidFields
from profiles.models import CustomerProfile, ErasureCount, ErasureReason, ErasureReceipt
from profiles.privacy.copies import copy_of_person, zip_of_copy
from profiles.privacy.counting import ask_for_count, ask_for_erasure, count_of, is_erased
from profiles.privacy.requests import days_left, open_requests, reject_request, with_people
from profiles.reading import current_club, get_customer
from profiles.restricting import restriction_of, set_restriction
from profiles.suppression import lift
from tenants.action_log import log_action
from tenants.admin.base import messages
from tenants.admin.pages import page, show
from tenants.declarations import every
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right

MOST_SHOWN = 100
# What must be typed before somebody is erased.
CONFIRMATION = "ERASE"


@page("privacy/", name="privacy", right=Right.ADMINISTER)
@require_GET
def privacy(request: StaffRequest) -> HttpResponse:
    """Requests that wait, and receipts of what was done."""
    return show(
        request,
        "crm/privacy/overview.html",
        "Privacy",
        requests=[
            (asked, person, days_left(asked, timezone.now()))
            for asked, person in with_people(list(open_requests()[:MOST_SHOWN]))
        ],
        receipts=ErasureReceipt.objects.order_by("-pk")[:MOST_SHOWN],
    )


@page("privacy/requests/<int:request_id>/reject/", name="privacy_reject", right=Right.ADMINISTER)
@require_POST
def reject(request: StaffRequest, request_id: int) -> HttpResponse:
    """Refuse a request (form field `reason`)."""
    try:
        reject_request(request_id, request.POST.get("reason", ""))
    except InvalidFields as error:
        messages.error(request, error.fields["reason"])
    except AlreadyDecided as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "The request is rejected; the customer stays as they are.")
    return HttpResponseRedirect(reverse("admin:privacy"))


@page("privacy/readmit/", name="privacy_readmit", right=Right.ADMINISTER)
@require_POST
def readmit(request: StaffRequest) -> HttpResponse:
    """Let an address in again (form field `address`), because an erased person came back of their own will."""
    text = request.POST.get("address", "").strip()
    kinds = (IdentityKind.EMAIL, IdentityKind.PHONE, IdentityKind.SCL_MEMBER, IdentityKind.MEMBER_NUMBER)
    keys = [key for kind in kinds for key in normal_keys([IdentityKey(kind, text)], "", current_club())]
    lifted = lift(keys) if text else 0
    if lifted:
        log_action("suppression.lifted", subject_kind="suppression", details={"keys": lifted})
        messages.success(request, "Events about this address are taken again.")
    else:
        messages.info(request, "This address is not kept out.")
    return HttpResponseRedirect(reverse("admin:privacy"))


@page("profiles/customerprofile/<uuid:profile_id>/copy/", name="customer_copy", right=Right.ADMINISTER)
@require_POST
def hand_out_copy(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """The ZIP of everything held; by POST, because it stands in the action log."""
    copy = copy_of_person(_customer(profile_id).pk)
    answer = HttpResponse(zip_of_copy(copy), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="customer-{copy["customerId"]}.zip"'
    return answer


@page(
    "profiles/customerprofile/<uuid:profile_id>/restrict/", name="customer_restrict", right=Right.ADMINISTER
)
@require_POST
def restrict(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Restrict processing (form field `restricted`: yes), or allow it again."""
    profile = _customer(profile_id)
    is_restricted = request.POST.get("restricted") == "yes"
    set_restriction(profile.pk, is_restricted=is_restricted)
    messages.success(
        request, "The data rests from now on." if is_restricted else "The data may be used again."
    )
    return HttpResponseRedirect(address_of(profile.pk))


@page("profiles/customerprofile/<uuid:profile_id>/erase/", name="customer_erase", right=Right.ADMINISTER)
def erase(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """Have somebody erased, once the word was typed (POST), or counted what would go (POST `act`: count).

    Neither is done here: a worker does it, and the page shows how far it is.
    """
    if is_erased(profile_id):
        return _told_erased(request)
    profile = _customer(profile_id)
    if request.method == "POST" and request.POST.get("act") == "count":
        ask_for_count(profile.pk)
        return HttpResponseRedirect(reverse("admin:customer_erase", args=[profile.pk]))
    reason = request.POST.get("reason", ErasureReason.POPIA.value)
    is_meant = request.POST.get("confirmation", "").strip().upper() == CONFIRMATION
    if request.method == "POST" and is_meant and reason in ErasureReason.values:
        ask_for_erasure(profile.pk, reason=reason, user=cast(User, request.user))
        return HttpResponseRedirect(reverse("admin:customer_erase", args=[profile.pk]))
    is_refused = request.method == "POST"
    return show(
        request,
        "crm/privacy/erase.html",
        f"Erase {profile.name}",
        status=422 if is_refused else 200,
        profile=profile,
        reasons=ErasureReason.choices,
        reason=reason,
        word=CONFIRMATION,
        is_refused=is_refused,
        is_restricted=restriction_of(profile.pk),
        crumb={"link": address_of(profile.pk), "title": profile.name},
        **_counted(profile.pk),
    )


@page(
    "profiles/customerprofile/<uuid:profile_id>/erase/count/",
    name="customer_erase_count",
    right=Right.ADMINISTER,
)
@require_GET
def erase_count(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """How far the count or the erasure is; leads to a whole page once it has ended."""
    if is_erased(profile_id):
        return _told_erased(request)
    profile = _customer(profile_id)
    counted = _counted(profile.pk)
    if not counted["is_counting"]:
        return HttpResponseRedirect(reverse("admin:customer_erase", args=[profile.pk]))
    return render(request, "crm/privacy/counting.html", counted)


def _told_erased(request: StaffRequest) -> HttpResponse:
    messages.success(request, "Erased. The receipt is below.")
    return HttpResponseRedirect(reverse("admin:privacy"))


def _counted(profile_id: UUID) -> dict[str, Any]:
    """What the page says of the count."""
    count = count_of(profile_id)
    is_done = count is not None and count.status == ErasureCount.Status.DONE
    return {
        "count": count,
        "is_counting": count is not None and count.status == ErasureCount.Status.WAITING,
        "is_failed": count is not None and count.status == ErasureCount.Status.FAILED,
        "is_erasing": count is not None and bool(count.reason),
        "lines": _lines(count.counts) if count is not None and is_done else None,
        "people": count.people if count is not None else 1,
    }


def _lines(counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, int]]:
    """What, the act, rows."""
    words = {table.model: table.words for table in every("tables")}
    return [
        (words.get(model) or _words(model), act, rows)
        for model, acts in counts.items()
        for act, rows in acts.items()
        if rows
    ]


def _words(model: str) -> str:
    """profiles.ImportRow becomes Import row, where no words are declared."""
    name = model.partition(".")[2]
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spaced.capitalize()


def _customer(profile_id: UUID) -> CustomerProfile:
    try:
        return get_customer(profile_id)
    except CustomerNotFound as error:
        raise Http404(error.message) from error
