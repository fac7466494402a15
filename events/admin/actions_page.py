"""What admins do about failures: replay, repair, skip, take in, dismiss, retry, discard; the many after a question."""

import difflib
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from events.admin.dead_letters_page import filters_of, selection_from
from events.admin.explanations import explain
from events.admin.inbox_page import event_or_404
from events.json_text import load_json
from events.models import InboxStatus, ParkedEntry
from events.parked import discard_parked, retry_parked
from events.refusals import EventRefused
from events.replay import REPAIRABLE, Selection, repair_event, replay
from events.skipping import skip_events
from tenants.admin import formatting
from tenants.admin.base import messages
from tenants.admin.pages import page, show, user_of
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

MOST_COUNTED: Final = 100_000
LONGEST_ENVELOPE: Final = 1_000_000


@page("operations/inbox/<int:row_id>/repair/", name="operations_repair", right=Right.ADMINISTER)
def repair(request: StaffRequest, row_id: int) -> HttpResponse:
    """Edit an event that could not be applied, and replay it; the original is kept."""
    event = event_or_404(row_id)
    if event.status not in REPAIRABLE:
        messages.info(request, "This event does not wait for repair any more.")
        return _to_event(row_id)
    text = (
        request.POST.get("envelope", "")
        if request.method == "POST"
        else formatting.pretty_json(event.envelope)
    )
    problem = ""
    if request.method == "POST":
        problem = problem_of(lambda: repair_event(row_id, _envelope(text), by=user_of(request)))
        if not problem:
            messages.success(request, "The event is on its way again. The original is kept with it.")
            return _to_event(row_id)
    original = formatting.pretty_json(event.original_envelope or event.envelope)
    return show(
        request,
        "crm/operations/repair.html",
        "Edit and replay",
        status=422 if problem else 200,
        event=event,
        explanation=explain(event.error_code),
        text=text,
        problem=problem,
        original=original,
        difference=difference(original, text),
        crumb={"link": reverse("admin:operations_event", args=[row_id]), "title": "Event"},
    )


@page("operations/dead-letters/act/", name="operations_bulk", right=Right.ADMINISTER)
@require_POST
def act_on_dead(request: StaffRequest) -> HttpResponse:
    """Replay or skip chosen dead events, or all that match; asks first and says how many."""
    act = request.POST.get("act", "")
    everything = request.POST.get("all") == "1"
    ids = ids_of(request.POST)
    back = reverse("admin:operations_dead_letters")
    if act not in ("replay", "skip") or not (ids or everything):
        messages.warning(request, "Choose at least one event first.")
        return HttpResponseRedirect(back)
    selection = selection_of(request.POST, [] if everything else ids)
    if request.POST.get("confirmed") == "1":
        _act(request, act, selection)
        return HttpResponseRedirect(back)
    count = selection.rows()[:MOST_COUNTED].count()
    number = (
        formatting.plural(count, "event", club=request.tenant)
        if count < MOST_COUNTED
        else f"more than {formatting.plural(MOST_COUNTED, 'event', club=request.tenant)}"
    )
    hidden = [("act", act), *filters_of(selection).items()]
    hidden += [("all", "1")] if everything else [("ids", str(each)) for each in ids]
    return _ask(request, act, "events", number, hidden=hidden, back=back)


@page("operations/parked/act/", name="operations_parked_act", right=Right.ADMINISTER)
@require_POST
def act_on_parked(request: StaffRequest) -> HttpResponse:
    """Retry or discard chosen parked entries; asks first and says how many."""
    act, back = request.POST.get("act", ""), reverse("admin:operations_parked")
    ids = ids_of(request.POST)
    if act not in ("retry", "discard") or not ids:
        messages.warning(request, "Choose at least one entry first.")
        return HttpResponseRedirect(back)
    if request.POST.get("confirmed") == "1":
        _act_on_parked(request, act, ids)
        return HttpResponseRedirect(back)
    count = ParkedEntry.objects.filter(pk__in=ids, status=ParkedEntry.Status.PARKED).count()
    number = formatting.plural(count, "entry", "entries", club=request.tenant)
    hidden = [("act", act), *(("ids", str(each)) for each in ids)]
    return _ask(request, act, "entries", number, hidden=hidden, back=back)


def _ask(
    request: StaffRequest, act: str, nouns: str, number: str, *, hidden: list[tuple[str, str]], back: str
) -> HttpResponse:
    """The question before an act on many; its answer comes back to this page with the hidden fields."""
    return show(
        request,
        "crm/operations/confirm.html",
        f"{act.capitalize()} {nouns}",
        question=f"{act.capitalize()} {number}?",
        consequence=CONSEQUENCES[act],
        button=f"{act.capitalize()} {number}",
        action=request.path,
        hidden=hidden,
        back=back,
        is_final=act in FINAL,
    )


FINAL: Final = ("skip", "discard")
CONSEQUENCES: Final = {
    "replay": "They are processed anew with all attempts. What cannot be applied comes back here with its reason.",
    "skip": "They will not be applied. They stay in the inbox with their reason and can be replayed later.",
    "retry": "The work gets them once more. What fails again stays set aside with the new error.",
    "discard": "The work will never see them. They stay in the list of discarded entries.",
}


def problem_of(act: Callable[[], object]) -> str:
    """What the domain said against the act, in words; empty when it is done."""
    try:
        act()
    except EventRefused as refused:
        return f"{refused.field}: {refused.message}" if refused.field else refused.message
    except DomainError as refused:
        return refused.message
    return ""


def ids_of(posted: QueryDict) -> list[int]:
    """The ids of a posted form that are numbers."""
    read = map(whole_number, posted.getlist("ids"))
    return [number for number in read if number is not None]


def selection_of(posted: QueryDict, ids: Sequence[int]) -> Selection:
    """The dead events meant; one by one also those that are still being tried."""
    if not ids:
        return selection_from(posted)
    return Selection(statuses=(InboxStatus.DEAD, InboxStatus.FAILED), ids=ids)


def difference(original: str, text: str) -> list[tuple[str, str]]:
    """Lines that went and came, with their neighbours; empty when nothing differs."""
    lines = list(difflib.unified_diff(original.splitlines(), text.splitlines(), lineterm="", n=2))[2:]
    return [(line[:1], line[1:]) for line in lines if not line.startswith("@@")]


def _envelope(text: str) -> dict[str, Any]:
    loaded = load_json(text[:LONGEST_ENVELOPE])
    if not isinstance(loaded, dict):
        raise DomainError("The event must be a JSON object: { … }.")
    return loaded


def _act(request: StaffRequest, act: str, selection: Selection) -> None:
    if act == "replay":
        count = sum(replay(selection).values())
        messages.success(
            request, f"{formatting.plural(count, 'event', club=request.tenant)} on the way again."
        )
    else:
        count = skip_events(selection, by=user_of(request))
        messages.success(request, f"{formatting.plural(count, 'event', club=request.tenant)} skipped.")


def _act_on_parked(request: StaffRequest, act: str, ids: list[int]) -> None:
    if act == "discard":
        gone = formatting.plural(discard_parked(ids), "entry", "entries", club=request.tenant)
        messages.success(request, f"{gone} discarded.")
        return
    try:
        retried = retry_parked(ids)
    except DomainError as refused:
        messages.error(request, refused.message)
        return
    done = formatting.plural(retried.done, "entry", "entries", club=request.tenant)
    if retried.still_parked:
        messages.warning(request, f"{done} done, {retried.still_parked} failed again and stay set aside.")
    else:
        messages.success(request, f"{done} digested.")


def _to_event(row_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:operations_event", args=[row_id]))
