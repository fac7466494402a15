"""Write to one person: by one way or several, each with its own text or template, through the ledger."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from messaging.models import SendChannel
from messaging.rendering import Rendered, TemplateProblem
from messaging.templates import Template, Templates, templates_of
from messaging.writing import NotAllowed, Way, preview, ways_to, write_to
from profiles.admin.customer_actions import chosen_customers
from profiles.models import CustomerProfile, ProfileStatus
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

TOKENS: Final = ("{{ firstName }}", "{{ membershipTier }}", "{{ club.name }}")


@dataclass(slots=True)
class Letter:
    """What is said by one way: a template of the Messaging service, or a text of one's own."""

    way: Way
    choices: list[Template]
    is_chosen: bool
    subject: str
    body: str
    template: str

    @property
    def known(self) -> Template | None:
        """The chosen template, where the service lists it."""
        return next((each for each in self.choices if each.id == self.template), None)

    @property
    def said_subject(self) -> str:
        """Only a mail has one."""
        return self.subject if self.way.channel == SendChannel.EMAIL else ""


@page("customers/write/", name="customers_write", right=Right.EDIT)
def customers_write(request: StaffRequest) -> HttpResponse:
    """From the list or a customer's page to the letter; for several it says how one writes to many."""
    chosen = list(chosen_customers(request).values_list("pk", flat=True)[:2])
    if len(chosen) == 1:
        return HttpResponseRedirect(reverse("admin:customer_write", args=chosen))
    messages.info(
        request,
        "A letter is for one person. To write to several, put them on a list, and send that list a campaign."
        if chosen
        else "Choose somebody first.",
    )
    return HttpResponseRedirect(reverse("admin:profiles_customerprofile_changelist"))


@page("profiles/customerprofile/<uuid:profile_id>/write/", name="customer_write", right=Right.EDIT)
def customer_write(request: StaffRequest, profile_id: UUID) -> HttpResponse:
    """The form; by POST a preview (`act` is preview) or the message itself (`act` is send)."""
    profile = CustomerProfile.objects.filter(pk=profile_id).first()
    if profile is None or profile.status in (ProfileStatus.DELETED, ProfileStatus.MERGED):
        raise Http404("There is no such customer in this club.")
    back = reverse("admin:profiles_customerprofile_change", args=[profile.pk])
    ways = ways_to(profile.pk)
    templates = templates_of(club_of(request))
    letters = [_letter(request, way, templates) for way in ways]
    chosen = [each for each in letters if each.is_chosen]
    problem, shown = "", []
    if request.method == "POST":
        try:
            problem = _problem(chosen, templates)
            shown = [] if problem else [(each, _preview(profile, request, each)) for each in chosen]
            if not problem and request.POST.get("act") == "send":
                _send(profile.pk, chosen)
                messages.success(request, f"Your message to {profile.name} is on its way.")
                return HttpResponseRedirect(back)
        except (TemplateProblem, NotAllowed) as refused:
            problem = str(refused)
    elif first := next((each for each in letters if each.way.is_open), None):
        first.is_chosen = True
    return show(
        request,
        "messaging/write.html",
        f"Write to {profile.name}",
        status=422 if problem else 200,
        profile=profile,
        letters=letters,
        tokens=TOKENS,
        knows_templates=templates.is_known,
        problem=problem,
        shown=[] if problem else shown,
        is_open=any(way.is_open for way in ways),
        crumb={"link": back, "title": profile.name},
    )


def _letter(request: StaffRequest, way: Way, templates: Templates) -> Letter:
    """What the form says for one way."""
    subject, body, template = (
        request.POST.get(f"{way.channel}-{part}", "").strip() for part in ("subject", "body", "template")
    )
    is_chosen = way.channel in request.POST.getlist("channel")
    return Letter(way, templates.of(way.channel), is_chosen, subject, body, template)


def _problem(chosen: list[Letter], templates: Templates) -> str:
    if not chosen:
        return "Choose by which way."
    for each in chosen:
        whose = f" for {each.way.label}" if len(chosen) > 1 else ""
        if each.template:
            if templates.is_known and each.known is None:
                return f"The template that was chosen{whose} is gone: choose another one."
        elif not each.body:
            return f"Write a text{whose}, or choose a template."
        elif each.way.channel == SendChannel.EMAIL and not each.subject:
            return "A mail needs a subject."
    return ""


def _preview(profile: CustomerProfile, request: StaffRequest, letter: Letter) -> Rendered | None:
    """As the person will read it; None of a template whose text the Messaging service keeps to itself."""
    if not letter.template:
        return preview(profile, club_of(request), subject=letter.said_subject, body=letter.body)
    known = letter.known
    if known is None or not known.body:
        return None
    try:
        return preview(profile, club_of(request), subject=known.subject, body=known.body)
    except TemplateProblem:  # the service has variables of its own
        return None


@transaction.atomic
def _send(profile_id: UUID, chosen: list[Letter]) -> None:
    """All or none: who chose two ways meant both."""
    for each in chosen:
        if each.template:
            write_to(profile_id, channel=each.way.channel, template_id=each.template)
        else:
            write_to(profile_id, channel=each.way.channel, subject=each.said_subject, body=each.body)
