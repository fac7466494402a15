"""What the rule builder asks for while somebody builds: fields and values, the count, who they are.

The builder is a part of other pages too: include `segments/builder.html` with `criteria` (JSON text) and read the
field `criteria` of the form around it.
"""

from typing import Any, Final

import orjson
from babel.numbers import get_currency_precision
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from profiles.discretion import MoneyHidden, sees_money
from profiles.models import CustomerProfile
from segments.actions import list_segments
from segments.discretion import money_segments
from segments.representation import preview, rule_fields
from segments.rules import InvalidRule
from tenants.admin.formatting import number
from tenants.admin.pages import club_of, page
from tenants.middleware import StaffRequest
from tenants.roles import Right

EMPTY: Final = '{"combinator": "AND", "not": false, "rules": []}'
BODY: Final = 300_000


def builder_context(criteria: Any = None) -> dict[str, Any]:
    """What the template of the builder needs; `criteria`: a tree or its text."""
    text = criteria if isinstance(criteria, str) else orjson.dumps(criteria).decode() if criteria else EMPTY
    return {"criteria": text}


@page("segments/build/fields/", name="segment_build_fields", right=Right.VIEW_PROFILES)
def build_fields(request: StaffRequest) -> HttpResponse:
    """Fields, operators, values in use, segments, and into how many smallest units the club's money is parted."""
    club = club_of(request)
    hidden = set() if sees_money() else money_segments()
    named = list_segments().exclude(pk__in=hidden).values_list("pk", "name")
    segments = [{"name": str(pk), "label": name} for pk, name in named]
    parts = 10 ** int(get_currency_precision(club.currency))
    return JsonResponse({**rule_fields(club), "segments": segments, "moneyParts": parts})


@page("segments/build/count/", name="segment_build_count", right=Right.VIEW_PROFILES)
def build_count(request: StaffRequest) -> HttpResponse:
    """The rule in words and how many it means, at once; mistakes with their paths."""
    try:
        answer = _preview(request, is_quick=True)
    except InvalidRule as mistake:
        return JsonResponse(
            {"problems": [{"path": each.path, "message": each.message} for each in mistake.problems]}
        )
    except MoneyHidden as refusal:
        return JsonResponse({"problems": [{"path": "", "message": refusal.message}]})
    club = club_of(request)
    told = {"countTold": number(answer["count"], club), "errorTold": number(answer["error"], club)}
    return JsonResponse({**answer, **told})


@page("segments/build/people/", name="segment_build_people", right=Right.VIEW_PROFILES)
def build_people(request: StaffRequest) -> HttpResponse:
    """Exactly how many, who they are, some of them, with whom they overlap: a piece of a page."""
    try:
        answer = _preview(request, is_quick=False)
    except (InvalidRule, MoneyHidden):
        return HttpResponse("")
    people = CustomerProfile.objects.in_bulk(answer["sample"])
    composition = answer["composition"]
    charts = [
        {"title": title, "rows": _bars(composition[key], answer["count"])}
        for key, title in (("tiers", "Tier"), ("ages", "Age"), ("handicaps", "Handicap"))
    ]
    reach = [
        {"label": label, "count": composition["reach"][key]}
        for key, label in (("email", "E-mail"), ("sms", "SMS"), ("push", "Push"), ("whatsapp", "WhatsApp"))
    ]
    charts.append({"title": "May be contacted by", "rows": _bars(reach, answer["count"])})
    return render(
        request,
        "segments/people.html",
        {
            **answer,
            "charts": charts,
            "people": [people[each] for each in answer["sample"] if each in people],
            "club": club_of(request),
        },
    )


def _preview(request: StaffRequest, *, is_quick: bool) -> dict[str, Any]:
    names = dict(list_segments().values_list("pk", "name"))
    text = request.POST.get("criteria", EMPTY)[:BODY] if request.method == "POST" else EMPTY
    return preview(text, club_of(request), names, timezone.now(), is_quick=is_quick)


def _bars(rows: list[dict[str, Any]], total: int) -> list[dict[str, Any]]:
    """Rows with their share in per cent."""
    return [{**row, "percent": round(100 * row["count"] / total) if total else 0} for row in rows[:10]]
