"""Who saw, changed, exported or merged what: the club's own log, to be read and never to be changed."""

from typing import Any

from django.contrib.admin import display, register
from django.http import HttpRequest

from tenants.admin import formatting
from tenants.admin.base import ModelAdmin
from tenants.models import LoggedAction


@register(LoggedAction)
class ActionLogAdmin(ModelAdmin):
    """Newest first; the tenant's scope keeps other clubs out."""

    heading, headings = "action", "Action log"
    list_display = ["when", "actor_name", "actor_kind", "what", "subject", "particulars"]
    list_display_links = None
    list_select_related = ["tenant"]
    list_filter = ["actor_kind", "action"]
    search_fields = ["actor_name", "subject_id", "action"]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by acts only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened has happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Append-only, in the database too."""
        return False

    @display(description="When", ordering="id")
    def when(self, row: LoggedAction) -> str:
        """On the club's clock."""
        return formatting.exactly(row.at, row.tenant)

    @display(description="What")
    def what(self, row: LoggedAction) -> str:
        """customer.merged becomes Customer merged."""
        return row.action.replace(".", " ").replace("_", " ").capitalize()

    @display(description="Of what")
    def subject(self, row: LoggedAction) -> str:
        """The kind of thing and its id."""
        return str(row.details.get("name") or f"{row.subject_kind} {row.subject_id}".strip())

    @display(description="Particulars")
    def particulars(self, row: LoggedAction) -> str:
        """The details in words."""
        told = (f"{key}: {_told(value)}" for key, value in row.details.items() if key != "name")
        return ", ".join(told) or "–"


def _told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
