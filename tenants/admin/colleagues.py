"""Who works for the club, in which role."""

from typing import Any

from django import forms
from django.contrib.admin import action, display, register
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from tenants.admin import formatting
from tenants.admin.base import ModelAdmin, UnfoldAdminTextInputWidget, as_staff, note
from tenants.models import Membership, Role, Tenant, User
from tenants.roles import IN_WORDS


class ColleagueForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A role for somebody who has an account already."""

    person = forms.CharField(
        label="User name or e-mail",
        widget=UnfoldAdminTextInputWidget(),
        help_text="Of somebody who has an account. Somebody new is invited instead: Settings → Invitations.",
    )
    club: Tenant

    class Meta:
        model = Membership
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].help_text = roles_in_words()
        if not self.instance._state.adding:
            del self.fields["person"]

    def clean_person(self) -> User:
        """The account meant; exactly one must fit."""
        text = self.cleaned_data["person"].strip()
        found = list(User.objects.filter(Q(username=text) | Q(email__iexact=text), is_active=True)[:2])
        if len(found) != 1:
            raise ValidationError("No single account has this user name or e-mail.")
        if Membership.objects.filter(user=found[0], tenant=self.club).exists():
            raise ValidationError("This person works for the club already; change the role in the list.")
        return found[0]

    def clean_role(self) -> str:
        """Somebody must stay who can let others in."""
        role: str = self.cleaned_data["role"]
        if (
            self.instance.pk
            and self.instance.role == Role.ADMIN
            and role != Role.ADMIN
            and is_last_admin(self.instance)
        ):
            raise ValidationError("This is the club's only admin: make somebody else admin first.")
        return role


def roles_in_words() -> str:
    """Below a choice of roles: what each may do, a line each."""
    rows = ((Role(role).label, IN_WORDS[role]) for role in IN_WORDS)
    return format_html_join(mark_safe("<br>"), "<b>{}</b>: {}", rows)


def is_last_admin(membership: Membership) -> bool:
    """Whether the club would be without an active admin if this membership went."""
    others = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.ADMIN, user__is_active=True)
    return membership.role == Role.ADMIN and not others.exclude(pk=membership.pk).exists()


@register(Membership)
class ColleagueAdmin(ModelAdmin):
    """The people of the club one works in."""

    heading, headings = "colleague", "Colleagues"
    form = ColleagueForm
    list_display = ["person", "email", "role", "last_seen"]
    list_select_related = ["user"]
    list_filter = ["role"]
    actions = ["remove"]
    ordering = ["user__first_name", "user__last_name", "user__username"]
    search_fields = ["user__username", "user__first_name", "user__last_name", "user__email"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Headed by whose role it is."""
        answer = super().render_change_form(request, context, *args, **kwargs)
        if context.get("original"):
            answer.context_data["title"] = self.person(context["original"])
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operators only: whoever may name any account of the platform finds out who has one, and takes it."""
        return bool(as_staff(request).user.is_superuser)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """`remove` takes the place of Django's deleting, whose words are too hard for what happens."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @action(description="Remove from the club …", permissions=["delete"])
    def remove(self, request: HttpRequest, rows: QuerySet[Membership]) -> HttpResponse | None:
        """Several at once: a page that says what happens, then the act, but never the last admin."""
        people = list(rows.select_related("user", "tenant"))
        if request.POST.get("post"):
            for membership in people:
                self._remove(request, membership)
            return None
        return TemplateResponse(
            request,
            "admin/tenants/membership/delete_confirmation.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Remove {len(people)} from the club?",
                "opts": self.opts,
                "people": people,
                "staying": [row for row in people if is_last_admin(row)],
                "is_many": True,
            },
        )

    def _remove(self, request: HttpRequest, membership: Membership) -> None:
        name = self.person(membership)
        if is_last_admin(membership):
            self.message_user(request, f"{name} stays: the club's only admin.", level="WARNING")
        else:
            self.delete_model(request, membership)
            self.message_user(request, f"{name} is removed from the club.", level="SUCCESS")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The page that says what removing does."""
        row = self.get_object(request, object_id)
        if row is None:
            return super().delete_view(request, object_id, extra_context)
        said = {"people": [row], "title": f"Remove {self.person(row)}?"}
        return super().delete_view(request, object_id, {**said, **(extra_context or {})})

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """In the words of the page before."""
        self.message_user(
            request, f"{obj_display.partition(' · ')[0]} is removed from the club.", level="SUCCESS"
        )
        return HttpResponseRedirect(reverse("admin:tenants_membership_changelist"))

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Noted with whom it was about."""
        note(request, "membership.removed", "user", obj.user_id, name=obj.user.get_username(), role=obj.role)
        obj.delete()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Memberships of this club only."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        tenant = as_staff(request).tenant
        return rows.filter(tenant=tenant) if tenant else rows.none()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form knows the club."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.club = as_staff(request).tenant
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose role it is cannot be changed afterwards."""
        return ["role"] if obj else ["person", "role"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not the last admin."""
        return super().has_delete_permission(request, obj) and not (obj is not None and is_last_admin(obj))

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """A new membership is one of this club."""
        if not change:
            tenant = as_staff(request).tenant
            obj.user, obj.tenant = form.cleaned_data["person"], tenant  # type: ignore[assignment]
            User.objects.filter(pk=obj.user_id, is_staff=False).update(is_staff=True)
        before = form.initial.get("role") if change else None
        obj.save()
        act = "membership.changed" if change else "membership.added"
        note(
            request,
            act,
            "user",
            obj.user_id,
            name=obj.user.get_username(),
            role=f"{before or '–'} → {obj.role}",
        )

    @display(description="Name")
    def person(self, row: Membership) -> str:
        """Full name, else the user name."""
        return row.user.get_full_name() or row.user.username

    @display(description="E-mail")
    def email(self, row: Membership) -> str:
        """For writing to them."""
        return row.user.email or "–"

    @display(description="Last login")
    def last_seen(self, row: Membership) -> str:
        """When they were here."""
        return formatting.ago(row.user.last_login) if row.user.last_login else "Never"
