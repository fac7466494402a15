"""The page on which one sets up, renews and takes away one's own second factor."""

from base64 import b32encode
from typing import cast

import django_otp
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import mark_safe

from tenants import second_factor
from tenants.admin.base import messages, note
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right

TEMPLATE = "crm/second_factor.html"
TITLE = "Second factor"
WRONG = "This code is not right. Wait for the next one and try again."


@page("second-factor/", name="second_factor", right=Right.VIEW_PROFILES)
def second_factor_page(request: StaffRequest) -> HttpResponse:
    """Off, being set up, or on; by POST `act`: begin, confirm, renew or off, the last three with a code."""
    user = cast(User, request.user)
    act, code = request.POST.get("act", ""), request.POST.get("code", "")
    if request.method == "POST" and act == "begin":
        second_factor.begin(user)
        return HttpResponseRedirect(reverse("admin:second_factor"))
    if request.method == "POST" and act == "confirm":
        device = second_factor.confirm(user, code)
        if device is None:
            return _shown(request, WRONG)
        django_otp.login(request, device)
        note(request, "user.second_factor_on", "user", user.pk, name=user.get_username())
        return _codes(request, user)
    if request.method == "POST" and act in ("renew", "off"):
        if second_factor.matching_device(user, code) is None:
            return _shown(request, WRONG)
        if act == "renew":
            note(request, "user.recovery_codes_made", "user", user.pk, name=user.get_username())
            return _codes(request, user)
        second_factor.forget(user)
        note(request, "user.second_factor_off", "user", user.pk, name=user.get_username())
        messages.success(request, "Your second factor is off: the password alone opens.")
        return HttpResponseRedirect(reverse("admin:second_factor"))
    return _shown(request)


def _shown(request: StaffRequest, problem: str = "") -> HttpResponse:
    user = cast(User, request.user)
    waiting = second_factor.waiting_device(user)
    response = show(
        request,
        TEMPLATE,
        TITLE,
        status=422 if problem else 200,
        device=second_factor.device_of(user),
        waiting=waiting,
        # Made by the library out of our own address and a random secret.
        picture=mark_safe(second_factor.picture(waiting)) if waiting else "",  # noqa: S308
        secret=b32encode(waiting.bin_key).decode().rstrip("=") if waiting else "",
        is_demanded=second_factor.is_demanded(request.tenant, request.role),
        problem=problem,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _codes(request: StaffRequest, user: User) -> HttpResponse:
    """The one page on which the recovery codes can be read."""
    response = show(request, TEMPLATE, TITLE, codes=second_factor.new_recovery_codes(user))
    response.headers["Cache-Control"] = "no-store"
    return response
