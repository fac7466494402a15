"""Pages for people who are not in the back office yet, in its clothes."""

import time
from typing import Any, Final
from uuid import UUID

from django.contrib.admin import site
from django.contrib.auth import authenticate, login
from django.contrib.auth import views as auth_views
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tenants import second_factor
from tenants.action_log import log_action
from tenants.actors import acting_as, actor_of_user
from tenants.admin.account_forms import (
    AskForPasswordForm,
    CodeForm,
    ExistingAccountForm,
    NewAccountForm,
    NewPasswordForm,
)
from tenants.api.throttling import limiter
from tenants.errors import ConflictError
from tenants.invitations import accept, find_invitation, new_account
from tenants.middleware import SESSION_TENANT
from tenants.models import Invitation, User
from tenants.roles import tenants_of
from tenants.scope import tenant_scope
from tenants.signing_in import address_of

SECOND_FACTOR_FIRST: Final = "This account has a second factor: log in first, then open this link again."
GONE: Final = 404
TOO_MANY: Final = 429
MAILS_A_MINUTE: Final = 6
BACKEND: Final = "tenants.signing_in.PersonBackend"


def _page(request: HttpRequest, template: str, title: str, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {**site.each_context(request), "title": title, **more}
    return render(request, f"account/{template}.html", context, status=status)


@sensitive_post_parameters()
@never_cache
def join(request: HttpRequest, club_id: UUID, invitation_id: UUID, token: str) -> HttpResponse:
    """Accept an invitation: with the account one is logged in with, with another, or with a new one (`with`)."""
    with tenant_scope(club_id):
        invitation = find_invitation(invitation_id, token)
        if invitation is None:
            return _page(request, "join_gone", "This invitation is over", status=GONE)
        chosen = request.POST.get("with", "")
        forms = {
            "new": NewAccountForm(request.POST if chosen == "new" else None, email=invitation.email),
            "old": ExistingAccountForm(request.POST if chosen == "old" else None),
        }
        try:
            if request.method == "POST" and _joined(request, invitation, chosen, forms):
                return HttpResponseRedirect(reverse("admin:index"))
        except ConflictError as error:
            return _page(request, "join_gone", "This invitation is over", status=GONE, reason=error.message)
        return _page(
            request,
            "join",
            f"Join {invitation.tenant.name}",
            invitation=invitation,
            chosen=chosen or "new",
            new_form=forms["new"],
            old_form=forms["old"],
        )


def _joined(request: HttpRequest, invitation: Invitation, chosen: str, forms: dict[str, Any]) -> bool:
    """Whether the person is in now, logged in and in the club; what was wrong stands in the form."""
    user: User | None = None
    if chosen == "me" and isinstance(request.user, User) and not second_factor.is_waited_for(request):
        user = request.user
    elif chosen in forms and forms[chosen].is_valid():
        data = forms[chosen].cleaned_data
        if chosen == "new":
            # Where the invitation ends at this moment, no account is left behind.
            with transaction.atomic():
                user = new_account(
                    invitation=invitation,
                    first_name=data["first_name"],
                    last_name=data["last_name"],
                    password=data["password1"],
                )
                accept(invitation=invitation, user=user)
        else:
            user = authenticate(request, username=data["username"], password=data["password"])
            if user is None:
                forms[chosen].add_error(None, "No account has this name and password.")
            elif second_factor.has_device(user):
                forms[chosen].add_error(None, SECOND_FACTOR_FIRST)
                user = None
    if user is None:
        return False
    if chosen != "new":
        accept(invitation=invitation, user=user)
    if user != request.user:
        login(request, user, backend=BACKEND)
    request.session[SESSION_TENANT] = str(invitation.tenant_id)
    return True


def _take_turn(request: HttpRequest) -> bool:
    """Whether this address may ask for another mail: some a minute, for all accounts together."""
    return limiter.take(
        subject=f"address:{address_of(request)}",
        rate_class="mails",
        limit=MAILS_A_MINUTE,
        cost=1,
        now=time.time(),
    )


class _AccountPage:
    """What the pages about passwords share with the rest of the back office."""

    title = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the colours and scripts of the back office."""
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**site.each_context(request), **context, "title": self.title}


class AskForPassword(_AccountPage, auth_views.PasswordResetView):
    """Where somebody without a password leaves their address."""

    title = "Forgotten password"
    template_name = "account/password.html"
    form_class = AskForPasswordForm
    success_url = reverse_lazy("account-password-sent")

    def form_valid(self, form: Any) -> HttpResponse:
        """Send the mails, unless this address of the network asks too often."""
        if not _take_turn(self.request):
            return _page(self.request, "slow_down", "Too many tries", status=TOO_MANY)
        form.save(request=self.request)
        return HttpResponseRedirect(str(self.success_url))


class PasswordAsked(_AccountPage, auth_views.PasswordResetDoneView):
    """Says that a mail is on its way if there is such an account."""

    title = "Look into your mailbox"
    template_name = "account/password_sent.html"


class NewPassword(_AccountPage, auth_views.PasswordResetConfirmView):
    """Where the link of the mail leads."""

    title = "Choose a new password"
    template_name = "account/password_new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("account-password-done")

    def form_valid(self, form: Any) -> HttpResponse:
        """Noted in every club of the person."""
        response = super().form_valid(form)
        user: User = form.user
        for club in tenants_of(user):
            with tenant_scope(club), acting_as(actor_of_user(user)):
                log_action(
                    "user.password_reset",
                    subject_kind="user",
                    subject_id=user.pk,
                    details={"name": user.get_username()},
                )
        return response


class PasswordDone(_AccountPage, auth_views.PasswordResetCompleteView):
    """The way back to the log-in page."""

    title = "Your password is changed"
    template_name = "account/password_done.html"


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Where somebody who has logged in shows the second factor; then on to `next`."""
    if not isinstance(request.user, User):
        return HttpResponseRedirect(reverse("admin:login"))
    target = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("admin:index")
    if not second_factor.is_waited_for(request):
        return HttpResponseRedirect(target)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if second_factor.show_code(request, form.cleaned_data["code"]):
            return HttpResponseRedirect(target)
        form.add_error(
            "code", "This code is not right, or was used already. Wait for the next one and try again."
        )
    return _page(request, "code", "One more step", form=form, next=target)
