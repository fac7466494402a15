"""What the club sets for its posts, and the template from which its events are promoted."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from social.admin.promotion_choices import audience_of, membership_choices
from social.admin.promotion_pages import CHANNELS, days_of
from social.club_settings import EXAMPLE, SocialSettings, save_settings, settings_of
from social.models import TouchKind
from social.promoting.planning import WORDS
from social.texts import fill, token_problem
from tenants.admin.base import messages
from tenants.admin.formatting import money
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right


@page("social/settings/", name="social_settings", right=Right.ADMINISTER)
def social_settings(request: StaffRequest) -> HttpResponse:
    """Approval, X's ceiling, and how competitions are promoted."""
    club = Tenant.objects.get(pk=club_of(request).pk)
    chosen, problem = settings_of(club), ""
    if request.method == "POST":
        try:
            chosen = _given(request)
            save_settings(chosen)
        except DomainError as refusal:
            problem = refusal.message
        else:
            messages.success(request, "Saved. Plans that are made already stay as they are.")
            return HttpResponseRedirect(reverse("admin:social_settings"))
    return show(
        request,
        "social/settings.html",
        "Social settings",
        status=422 if problem else 200,
        chosen=chosen,
        problem=problem,
        days=", ".join(map(str, chosen.reminder_days)),
        channels=[(key, label, key in chosen.channels) for key, label in CHANNELS],
        words=[_words(kind, chosen, club) for kind in WORDS],
        **membership_choices(club, chosen.audience),
        crumb={"link": reverse("admin:social_posts"), "title": "Social posts"},
    )


def _words(kind: str, chosen: SocialSettings, club: Tenant) -> dict[str, Any]:
    """A kind of touch: the club's words, ours, and how they read of an example."""
    own = chosen.words.get(kind, "")
    is_broken = bool(own and token_problem(own, EXAMPLE))
    fee = money(EXAMPLE["event"]["entryFeeCents"], club)
    example = {**EXAMPLE, "event": {**EXAMPLE["event"], "entryFee": fee}}
    said = "" if is_broken else fill(own or WORDS[kind], example)
    return {"kind": kind, "label": TouchKind(kind).label, "own": own, "usual": WORDS[kind], "says": said}


def _given(request: StaffRequest) -> SocialSettings:
    """The form; raises InvalidError."""
    given = request.POST
    own = {kind: given.get(f"words_{kind}", "").replace("\r\n", "\n").strip() for kind in WORDS}
    return SocialSettings(
        approves_posts="approves_posts" in given,
        ceiling_dollars=_whole(given.get("ceiling_dollars", ""), "the ceiling at X"),
        is_on="is_on" in given,
        runs_by_itself="runs_by_itself" in given,
        channels=[one for one in given.getlist("channels") if one in dict(CHANNELS)],
        reminder_days=days_of(request),
        hold_out_percent=_whole(given.get("hold_out_percent", ""), "those held out"),
        audience=audience_of(request),
        words={kind: text for kind, text in own.items() if text},
    )


def _whole(text: str, what: str) -> int:
    number = whole_number(text, 9_999_999)
    if number is None:
        raise InvalidError(f"Write {what} as a whole number.")
    return number
