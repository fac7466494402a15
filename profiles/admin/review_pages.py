"""The review queue: one pair at a time, side by side, worked with the keyboard."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from events.identity_hints import IdentityKind
from profiles.admin.connections import KIND_LABELS
from profiles.admin.customer_page import birth_words, golf_of, membership_of
from profiles.admin.provenance import facts_of, provenance
from profiles.errors import CustomerNotFound
from profiles.matching.review import (
    DECISIONS,
    MOST_AT_ONCE,
    Pair,
    Status,
    accept_likely,
    decide,
    likely_candidates,
    queue,
    read_pair,
    undo_decision,
)
from profiles.merging.previewing import preview_merge
from profiles.models import Activity, CustomerProfile, Identifier, ReviewCandidate
from tenants.admin import formatting
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.models import Tenant
from tenants.numbers import whole_number
from tenants.roles import Right

SAID: Final = {
    Status.MERGED: "Merged",
    Status.KEPT_APART: "Kept apart, for good",
    Status.HOUSEHOLD: "Kept apart as one household",
    Status.SKIPPED: "Skipped",
}
LATER: Final = "crm_review_later"
MOST_LATER: Final = 500
MOST_DECIDED: Final = 50
MOST_SHOWN: Final = 50
# Decision, key, icon and words of the buttons; what the evidence proposes comes first.
ACTS: Final = (
    (Status.MERGED, "m", "merge", "One person: merge"),
    (Status.KEPT_APART, "k", "call_split", "Keep apart"),
    (Status.HOUSEHOLD, "h", "home", "Same household"),
)
# How sure, by what the address says.
LEVELS: Final = {"9999": 0.9999, "999": 0.999, "99": 0.99, "95": 0.95}
TELLING: Final = (
    IdentityKind.EMAIL,
    IdentityKind.PHONE,
    IdentityKind.SCL_MEMBER,
    IdentityKind.GOLF_RSA,
    IdentityKind.CDH,
    IdentityKind.MEMBER_NUMBER,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One of the two as the page shows them."""

    profile: CustomerProfile
    rows: dict[str, str]
    activities: int


@page("customers/review/", name="review_queue", right=Right.CORRECT)
def review_queue(request: StaffRequest) -> HttpResponse:
    """The pair with the most value at stake that was not put to the end, or the one that is asked for."""
    waiting = queue()
    later = _later(request)
    asked = _number(request.GET.get("pair", ""))
    candidate = waiting.filter(pk=asked).first() if asked else None
    candidate = candidate or waiting.exclude(pk__in=later).first() or _first_of(waiting, later)
    total = waiting.count() if candidate else 0
    context: dict[str, Any] = {"total": total, "last": _last(request), "later": len(later)}
    if candidate is not None:
        context |= _pair_context(club_of(request), read_pair(candidate.pk))
        context["has_next"] = total > 1
    return show(request, "crm/review/queue.html", "Review", **context)


@page("customers/review/list/", name="review_list", right=Right.CORRECT)
def review_list(request: StaffRequest) -> HttpResponse:
    """All that wait, by value at stake or by likelihood; by reason where one is chosen."""
    reason = request.GET.get("reason", "")
    reasons = ReviewCandidate.Reason
    rows: Any = queue().filter(reason=reason) if reason in reasons.values else queue()
    order = request.GET.get("order", "stake")
    rows = rows.order_by("-likelihood", "id") if order == "likelihood" else rows
    shown = Paginator(rows, MOST_SHOWN).get_page(request.GET.get("page"))
    found: list[Any] = list(shown)
    people = CustomerProfile.objects.in_bulk({one for each in found for one in (each.one_id, each.other_id)})
    pairs = [
        (each, people[each.one_id], people[each.other_id], 100 * each.likelihood, each.get_reason_display())
        for each in found
    ]
    return show(
        request,
        "crm/review/list.html",
        "Pairs that wait",
        pairs=pairs,
        shown=shown,
        reason=reason,
        reasons=reasons.choices,
        order=order,
        crumb={"link": reverse("admin:review_queue"), "title": "Review"},
    )


@page("customers/review/<int:candidate_id>/later/", name="review_later", right=Right.CORRECT)
@require_POST
def review_later(request: StaffRequest, candidate_id: int) -> HttpResponse:
    """Put a pair to the end of this person's queue; nothing is decided."""
    later = [one for one in _later(request) if one != candidate_id]
    request.session[LATER] = [*later, candidate_id][-MOST_LATER:]
    return HttpResponseRedirect(reverse("admin:review_queue"))


@page("customers/review/decided/", name="review_decided", right=Right.CORRECT)
def review_decided(request: StaffRequest) -> HttpResponse:
    """The newest decisions, each of which can be taken back."""
    rows = (
        ReviewCandidate.objects.exclude(status=Status.OPEN).exclude(decided_at=None).order_by("-decided_at")
    )
    found = list(rows[:MOST_DECIDED])
    ids = {one for row in found for one in (row.first_profile_id, row.second_profile_id)}
    people = CustomerProfile.objects.in_bulk(ids)
    decided = [
        (row, SAID[Status(row.status)], [people.get(row.first_profile_id), people.get(row.second_profile_id)])
        for row in found
    ]
    return show(request, "crm/review/decided.html", "Decided pairs", decided=decided)


def _level(share: float, club: Tenant) -> str:
    """A probability as the club writes it, with no more places than it needs: 99 %, 99,9 %."""
    places = len(f"{100 * share:g}".partition(".")[2])
    return formatting.percent(share, club, places)


@page("customers/review/likely/", name="review_likely", right=Right.EDIT)
def review_likely(request: StaffRequest) -> HttpResponse:
    """Many at once: choose how sure, see whom it concerns, accept."""
    given = request.POST if request.method == "POST" else request.GET
    least = LEVELS.get(given.get("least", ""), 0.999)
    if request.method == "POST":
        merged = formatting.plural(accept_likely(least), "pair", club=request.tenant)
        messages.success(request, f"Merged {merged}. Each can be taken back by itself.")
        return HttpResponseRedirect(reverse("admin:review_decided"))
    likely: Any = likely_candidates(least)
    found = list(likely[:MOST_SHOWN])
    people = CustomerProfile.objects.in_bulk({one for each in found for one in (each.one_id, each.other_id)})
    return show(
        request,
        "crm/review/likely.html",
        "Accept likely pairs",
        total=likely.count(),
        most=MOST_AT_ONCE,
        least=given.get("least", "999"),
        levels=[(key, _level(value, club_of(request))) for key, value in LEVELS.items()],
        pairs=[(people[each.one_id], people[each.other_id], 100 * each.probability) for each in found],
        crumb={"link": reverse("admin:review_queue"), "title": "Review"},
    )


@page("customers/review/<int:candidate_id>/decide/", name="review_decide", right=Right.CORRECT)
@require_POST
def review_decide(request: StaffRequest, candidate_id: int) -> HttpResponse:
    """Form field `decision`: one of DECISIONS; then on to the next pair."""
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Http404("There is no such decision.")
    try:
        decide(candidate_id, decision)
    except CustomerNotFound as error:
        raise Http404("There is no such pair in this club.") from error
    except DomainError as error:
        messages.warning(request, error.message)
        return HttpResponseRedirect(reverse("admin:review_queue"))
    request.session["crm_last_review"] = candidate_id
    messages.success(request, f"{SAID[Status(decision)]}.")
    return HttpResponseRedirect(reverse("admin:review_queue"))


@page("customers/review/<int:candidate_id>/undo/", name="review_undo", right=Right.CORRECT)
@require_POST
def review_undo(request: StaffRequest, candidate_id: int) -> HttpResponse:
    """Take a decision back and show the pair again."""
    try:
        undo_decision(candidate_id)
    except CustomerNotFound as error:
        raise Http404("There is no such pair in this club.") from error
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "Taken back. The pair waits for review again.")
    request.session.pop("crm_last_review", None)
    return HttpResponseRedirect(f"{reverse('admin:review_queue')}?pair={candidate_id}")


def _later(request: StaffRequest) -> list[int]:
    """The pairs that this person put to the end, in that order."""
    later = request.session.get(LATER)
    return later if isinstance(later, list) else []


def _first_of(waiting: QuerySet[ReviewCandidate], later: list[int]) -> ReviewCandidate | None:
    """Nothing but what was put to the end is left: the pair that has been there longest."""
    left = set(waiting.filter(pk__in=later).values_list("pk", flat=True))
    return waiting.filter(pk=next(one for one in later if one in left)).first() if left else None


def _number(text: str) -> int:
    return whole_number(text) or 0


def _last(request: StaffRequest) -> int | None:
    """The pair this person decided last, for the undo button."""
    last = request.session.get("crm_last_review")
    return last if isinstance(last, int) else None


def _pair_context(club: Tenant, pair: Pair) -> dict[str, Any]:
    columns = [_column(club, profile) for profile in (pair.winner, pair.loser)]
    labels = list(dict.fromkeys(label for column in columns for label in column.rows))
    lines = [
        (label, *(column.rows.get(label, "") for column in columns), _differs(columns, label))
        for label in labels
    ]
    most = max((abs(point.weight) for point in pair.evidence), default=1.0)
    return {
        "pair": pair,
        "acts": sorted(ACTS, key=lambda act: act[0] != pair.proposal),
        "columns": columns,
        "lines": lines,
        "points": [(point, round(100 * abs(point.weight) / most)) for point in pair.evidence],
        "preview": preview_merge(pair.winner.pk, pair.loser.pk),
    }


def _differs(columns: list[Column], label: str) -> bool:
    one, other = (column.rows.get(label, "") for column in columns)
    return bool(one and other and one != other)


def _column(club: Tenant, profile: CustomerProfile) -> Column:
    today = timezone.now().astimezone(club.zone).date()
    origins = provenance(facts_of(profile.pk), club)
    facts = [*membership_of(profile, origins, today), *golf_of(profile, origins, club)]
    born = profile.date_of_birth
    rows = {"Born": f"{formatting.day(born)} ({birth_words(born, today)})" if born else ""}
    rows |= {fact.label: fact.text for fact in facts}
    rows |= _keys(profile.pk)
    return Column(
        profile,
        {label: text for label, text in rows.items() if text},
        Activity.objects.filter(profile_id=profile.pk).count(),
    )


def _keys(profile_id: UUID) -> dict[str, str]:
    """Those that say something to people; the inner ids of services do not."""
    keys: dict[str, list[str]] = {}
    rows = Identifier.objects.filter(profile_id=profile_id, kind__in=TELLING).order_by("kind", "value")
    for kind, value in rows.values_list("kind", "value").distinct():
        written = formatting.phone(value) if kind == IdentityKind.PHONE else value
        keys.setdefault(KIND_LABELS[kind], []).append(written)
    return {label: ", ".join(values) for label, values in keys.items()}
