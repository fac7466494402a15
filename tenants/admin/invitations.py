"""Invitations: how a club's admins let people in."""

from typing import Any, cast

from django import forms
from django.contrib.admin import action, display, register
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.admin import formatting
from tenants.admin.base import ModelAdmin, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, as_staff
from tenants.admin.colleagues import roles_in_words
from tenants.admin.pages import show
from tenants.invitations import DAYS_OPEN, invite, path_of, withdraw
from tenants.models import Invitation, Role, User
from tenants.staff_mail import MAIL_INVITATION, send_later


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Whom, and as what."""

    email = forms.EmailField(
        label="E-mail",
        widget=UnfoldAdminTextInputWidget(),
        help_text=f"They get a link that works once, for {DAYS_OPEN} days. Whoever is invited already gets a new one.",
    )
    role = forms.ChoiceField(
        choices=Role.choices, initial=Role.STAFF, widget=UnfoldAdminSelectWidget(), help_text=roles_in_words()
    )

    class Meta:
        model = Invitation
        fields = ["email", "role"]

    def validate_unique(self) -> None:
        """An open invitation of the same address ends when this one is made."""

    def validate_constraints(self) -> None:
        """Likewise."""


@register(Invitation)
class InvitationAdmin(ModelAdmin):
    """The club's invitations, the open ones to be withdrawn."""

    heading, headings = "invitation", "Invitations"
    form = InvitationForm
    list_display = ["email", "role", "state", "invited_by", "made"]
    list_display_links = None
    list_select_related = ["tenant", "invited_by", "accepted_by"]
    search_fields = ["email"]
    ordering = ["-made_at"]
    actions = ["withdraw_chosen"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list needs it for its action; an invitation is never changed."""
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays, so that one sees who let whom in."""
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Invite, and let a worker send the mail."""
        data = form.cleaned_data
        made = invite(
            email=data["email"], role=Role(data["role"]), invited_by=cast(User, as_staff(request).user)
        )
        obj.pk, obj._state.adding = made.pk, False
        is_sent = send_later(
            MAIL_INVITATION, str(made.tenant_id), str(made.pk), request.build_absolute_uri("/")
        )
        request.made_invitation = (made, is_sent)  # type: ignore[attr-defined]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The action log says it."""

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The link, for who wants to hand it over by another way."""
        made, is_sent = request.made_invitation  # type: ignore[attr-defined]
        link = request.build_absolute_uri(path_of(made))
        response = show(request, "crm/invited.html", "Invited", invitation=made, link=link, is_sent=is_sent)
        response.headers["Cache-Control"] = "no-store"
        return response

    @action(description="Withdraw: end the selected links", permissions=["change"])
    def withdraw_chosen(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Those that are still open."""
        count = sum(withdraw(each) for each in queryset)
        self.message_user(request, f"{count} invitation{'' if count == 1 else 's'} withdrawn.")

    @display(description="State")
    def state(self, row: Invitation) -> str:
        """In a few words."""
        if row.accepted_at is not None:
            name = row.accepted_by.get_full_name() or str(row.accepted_by) if row.accepted_by else ""
            return f"Accepted by {name}" if name else "Accepted"
        if row.withdrawn_at is not None:
            return "Withdrawn"
        return "Open" if row.is_open(timezone.now()) else "Expired"

    @display(description="Invited", ordering="made_at")
    def made(self, row: Invitation) -> str:
        """When."""
        return formatting.ago(row.made_at)
