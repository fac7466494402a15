"""The customer page: one person, read in ten seconds. Assembled from a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from profiles.admin.activity_chart import activity_chart
from profiles.admin.connections import connections_of
from profiles.admin.customer_actions import SHORTER_ON_PAGE, offers_of
from profiles.admin.customer_forms import NoteForm
from profiles.admin.panels import customer_panels
from profiles.admin.provenance import LABELS, Provenance, facts_of, handicap_text, provenance
from profiles.admin.score_dials import dials_of
from profiles.admin.timeline_moments import ICONS
from profiles.admin.timeline_pages import choice_from, hidden_from, timeline_of
from profiles.models import ActivityCategory, CustomerProfile, Note, ProfileStatus
from profiles.other_money import other_money
from profiles.restricting import restriction_of
from profiles.tags import coloured, known_tags
from tenants.action_log import log_seen
from tenants.admin import formatting
from tenants.admin.base import messages, request_may
from tenants.admin.pages import club_of, show
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right

MOST_NOTES = 100
BIRTHDAY_NEAR_DAYS = 14
RENEWAL_NEAR_DAYS = 30
CHANNELS = (
    ("E-mail", "emailOptIn", "email_opt_in", "mail"),
    ("SMS", "smsOptIn", "sms_opt_in", "sms"),
    ("Push", "pushOptIn", "push_opt_in", "notifications"),
    ("WhatsApp", "whatsappOptIn", "whatsapp_opt_in", "chat"),
)

OF_AGE: Final = 18


TABS: Final = (
    ("timeline", "Timeline"),
    ("notes", "Notes"),
    ("family", "Family"),
    ("consent", "Consent"),
    ("scores", "Scores"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A value on the page with where it comes from."""

    label: str
    text: str
    origin: Provenance | None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """A channel and whether the person agreed to it."""

    label: str
    icon: str
    is_given: bool
    origin: Provenance | None


def show_customer(
    request: StaffRequest, profile_id: UUID, *, note_form: NoteForm | None = None
) -> HttpResponse:
    """The page; a merged profile leads to its survivor. Raises Http404 for nobody of this club."""
    profile = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is None or profile.status == ProfileStatus.DELETED:
        raise Http404("There is no such customer in this club.")
    if profile.merged_into_id is not None:
        messages.info(request, "The customer you opened was merged into this one.")
        return HttpResponseRedirect(address_of(profile.merged_into_id))
    log_seen("customer.viewed", subject_kind="customer", subject_id=profile.pk)
    context = customer_context(request, profile)
    context["note_form"] = note_form or NoteForm()
    status = 422 if note_form is not None else 200
    return show(request, "crm/customer/page.html", profile.name, status=status, **context)


def customer_context(request: StaffRequest, profile: CustomerProfile) -> dict[str, Any]:
    """Everything that the template of the page shows."""
    club = club_of(request)
    origins = provenance(facts_of(profile.pk), club)
    choice, hidden = choice_from(request.GET), hidden_from(request)
    today = timezone.now().astimezone(club.zone).date()
    is_restricted = restriction_of(profile.pk)
    around = connections_of(profile)
    return {
        "profile": profile,
        "own_heading": True,
        "crumb": {"link": reverse("admin:profiles_customerprofile_changelist"), "title": "Customers"},
        "birth": birth_words(profile.date_of_birth, today),
        "is_minor": is_minor(profile.date_of_birth, today),
        # Why nobody may write or call, whatever the channel; and why nobody may write.
        "no_contact": "use of the data is restricted" if is_restricted else "",
        "no_email": "" if profile.email_opt_in else "did not agree to e-mail",
        "origins": origins,
        "tags": coloured(profile.tags),
        "known_tags": known_tags(),
        "membership": membership_of(profile, origins, today),
        "golf": golf_of(profile, origins, club),
        "person": person_of(profile, origins),
        "consents": [
            Consent(label, icon, getattr(profile, column), origins.get(name))
            for label, name, column, icon in CHANNELS
        ],
        "other_money": other_money(profile.pk, club) if request_may(request, Right.SEE_MONEY) else (),
        "around": around,
        "guardians": around.home.guardians() if around.home else [],
        "scores": dials_of(profile, club),
        "chart": activity_chart(profile.pk, club),
        "choice": choice,
        "categories": [
            (value, label, ICONS[ActivityCategory(value)])
            for value, label in ActivityCategory.choices
            if value not in hidden
        ],
        "sources": list(formatting.SOURCES.items()),
        "timeline": timeline_of(profile.pk, club, choice, without=hidden),
        "notes": notes_of(profile.pk),
        "may_change_notes": request_may(request, Right.ADMINISTER),
        "is_restricted": is_restricted,
        "tabs": TABS,
        "panels": customer_panels(request, profile),
        "acts": offers_of(request, without=SHORTER_ON_PAGE),
    }


def is_minor(birth: date | None, today: date) -> bool:
    """Whether somebody is not of age yet: they are spoken to through their parents."""
    if birth is None:
        return False
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day)) < OF_AGE


def address_of(profile_id: UUID) -> str:
    """Where the page of a customer is."""
    return reverse("admin:profiles_customerprofile_change", args=[profile_id])


def notes_of(profile_id: UUID) -> list[Note]:
    """A person's notes, pinned first, then newest."""
    return list(Note.objects.filter(profile_id=profile_id).order_by("-is_pinned", "-created_at")[:MOST_NOTES])


def membership_of(profile: CustomerProfile, origins: Mapping[str, Provenance], today: date) -> list[Shown]:
    """The membership facts that there are."""
    expiry = profile.membership_expiry
    hint = ""
    if expiry is not None:
        days = (expiry - today).days
        hint = (
            "overdue"
            if days < 0
            else f"in {formatting.plural(days, 'day')}"
            if days <= RENEWAL_NEAR_DAYS
            else ""
        )
    values = {
        "sclMemberId": str(profile.scl_member_id or ""),
        "memberNumber": profile.external_ids.get("memberNumber", ""),
        "membershipTier": profile.membership_tier,
        "membershipStatus": profile.membership_status.replace("_", " ").capitalize(),
        "memberSince": formatting.day(profile.member_since) if profile.member_since else "",
        "membershipExpiry": formatting.day(expiry) if expiry else "",
    }
    return _shown(values, origins, {"membershipExpiry": hint})


def golf_of(profile: CustomerProfile, origins: Mapping[str, Provenance], club: Tenant) -> list[Shown]:
    """The golf facts that there are."""
    values = {
        "handicap": handicap_text(profile.handicap_tenths, club),
        "homeClubName": profile.home_club_name,
    }
    return _shown(values, origins, {})


def person_of(profile: CustomerProfile, origins: Mapping[str, Provenance]) -> list[Shown]:
    """What else is known of the person."""
    values = {
        "firstName": profile.first_name,
        "lastName": profile.last_name,
        "dateOfBirth": formatting.day(profile.date_of_birth) if profile.date_of_birth else "",
        "gender": profile.gender.capitalize(),
        "language": profile.language,
        "postcode": profile.postcode,
        "country": profile.country,
    }
    return _shown(values, origins, {})


def birth_words(birth: date | None, today: date) -> str:
    """The age, and the birthday when it is near."""
    if birth is None:
        return ""
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    for year in (today.year, today.year + 1):
        try:
            birthday = birth.replace(year=year)
        except ValueError:  # 29 February
            birthday = date(year, 3, 1)
        days = (birthday - today).days
        if days == 0:
            return f"{age} years, birthday today"
        if 0 < days <= BIRTHDAY_NEAR_DAYS:
            return f"{age} years, birthday in {formatting.plural(days, 'day')}"
    return f"{age} years"


def _shown(
    values: Mapping[str, str], origins: Mapping[str, Provenance], hints: Mapping[str, str]
) -> list[Shown]:
    return [
        Shown(LABELS[name], text, origins.get(name), hints.get(name, ""))
        for name, text in values.items()
        if text
    ]
