"""Clubs: their name, clock, money and tiers. A club's admins see their own, operators of the platform all."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib.admin import register
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from tenants import second_factor
from tenants.action_log import log_action
from tenants.admin.base import (
    ModelAdmin,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
    as_staff,
)
from tenants.directory import add_alias, create_tenant, forget_tenants, remove_alias, rename
from tenants.errors import DomainError
from tenants.models import Tenant, TenantName
from tenants.pick_lists import Choices, countries, currencies, ways_of_writing, with_current, zones
from tenants.roles import STAFF_SEE_MONEY
from tenants.scope import tenant_scope

PICKED: Final[dict[str, Callable[[], Choices]]] = {
    "time_zone": zones,
    "default_country": countries,
    "currency": currencies,
    "locale": ways_of_writing,
}
HELP: Final = {
    "slug": "Small letters, digits and hyphens, as in fairview-east: services and addresses name the club so.",
    "time_zone": "The clock of the pages, the quiet hours and the days of this club.",
    "default_country": "Phone numbers without a prefix are read as this country's.",
    "currency": "What values, reports and exports are told in.",
    "locale": "How numbers, money and days are written.",
}


class ClubForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A club as a person would describe it: lists are written a line each."""

    tiers = forms.CharField(
        required=False,
        label="Membership tiers",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="One a line, the highest first. Decides what counts as an upgrade.",
    )
    aliases = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Other names under which services may address the club, one a line.",
    )
    placeholder_addresses = forms.CharField(
        required=False,
        label="Placeholder addresses",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="E-mail addresses and phone numbers that reception types when a member has none, one a line.",
    )

    shared_addresses = forms.CharField(
        required=False,
        label="Addresses of many",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Mailboxes and phones of an office, a firm or the club, which join nobody of another last name, one a"
        " line: proshop, office@firm.example, or @club.example for everybody there. office@, info@ and the like are"
        " known.",
    )
    staff_see_money = forms.BooleanField(
        required=False,
        label="Staff see money and complaints",
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Payments, values and complaints on the pages of customers; viewers never see them.",
    )

    second_factor_for = forms.ChoiceField(
        choices=second_factor.CHOICES,
        required=False,
        label="Second factor is a must for",
        widget=UnfoldAdminSelectWidget(),
        help_text="Whoever has none is led to its page after the next log-in, and can do nothing before it is set up.",
    )

    class Meta:
        model = Tenant
        fields = ["name", "slug", "time_zone", "default_country", "currency", "locale", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        club: Tenant = self.instance
        for name, choices in PICKED.items():
            kept = [] if club._state.adding else [getattr(club, name)]
            self.fields[name] = forms.ChoiceField(
                # A new club's clock and money are chosen: the first of a list would be somebody else's.
                choices=with_current(choices(), *kept)[1:] if kept else [("", "Choose"), *choices()],
                label=self.fields[name].label,
                widget=UnfoldAdminSelectWidget(),
            )
        for name, words in HELP.items():
            if name in self.fields:
                self.fields[name].help_text = words
        if not club._state.adding:
            names = TenantName.objects.filter(tenant=club).exclude(name=club.slug).order_by("name")
            self.initial["tiers"] = "\n".join(club.tier_order)
            self.initial["aliases"] = "\n".join(names.values_list("name", flat=True))
            self.initial["staff_see_money"] = bool(club.settings.get(STAFF_SEE_MONEY))
            self.initial["second_factor_for"] = club.settings.get(second_factor.DEMANDED_OF)
            days = [day.isoformat() for day in club.default_births]
            self.initial["placeholder_addresses"] = "\n".join([*club.placeholders, *days])
            self.initial["shared_addresses"] = "\n".join(club.shared_addresses)

    def clean(self) -> dict[str, Any]:
        """Turn the lists into lists; refuse a name that leads to another club."""
        cleaned = super().clean() or self.cleaned_data
        for field in ("tiers", "aliases", "placeholder_addresses", "shared_addresses"):
            cleaned[field] = [line.strip() for line in cleaned.get(field, "").splitlines() if line.strip()]
        wanted = {name.lower() for name in [*cleaned["aliases"], cleaned.get("slug", "")]}
        taken = TenantName.objects.filter(name__in=wanted).exclude(tenant_id=self.instance.pk).first()
        if taken is not None:
            raise ValidationError(f"The name “{taken.name}” already leads to another club.")
        return cleaned


def _readable(club: Tenant) -> dict[str, Any]:
    """What the form changes of a club, in words: nothing of it is about a person."""
    names = TenantName.objects.filter(tenant=club).exclude(name=club.slug).order_by("name")
    placeholders = len(club.settings.get("placeholders", []))
    return {
        **{name: getattr(club, name) for name in ClubForm.Meta.fields},
        "tiers": ", ".join(club.tier_order),
        "aliases": ", ".join(names.values_list("name", flat=True)),
        "placeholder_addresses": placeholders,
        "staff_see_money": bool(club.settings.get(STAFF_SEE_MONEY)),
        "second_factor_for": club.settings.get(second_factor.DEMANDED_OF, second_factor.NOBODY),
    }


@register(Tenant)
class ClubAdmin(ModelAdmin):
    """Settings of clubs."""

    heading, headings = "club", "Clubs"
    form = ClubForm
    list_display = ["name", "slug", "time_zone", "currency", "is_active"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "aliases", "is_active"]}),
        ("Language, clock and money", {"fields": ["time_zone", "default_country", "currency", "locale"]}),
        ("Membership", {"fields": ["tiers", "placeholder_addresses", "shared_addresses"]}),
        ("Roles", {"fields": ["staff_see_money", "second_factor_for"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        """The club one works in; every one for operators."""
        rows: QuerySet[Tenant] = super().get_queryset(request)
        staff = as_staff(request)
        if staff.user.is_superuser:
            return rows
        return rows.filter(pk=staff.tenant.pk) if staff.tenant else rows.none()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The form at once where there is one club to choose."""
        staff = as_staff(request)
        if staff.tenant is not None and not staff.user.is_superuser and self.has_view_permission(request):
            return HttpResponseRedirect(reverse("admin:tenants_tenant_change", args=[staff.tenant.pk]))
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only operators open a new club."""
        return bool(as_staff(request).user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never from here: a club's data would go with it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Services know the club by its slug, so only operators change it."""
        return [] if as_staff(request).user.is_superuser else ["slug", "is_active"]

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Store through the directory, which keeps names unique and old ones alive."""
        data = form.cleaned_data
        if not change and not self.has_add_permission(request):
            raise PermissionDenied
        try:
            before = _readable(Tenant.objects.get(pk=obj.pk)) if change else {}
            self._store(obj, data, change=change)
            after = _readable(Tenant.objects.get(pk=obj.pk))
            changes = {
                name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]
            }
            if changes:
                # Into that club's own log: an operator works in another one, whose admins read theirs.
                with tenant_scope(obj.pk):
                    log_action(
                        "club.changed" if change else "club.made",
                        subject_kind="tenant",
                        subject_id=obj.pk,
                        details={"changes": changes},
                    )
        except DomainError as error:
            self.message_user(request, error.message, level="ERROR")

    def _store(self, club: Tenant, data: dict[str, Any], *, change: bool) -> None:
        club.tier_order = data["tiers"]
        club.settings = {
            **club.settings,
            "placeholders": data["placeholder_addresses"],
            "sharedAddresses": data["shared_addresses"],
            STAFF_SEE_MONEY: data["staff_see_money"],
            second_factor.DEMANDED_OF: data["second_factor_for"] or second_factor.NOBODY,
        }
        if not change:
            plain = ("time_zone", "default_country", "currency", "locale")
            made = create_tenant(
                name=club.name,
                slug=club.slug,
                aliases=data["aliases"],
                tier_order=club.tier_order,
                settings=club.settings,
                **{field: data[field] for field in plain},
            )
            club.pk, club._state.adding = made.pk, False
            return
        stored = Tenant.objects.get(pk=club.pk)
        slug, club.slug = club.slug, stored.slug
        club.save()
        if slug != stored.slug:
            rename(tenant=club, slug=slug)
        kept = {name.lower() for name in data["aliases"]} | {club.slug}
        for alias in TenantName.objects.filter(tenant=club).exclude(name__in=kept | {stored.slug}):
            remove_alias(tenant=club, alias=alias.name)
        for alias_name in data["aliases"]:
            add_alias(tenant=club, alias=alias_name)
        forget_tenants()
