"""The one door to Unfold: every other module takes its names from here, so that an upgrade changes one file."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import (
    UnfoldAdminPasswordToggleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tenants.action_log import log_action
from tenants.middleware import StaffRequest
from tenants.models import Role
from tenants.roles import Right, may

__all__ = [
    "AdminPasswordChangeForm",
    "AuthenticationForm",
    "ModelAdmin",
    "UnfoldAdminPasswordToggleWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminSite",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UnfoldBooleanSwitchWidget",
    "UserChangeForm",
    "UserCreationForm",
    "as_staff",
    "messages",
    "note",
    "request_may",
]


def as_staff(request: HttpRequest) -> StaffRequest:
    """The request with what `AdminTenantMiddleware` put on it."""
    return cast(StaffRequest, request)


def request_may(request: HttpRequest, right: Right) -> bool:
    """Whether the person has the right in the club they work in now; the one question every page asks."""
    role: Role | None = getattr(request, "role", None)
    return may(role, right, getattr(request, "tenant", None))


def note(request: HttpRequest, action: str, kind: str, subject: object, **details: Any) -> None:
    """Write an act of a person into the action log of the club they work in; operators without a club have none."""
    if getattr(request, "tenant", None) is not None:
        log_action(action, subject_kind=kind, subject_id=subject, details=details)


class ModelAdmin(UnfoldModelAdmin):
    """A list and form whose permissions come from roles, never from Django's own permission rows.

    `view_right` opens lists and rows, `change_right` adds, changes and deletes.
    """

    view_right = Right.ADMINISTER
    change_right = Right.ADMINISTER
    heading, headings = "row", "Rows"
    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """One button to save, and a heading that speaks English."""
        context.update(show_save_and_add_another=False, show_save_and_continue=False)
        context["title"] = str(context["original"]) if context.get("original") else f"New {self.heading}"
        context["subtitle"] = ""
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The heading is what the sidebar calls the list."""
        title = {"title": self.headings}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; Django looks for it before it asks for permission, which fails outside any club's scope."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app shows at all."""
        return request_may(request, self.view_right)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be read."""
        return request_may(request, self.view_right)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether a row may be made."""
        return request_may(request, self.change_right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be changed."""
        return request_may(request, self.change_right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be deleted."""
        return request_may(request, self.change_right)
