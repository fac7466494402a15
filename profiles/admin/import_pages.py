"""Imports in the back office: a file, its columns, what would happen, the run, and back again."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from profiles.errors import ImportNotFound, ImportNotReady, InvalidFields
from profiles.exchange.importing.checking import shown
from profiles.exchange.importing.columns import Guess
from profiles.exchange.importing.encodings import NAMES as ENCODING_NAMES
from profiles.exchange.importing.jobs import (
    choose_columns,
    count_rows,
    discard_import,
    find_import,
    start_import,
    undo_import,
)
from profiles.exchange.importing.opening import (
    guesses_of,
    open_import,
    remember_statuses,
    unknown_statuses,
)
from profiles.exchange.importing.problems import problems_file
from profiles.exchange.importing.tables import MOST_BYTES, SEPARATOR_NAMES, UnreadableFile
from profiles.exchange.importing.targets import LABELS, Target
from profiles.models import CustomerProfile, ImportOutcome, ImportRow, ImportStatus, MemberImport
from tenants.action_log import log_action
from tenants.admin.base import messages
from tenants.admin.pages import club_of, page, show
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

MOST_LISTED: Final = 50
PAGE_SIZE: Final = 50
SAMPLES: Final = 3
TONES: Final = {
    ImportStatus.MAPPING: "crm-info",
    ImportStatus.CHECKED: "crm-info",
    ImportStatus.CHECKING: "crm-warn",
    ImportStatus.RUNNING: "crm-warn",
    ImportStatus.UNDOING: "crm-warn",
    ImportStatus.DONE: "crm-good",
    ImportStatus.UNDONE: "",
    ImportStatus.FAILED: "crm-bad",
}
OUTCOME_TONES: Final = {
    ImportOutcome.CREATE: "crm-good",
    ImportOutcome.UPDATE: "crm-info",
    ImportOutcome.UNCHANGED: "",
    ImportOutcome.CONFLICT: "crm-warn",
    ImportOutcome.ERROR: "crm-bad",
    ImportOutcome.SKIPPED: "",
}
# What staff may choose; the old system's own columns come by command.
OFFERED: Final = [
    (target.value, label)
    for target, label in LABELS.items()
    if target not in (Target.MCA_ZA, Target.MCA_UK, Target.CREATED_AT)
]
PARTIAL: Final = "partial"
# What a word for a membership status may mean, as staff read it.
MEANINGS: Final = {
    "ACTIVE": "Member",
    "SUSPENDED": "Member, suspended",
    "LAPSED": "Lapsed",
    "CANCELLED": "Left the club",
    "DECEASED": "Deceased",
    "WAITING_LIST": "On the waiting list",
    "VISITOR": "Visitor",
    "NON_MEMBER": "No member",
}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of the file as the page asks about it."""

    name: str
    samples: list[str]
    chosen: str
    guess: Guess
    problem: str = ""


@page("customers/imports/", name="imports", right=Right.EDIT)
def imports(request: StaffRequest) -> HttpResponse:
    """The club's imports, newest first; and the way in for a new file."""
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if isinstance(file, UploadedFile):
            try:
                return _opened(request, file)
            except UnreadableFile as error:
                problem = error.message
        else:
            problem = "Choose a file first."
    found = [
        (one, TONES[ImportStatus(one.status)])
        for one in MemberImport.objects.order_by("-made_at")[:MOST_LISTED]
    ]
    return show(
        request,
        "crm/imports/list.html",
        "Import",
        status=422 if problem else 200,
        imports=found,
        problem=problem,
        encodings=ENCODING_NAMES.items(),
        separators=SEPARATOR_NAMES.items(),
        most_megabytes=MOST_BYTES // 1024**2,
    )


@page("customers/imports/<uuid:import_id>/", name="import", right=Right.EDIT)
@require_GET
def one_import(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Where the import stands, and what can be done next."""
    return _shown(request, _found(import_id))


@page("customers/imports/<uuid:import_id>/progress/", name="import_progress", right=Right.EDIT)
@require_GET
def import_progress(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """How far the worker is; leads to the whole page once it has ended."""
    member_import = _found(import_id)
    if not member_import.is_working:
        return HttpResponseRedirect(_address(member_import))
    context = {"import": member_import, "club": club_of(request), "percent": _percent(member_import)}
    return render(request, "crm/imports/progress.html", context)


@page("customers/imports/<uuid:import_id>/columns/", name="import_columns", right=Right.EDIT)
@require_POST
def import_columns(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Form fields `column-0`, `column-1` and so on: what each column is; then the check begins."""
    member_import = _found(import_id)
    targets = [request.POST.get(f"column-{place}", "") for place in range(len(member_import.header))]
    try:
        choose_columns(member_import, targets)
    except InvalidFields as error:
        member_import.targets = targets
        return _shown(request, member_import, problems=error.fields)
    except ImportNotReady as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(_address(member_import))


@page("customers/imports/<uuid:import_id>/statuses/", name="import_statuses", right=Right.EDIT)
@require_POST
def import_statuses(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Form fields `word-0` and `status-0` and so on: what the file's words for a status mean; then a new check."""
    member_import = _found(import_id)
    words = [name.removeprefix("word-") for name in request.POST if name.startswith("word-")]
    meanings = {
        request.POST[f"word-{place}"]: status
        for place in words
        if (status := request.POST.get(f"status-{place}", ""))
    }
    try:
        remember_statuses(meanings)
        choose_columns(member_import, member_import.targets, remember=False)
    except (InvalidFields, ImportNotReady) as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(_address(member_import))


@page("customers/imports/<uuid:import_id>/start/", name="import_start", right=Right.EDIT)
@require_POST
def import_start(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Bring the rows in; form field `conflicts`: yes, for those in conflict as well."""
    member_import = _found(import_id)
    takes_conflicts = request.POST.get("conflicts") == "yes"
    return _act(request, member_import, lambda: start_import(member_import, takes_conflicts=takes_conflicts))


@page("customers/imports/<uuid:import_id>/undo/", name="import_undo", right=Right.EDIT)
@require_POST
def import_undo(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Take the import back."""
    member_import = _found(import_id)
    return _act(request, member_import, lambda: undo_import(member_import))


@page("customers/imports/<uuid:import_id>/discard/", name="import_discard", right=Right.EDIT)
@require_POST
def import_discard(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """Forget an import that was never started."""
    try:
        discard_import(_found(import_id))
    except ImportNotReady as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, "Discarded; nothing was brought in.")
    return HttpResponseRedirect(reverse("admin:imports"))


@page("customers/imports/<uuid:import_id>/problems.csv", name="import_problems", right=Right.EDIT)
@require_GET
def import_problems(request: StaffRequest, import_id: UUID) -> HttpResponse:
    """The rows that could not be taken, or not whole, to be mended and brought in again."""
    member_import = _found(import_id)
    log_action("import.problems_read", subject_kind="import", subject_id=member_import.pk)
    answer = HttpResponse(b"".join(problems_file(member_import)), content_type="text/csv; charset=utf-8")
    name = f"problems-{member_import.made_at:%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _opened(request: StaffRequest, file: Any) -> HttpResponse:
    if (file.size or 0) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 1024**2} MB: split it.")
    member_import, _ = open_import(
        file.name or "file",
        file.read(),
        encoding=_one_of(request.POST.get("encoding", ""), ENCODING_NAMES),
        separator=_one_of(request.POST.get("separator", ""), SEPARATOR_NAMES),
        sheet=request.POST.get("sheet", "").strip(),
    )
    return HttpResponseRedirect(_address(member_import))


def _one_of(value: str, known: Any) -> str:
    return value if value in known else ""


def _act(request: StaffRequest, member_import: MemberImport, act: Any) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(_address(member_import))


def _found(import_id: UUID) -> MemberImport:
    try:
        return find_import(import_id)
    except ImportNotFound as error:
        raise Http404(error.message) from error


def _address(member_import: MemberImport) -> str:
    return reverse("admin:import", args=[member_import.pk])


def _percent(member_import: MemberImport) -> int:
    return 100 * member_import.done // member_import.total if member_import.total else 0


def _shown(
    request: StaffRequest, member_import: MemberImport, problems: dict[str, str] | None = None
) -> HttpResponse:
    status = ImportStatus(member_import.status)
    is_mappable = status in (ImportStatus.MAPPING, ImportStatus.CHECKED, ImportStatus.FAILED)
    context: dict[str, Any] = {
        "import": member_import,
        "tone": TONES[status],
        "percent": _percent(member_import),
        "crumb": {"link": reverse("admin:imports"), "title": "Import"},
    }
    if is_mappable and member_import.started_at is None:
        context |= {"columns": _columns(member_import, problems or {}), "offered": OFFERED}
        context["problem"] = (problems or {}).get("targets", "")
    if status is ImportStatus.CHECKED:
        context |= {"unknown_statuses": unknown_statuses(member_import), "meanings": MEANINGS}
    if not member_import.is_working and status is not ImportStatus.MAPPING:
        context |= _rows(request, member_import)
    return show(
        request,
        "crm/imports/import.html",
        member_import.file_name,
        status=422 if problems else 200,
        **context,
    )


def _columns(member_import: MemberImport, problems: dict[str, str]) -> list[ColumnLine]:
    rows = ImportRow.objects.filter(import_id=member_import.pk, is_heading=False).order_by("line")
    cells = list(rows.values_list("cells", flat=True)[: SAMPLES * 4])
    lines = []
    for place, (name, chosen, guess) in enumerate(
        zip(member_import.header, member_import.targets, guesses_of(member_import), strict=True)
    ):
        samples = dict.fromkeys(row[place] for row in cells if place < len(row) and row[place])
        lines.append(ColumnLine(name, list(samples)[:SAMPLES], chosen, guess, problems.get(name, "")))
    return lines


def _rows(request: StaffRequest, member_import: MemberImport) -> dict[str, Any]:
    """Counts, and a page of the rows of one kind, in the order of the file."""
    counts = count_rows(member_import)
    kinds = [(one.value, one.label, counts[one.value]) for one in ImportOutcome if counts.get(one.value)]
    if counts["partial"]:
        kinds.append((PARTIAL, "Something left aside", counts["partial"]))
    wanted = request.GET.get("rows", "")
    rows = ImportRow.objects.filter(import_id=member_import.pk).exclude(outcome=None).order_by("line")
    if wanted == PARTIAL:
        rows = rows.filter(is_partial=True)
    elif wanted in set(ImportOutcome):
        rows = rows.filter(outcome=wanted)
    if after := whole_number(request.GET.get("after", ""), 2**31 - 1):
        rows = rows.filter(line__gt=after)
    found = list(rows[: PAGE_SIZE + 1])
    people = CustomerProfile.objects.in_bulk({row.profile_id for row in found if row.profile_id})
    names = {target.value: label for target, label in LABELS.items()}
    lines = [
        (
            row,
            OUTCOME_TONES[ImportOutcome(row.outcome)],
            people.get(row.profile_id),
            _said(row, member_import, names),
        )
        for row in found[:PAGE_SIZE]
        if row.outcome
    ]
    return {
        "counts": counts,
        "kinds": kinds,
        "rows": lines,
        "wanted": wanted,
        "next": found[PAGE_SIZE - 1].line if len(found) > PAGE_SIZE else None,
        "to_take": counts.get("CREATE", 0) + counts.get("UPDATE", 0),
        "conflicts": counts.get("CONFLICT", 0),
        "has_problems": bool(counts["partial"] or counts.get("ERROR") or counts.get("CONFLICT")),
        "is_restartable": member_import.status == ImportStatus.FAILED
        and member_import.started_at is not None,
    }


# What the first column of a row says already.
IN_THE_NAME: Final = frozenset({Target.FIRST_NAME.value, Target.LAST_NAME.value})


def _said(row: ImportRow, member_import: MemberImport, names: dict[str, str]) -> dict[str, Any]:
    """A row in words: who stands in the file, and what changes; of somebody new all that was read."""
    values = row.values or {}
    name = " ".join(filter(None, [values.get("firstName"), values.get("lastName")]))
    changes = row.changes
    if row.outcome == ImportOutcome.CREATE:
        changes = [
            {"field": field, "before": "", "after": shown(field, values[field])}
            for field in names
            if field not in IN_THE_NAME and values.get(field) not in (None, "", [])
        ]
    return {
        "name": name or values.get("email") or " · ".join(cell for cell in row.cells if cell)[:80],
        "changes": [(names.get(one["field"], one["field"]), one["before"], one["after"]) for one in changes],
    }
