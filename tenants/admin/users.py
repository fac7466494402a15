"""Accounts. A club's admins see those of people who work for their club alone, and may shut them; operators make them.

Names, addresses and passwords are the person's own: an account that a club could rename, or whose password its admin
chose, would carry that hand into the next club that lets the person in.
"""

from typing import Any, Final

from django import forms
from django.contrib.admin import display, register
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_totp.models import TOTPDevice

from tenants.admin import formatting
from tenants.admin.base import (
    AdminPasswordChangeForm,
    ModelAdmin,
    UnfoldAdminSelectWidget,
    UserChangeForm,
    UserCreationForm,
    as_staff,
    note,
    request_may,
)
from tenants.models import Membership, Role, User
from tenants.roles import Right

REDIRECTED: Final = 302


class NewUserForm(UserCreationForm):
    """An account together with its role in the club."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.STAFF, widget=UnfoldAdminSelectWidget())

    class Meta:
        model = User
        fields = ["username", "email", "first_name", "last_name"]


@register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Accounts of the back office."""

    heading, headings = "log-in", "Log-ins"
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "second_factor", "last_seen"]
    list_filter = ["is_active"]
    ordering = ["username"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("Access", {"fields": ["is_active", "is_superuser", "auth_user_id"]}),
    ]
    add_fieldsets = [
        (
            None,
            {"fields": ["username", "email", "first_name", "last_name", "role", "password1", "password2"]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """People of this club who belong to no other: an admin here must not get into another club through them."""
        devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request).annotate(has_app=Exists(devices))
        staff = as_staff(request)
        if staff.user.is_superuser:
            return rows
        if staff.tenant is None:
            return rows.none()
        elsewhere = Membership.objects.exclude(tenant=staff.tenant).values("user_id")
        here = Membership.objects.filter(tenant=staff.tenant).values("user_id")
        return rows.filter(pk__in=here, is_superuser=False).exclude(pk__in=elsewhere)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A password is set by operators only."""
        found = super().get_fieldsets(request, obj)
        if obj is None or as_staff(request).user.is_superuser:
            return found
        return [(None, {"fields": ["username"]}), *found[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What reaches beyond the club is for operators; nobody locks themselves out."""
        if as_staff(request).user.is_superuser:
            fields = []
        else:
            fields = ["username", "email", "first_name", "last_name", "is_superuser", "auth_user_id"]
        if obj is not None and obj.pk == request.user.pk:
            fields += ["is_active", "is_superuser"]
        return fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operators only: a club's admins invite (`tenants.admin.invitations`)."""
        return bool(as_staff(request).user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of the rows one can see."""
        return request_may(request, Right.ADMINISTER)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list is for admins."""
        return request_may(request, Right.ADMINISTER)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the list."""
        return request_may(request, Right.ADMINISTER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators only; a club takes the membership away or deactivates the account."""
        return bool(as_staff(request).user.is_superuser)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new account may log in here and has its role in the club one works in."""
        with transaction.atomic():
            if not change:
                obj.is_staff = True
            obj.save()
            tenant = as_staff(request).tenant
            if not change and tenant is not None:
                Membership.objects.create(user=obj, tenant=tenant, role=form.cleaned_data["role"])
            act = "user.changed" if change else "user.created"
            note(request, act, "user", obj.pk, name=obj.username, fields=sorted(form.changed_data))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Operators only; noted once it is done: the form leads away."""
        if not as_staff(request).user.is_superuser:
            raise PermissionDenied(
                "People choose their passwords themselves: “Forgotten your password” on the log-in page."
            )
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == REDIRECTED:
            note(request, "user.password_set", "user", id)
        return response

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the list; Django would open the form again."""
        response: HttpResponse = ModelAdmin.response_add(self, request, obj, post_url_continue)
        return response

    @display(description="Second factor", boolean=True)
    def second_factor(self, row: User) -> bool:
        """Whether they log in with one."""
        return bool(row.has_app)  # type: ignore[attr-defined]  # annotated

    @display(description="Last login")
    def last_seen(self, row: User) -> str:
        """When they were here."""
        return formatting.ago(row.last_login) if row.last_login else "Never"
