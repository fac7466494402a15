"""Parts of the page of a plan: whom it may be narrowed to, and what it would say and whom it would reach."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from segments.fields import FIELDS, MEMBERSHIP_STATUSES
from segments.representation import suggestions
from social.admin.composer_page import cards_of
from social.errors import PromotionNotFound
from social.models import Post, Promotion
from social.posts import Words
from social.promoting import actions, audience
from social.promoting.facts import event_values
from social.promoting.planning import words_of
from social.promoting.reach import reach_of
from social.texts import fill, token_problem
from tenants.admin.pages import club_of, page, uuid_or_none
from tenants.errors import DomainError, InvalidError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.roles import Right


def values_of(row: Promotion) -> dict[str, Any]:
    """What the words of a plan may name."""
    return {"event": event_values(row), "club": {"name": row.tenant.name}}


def memberships_of(row: Promotion) -> str:
    """The memberships that the plan is narrowed to."""
    chosen = row.audience
    labels = [one.capitalize() for one in chosen.get(audience.STATUSES, ())]
    return "; ".join(", ".join(part) for part in (chosen.get(audience.TIERS, []), labels) if part)


def membership_choices(club: Tenant, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Tiers of the club and those in use, and statuses, each with whether it is chosen."""
    picked = [str(one) for one in chosen.get(audience.TIERS, ())]
    tiers = dict.fromkeys([*suggestions(FIELDS["membershipTier"], club), *picked])
    statuses = chosen.get(audience.STATUSES, ())
    return {
        "tiers": [(tier, tier in picked) for tier in tiers],
        "statuses": [(one, one.capitalize(), one in statuses) for one in MEMBERSHIP_STATUSES],
    }


def audience_of(request: StaffRequest) -> dict[str, list[str]]:
    """Tiers and statuses, as the form has them; raises InvalidError."""
    given = request.POST
    chosen = {audience.TIERS: given.getlist("tiers"), audience.STATUSES: given.getlist("statuses")}
    try:
        return audience.checked(chosen)
    except ValueError as error:
        raise InvalidError(str(error), field="audience") from error


@page("promotions/<uuid:promotion_id>/preview/", name="promotion_preview", right=Right.EDIT)
def promotion_preview(request: StaffRequest, promotion_id: object) -> HttpResponse:
    """What a part would say with other words, or whom a changed plan would write to; a piece of a page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row, club = promotion_or_404(promotion_id), club_of(request)
    try:
        if request.POST.get("touch"):
            return TemplateResponse(request, *_said(request, row, club))
        row.audience, row.segment_id = audience_of(request), uuid_or_none(request.POST.get("segment", ""))
        channels = [one for one in request.POST.getlist("channels") if one in CONSENTS]
        count, reach = reach_of(row, channels)
        shown = {"count": count, "reach": [(CONSENTS[one], many) for one, many in reach]}
    except DomainError as refusal:
        shown = {"refusal": refusal.message}
    return TemplateResponse(request, "social/part_preview.html", {**shown, "club": club})


CONSENTS: Final = {"EMAIL": "e-mail", "SMS": "SMS", "PUSH": "push messages", "WHATSAPP": "WhatsApp"}


def _said(request: StaffRequest, row: Promotion, club: Tenant) -> tuple[str, dict[str, Any]]:
    """The template and what it shows: as each network has it, or as plain words."""
    touch = next((one for one in row.touches.all() if one.pk == touch_id(request)), None)
    if touch is None:
        raise PromotionNotFound
    text = request.POST.get("text", "").replace("\r\n", "\n").strip() or words_of(row, touch.kind)
    if touch.channel == "POST":
        words = Words(
            text=text,
            link=str(row.facts.get("url") or ""),
            connection_ids=actions.accounts_of(row),
            media_ids=actions.pictures_of(row),
            is_duplicate_allowed=True,
        )
        return "social/preview.html", {
            "cards": cards_of(words, club, Post(promotion_id=row.pk)),
            "club": club,
        }
    values = values_of(row)
    broken = token_problem(text, values)
    said = {"refusal": f"A token is wrong: {broken}"} if broken else {"text": fill(text, values)}
    return "social/part_preview.html", {**said, "club": club}


def touch_id(request: StaffRequest) -> UUID:
    """The part that the form names; raises PromotionNotFound."""
    key = uuid_or_none(request.POST.get("touch", ""))
    if key is None:
        raise PromotionNotFound
    return key


def promotion_or_404(promotion_id: object) -> Promotion:
    """The plan of the address; raises Http404."""
    key = uuid_or_none(str(promotion_id))
    try:
        if key is None:
            raise PromotionNotFound
        return actions.get_promotion(key)
    except PromotionNotFound as missing:
        raise Http404 from missing
