"""Keys of calling services: made here, shown once, revoked here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin import action, display, register
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from tenants.admin import formatting
from tenants.admin.base import ModelAdmin, UnfoldAdminTextInputWidget, as_staff, messages, note
from tenants.admin.pages import page, show
from tenants.api_keys import issue_key, revoke_key
from tenants.middleware import StaffRequest
from tenants.models import ApiKey, Scope, Tenant
from tenants.roles import Right
from tenants.sources import SOURCES


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What a new key may do."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope.label} ({scope.value})") for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
    )

    sources = forms.MultipleChoiceField(
        choices=[(name, formatting.SOURCES[name]) for name in SOURCES],
        required=False,
        label="Publishes events of",
        widget=forms.CheckboxSelectMultiple,
        help_text="A key for events speaks for these services only. One key a service is best.",
    )

    # One field: the stock pair with its shortcuts warns in red of a browser whose clock is not the club's.
    expires_at = forms.DateTimeField(
        required=False,
        label="Works until",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        help_text="On the club's clock. Left empty it works until it is revoked.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "sources", "expires_at", "rate_limit_per_minute", "tenants"]

    def clean(self) -> dict[str, Any]:
        """A key for events names its services."""
        data = super().clean() or self.cleaned_data
        if Scope.EVENTS in data.get("scopes", ()) and not data.get("sources"):
            self.add_error("sources", "Choose the services for which this key publishes events.")
        return data

    def clean_expires_at(self) -> Any:
        """A key that is expired already helps nobody."""
        expires = self.cleaned_data["expires_at"]
        if expires is not None and expires <= timezone.now():
            raise ValidationError("This moment has passed.")
        return expires


def keys_within_reach(rows: QuerySet[ApiKey], request: HttpRequest) -> QuerySet[ApiKey]:
    """Of an admin those that open the own club and no other; of an operator all."""
    staff = as_staff(request)
    if staff.user.is_superuser:
        return rows
    if staff.tenant is None:
        return rows.none()
    wider = ApiKey.tenants.through.objects.exclude(tenant_id=staff.tenant.pk).values("apikey_id")
    return rows.filter(tenants=staff.tenant).exclude(pk__in=wider)


@page("api-keys/<uuid:key_id>/revoke/", name="api_key_revoke", right=Right.ADMINISTER)
def api_key_revoke(request: StaffRequest, key_id: UUID) -> HttpResponse:
    """Ask, then make one key useless for good."""
    key = keys_within_reach(ApiKey.objects.filter(pk=key_id), request).first()
    if key is None:
        raise Http404("There is no such key in this club.")
    if request.method != "POST":
        return show(
            request,
            "crm/operations/confirm.html",
            "Revoke a key",
            question=f"Revoke “{key.name}”?",
            consequence="Whoever still uses it is refused within seconds. It never works again: make a new one.",
            button="Revoke it",
            action=request.path,
            hidden=[],
            back=reverse("admin:tenants_apikey_change", args=[key.pk]),
            is_final=True,
        )
    if revoke_key(key.pk):
        note(request, "key.revoked", "key", key.pk, name=key.name)
    messages.success(request, f"Revoked: {key.name}.")
    return HttpResponseRedirect(reverse("admin:tenants_apikey_changelist"))


@register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Keys that open this club and no other; operators see all."""

    heading, headings = "API key", "API keys"
    form = ApiKeyForm
    list_display = ["name", "start", "state", "allowed", "last_used", "until"]
    ordering = ["name"]
    actions = ["revoke"]
    readonly = [
        "name",
        "start",
        "state",
        "allowed",
        "speaks_for",
        "created_by",
        "created_at",
        "until",
        "last_used_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Not keys that reach further than the club one works in."""
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return keys_within_reach(rows, request).prefetch_related("tenants")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """An operator sees the keys of all clubs, and of which each is."""
        first, *rest = self.list_display
        return [str(first), *(["clubs"] if as_staff(request).user.is_superuser else []), *map(str, rest)]

    @display(description="Clubs")
    def clubs(self, key: ApiKey) -> str:
        """Which clubs it opens."""
        return ", ".join(sorted(club.name for club in key.tenants.all()))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only operators make keys for several clubs, or with limits of their own."""
        if obj is not None:
            return self.readonly
        wide = ["rate_limit_per_minute", "tenants"] if as_staff(request).user.is_superuser else []
        return ["name", "scopes", "sources", "expires_at", *wide]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A key is never changed: make another, revoke this one."""
        return self.readonly if obj is not None else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The list needs it for its action; the form has nothing to change."""
        return super().has_change_permission(request, obj) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays, so that its last use can be looked up."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key; the plain text lives in this request only."""
        data, staff = form.cleaned_data, as_staff(request)
        tenants: list[Tenant] = list(data.get("tenants") or []) or ([staff.tenant] if staff.tenant else [])
        issued = issue_key(
            name=data["name"],
            tenants=tenants,
            scopes=data["scopes"],
            sources=data["sources"],
            rate_limit_per_minute=data.get("rate_limit_per_minute"),
            expires_at=data["expires_at"],
            created_by=staff.user,  # type: ignore[arg-type]
        )
        obj.pk, obj._state.adding = issued.row.pk, False
        note(request, "key.made", "key", issued.row.pk, name=issued.row.name, scopes=issued.row.scopes)
        request.issued_key = issued  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing left to do: the key came with its clubs."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The row itself says who made it and when."""

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page on which the key can be read; nothing may keep a copy of it."""
        issued = request.issued_key  # type: ignore[attr-defined]
        response = show(request, "crm/api_key_made.html", "Key made", key=issued.row, plain=issued.plain)
        response.headers["Cache-Control"] = "no-store"
        return response

    @action(description="Revoke: make the selected keys useless", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """At once here, within seconds everywhere."""
        count = 0
        for key, name in list(queryset.values_list("pk", "name")):
            if revoke_key(key):
                count += 1
                note(request, "key.revoked", "key", key, name=name)
        self.message_user(request, f"{count} key{'' if count == 1 else 's'} revoked.")

    @display(description="Begins with")
    def start(self, row: ApiKey) -> str:
        """To tell keys apart."""
        return f"{row.prefix}…"

    @display(description="State")
    def state(self, row: ApiKey) -> str:
        """In a word."""
        if row.revoked_at is not None:
            return "Revoked"
        return "Expired" if row.expires_at is not None and row.expires_at <= timezone.now() else "Active"

    @display(description="May")
    def allowed(self, row: ApiKey) -> str:
        """Its scopes."""
        return ", ".join(row.scopes)

    @display(description="Publishes events of")
    def speaks_for(self, row: ApiKey) -> str:
        """Its services."""
        return ", ".join(formatting.SOURCES.get(name, name) for name in row.sources) or "–"

    @display(description="Works until")
    def until(self, row: ApiKey) -> str:
        """Its end, if it has one."""
        if row.revoked_at is not None:
            return "–"
        ends = row.expires_at
        return date_format(timezone.localtime(ends), "DATETIME_FORMAT") if ends else "It is revoked"

    @display(description="Last used")
    def last_used(self, row: ApiKey) -> str:
        """Whether somebody still needs it."""
        return formatting.ago(row.last_used_at) if row.last_used_at else "Never"
