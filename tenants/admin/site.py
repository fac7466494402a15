"""The site of the back office: Unfold's, with the product's pages and the club one works in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from tenants.admin.base import AuthenticationForm, ModelAdmin, UnfoldAdminSite, as_staff, request_may
from tenants.admin.pages import front_view, page_urls
from tenants.admin_views import switch_tenant
from tenants.roles import Right, tenants_of

MOST_CLUBS = 200


class LoginForm(AuthenticationForm):
    """The stock form with a label that says what is taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "E-mail or user name"


class BackOfficeSite(UnfoldAdminSite):
    """One site for all apps; libraries' own tables stay out of it."""

    index_title = "Dashboard"
    login_template = "admin/login.html"
    login_form = LoginForm

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take only tables whose admin asks roles for permission: that of a library would not."""
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The product's pages come before the tables' own."""
        return [
            path("switch-tenant/", switch_tenant, name="switch_tenant"),
            *page_urls(self.admin_view),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The front page, or a friendly word for somebody without a club."""
        staff, view = as_staff(request), front_view()
        if staff.tenant is None or view is None:
            context = {**self.each_context(request), "title": "Welcome"}
            return TemplateResponse(request, "crm/no_club.html", context)
        return view(staff)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The sidebar's groups; current is the one entry whose address is the longest that the page's begins with.

        Unfold marks each whose address stands anywhere in the page's: Campaigns and Calendar at once.
        """
        groups: list[dict[str, Any]] = super().get_sidebar_list(request)
        entries = [entry for group in groups for entry in group["items"]]
        leading = [
            entry for entry in entries if entry["active"] and request.path.startswith(str(entry["link"]))
        ]
        current = max(leading, key=lambda entry: len(str(entry["link"])), default=None)
        for entry in entries:
            entry["active"] = entry is current
        return groups

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows: the club, the clubs one may switch to, and what one may do."""
        staff = as_staff(request)
        tenant = getattr(request, "tenant", None)
        clubs = list(tenants_of(staff.user)[:MOST_CLUBS]) if staff.user.is_authenticated else []
        return {
            **super().each_context(request),
            "club": tenant,
            "clubs": clubs,
            "may_note": request_may(request, Right.ADD_NOTES),
            "may_correct": request_may(request, Right.CORRECT),
            "may_see_money": request_may(request, Right.SEE_MONEY),
            "may_edit": request_may(request, Right.EDIT),
            "may_administer": request_may(request, Right.ADMINISTER),
        }


def may_view(request: HttpRequest) -> bool:
    """Permission callback of the sidebar."""
    return request_may(request, Right.VIEW_PROFILES)


def may_edit(request: HttpRequest) -> bool:
    """Permission callback of the sidebar."""
    return request_may(request, Right.EDIT)


def may_administer(request: HttpRequest) -> bool:
    """Permission callback of the sidebar."""
    return request_may(request, Right.ADMINISTER)


def is_platform(request: HttpRequest) -> bool:
    """Permission callback of the sidebar: operators of the whole platform."""
    return bool(as_staff(request).user.is_superuser)


def club_name(request: HttpRequest) -> str:
    """The line below the product's name, which marks sandboxes on every page."""
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return ""
    return f"{tenant.name}: sandbox, nothing leaves" if tenant.is_sandbox else str(tenant.name)
