"""One job that is no event: read it, correct it and take it in, or dismiss it."""

from contextlib import AbstractContextManager, nullcontext

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from events.admin.actions_page import problem_of
from events.admin.dead_letters_page import crumb
from events.admin.explanations import explain
from events.dead_letters import dismiss_dead_letter, repair_dead_letter
from events.models import DeadLetter
from tenants.admin.base import messages, request_may
from tenants.admin.pages import page, show, user_of
from tenants.middleware import StaffRequest
from tenants.models import User
from tenants.roles import Right
from tenants.scope import all_tenants


@page("operations/dead-letters/jobs/<int:letter_id>/", name="operations_letter", right=Right.ADMINISTER)
def letter(request: StaffRequest, letter_id: int) -> HttpResponse:
    """The page and its two acts."""
    found = letter_or_404(request, letter_id)
    body, problem = found.body, ""
    if request.method == "POST":
        if not request_may(request, Right.ADMINISTER):
            raise PermissionDenied("Only admins of the club repair what failed.")
        body = request.POST.get("body", "")
        problem = _act(request, found, body)
        if not problem:
            return HttpResponseRedirect(reverse("admin:operations_letters"))
    handler = User.objects.filter(pk=found.handled_by_id).first() if found.handled_by_id else None
    return show(
        request,
        "crm/operations/letter.html",
        "Job",
        status=422 if problem else 200,
        letter=found,
        handled_by=handler,
        body=body,
        changed=body != found.body,
        problem=problem,
        explanation=explain(found.code),
        crumb=crumb(),
    )


def letter_or_404(request: StaffRequest, letter_id: int) -> DeadLetter:
    """A letter of this club; for operators of the platform also one of no club."""
    row: DeadLetter | None = None
    if letter_id < 2**63:
        row = DeadLetter.objects.filter(pk=letter_id).first()
        if row is None and request.user.is_superuser:
            with all_tenants():
                row = DeadLetter.objects.filter(pk=letter_id, tenant=None).first()
    if row is None:
        raise Http404("There is no such failed job in this club.")
    return row


def _act(request: StaffRequest, found: DeadLetter, body: str) -> str:
    by = user_of(request)
    if request.POST.get("act") == "dismiss":
        with _scope_of(found):
            problem = problem_of(lambda: dismiss_dead_letter(found.pk, by=by))
        done = "Dismissed."
    else:
        with _scope_of(found):
            problem = problem_of(lambda: repair_dead_letter(found.pk, body, by=by))
        done = "Taken in. You find it in the inbox."
    if not problem:
        messages.success(request, done)
    return problem


def _scope_of(found: DeadLetter) -> AbstractContextManager[None]:
    """A letter of no club is outside every club's scope."""
    return nullcontext() if found.tenant_id is not None else all_tenants()
