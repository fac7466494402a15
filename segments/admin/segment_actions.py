"""What staff do with one segment: refresh, sync, copy, delete; put people on a list or take them off."""

from itertools import chain
from typing import Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from segments.actions import clone_segment, delete_segment, list_segments, refresh_segment
from segments.admin.pages import address_of, find_or_404, maker_of
from segments.lists import Pasted, add_import, add_members, remove_members, resolve_pasted
from segments.models import Segment
from segments.syncing import sync_segment
from tenants.admin.base import messages
from tenants.admin.formatting import plural
from tenants.admin.pages import club_of, page, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.roles import Right

LARGEST_FILE: Final = 5_000_000


@page("segments/<uuid:segment_id>/act/", name="segment_act", right=Right.EDIT)
def act_on_segment(request: StaffRequest, segment_id: UUID) -> HttpResponse:
    """Refresh, copy, delete; put people on a list or take them off."""
    segment = find_or_404(segment_id)
    if request.method != "POST":
        return HttpResponseRedirect(address_of(segment.pk))
    acts = {
        "refresh": _refresh,
        "clone": _clone,
        "delete": _delete,
        "paste": _paste,
        "import": _take_import,
        "sync": _sync,
        "remove": _remove,
    }
    act = acts.get(request.POST.get("act", ""))
    try:
        return act(request, segment) if act else HttpResponseRedirect(address_of(segment.pk))
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(address_of(segment.pk))


def _refresh(request: HttpRequest, segment: Segment) -> HttpResponse:
    refresh_segment(segment.pk)
    messages.success(request, "Everybody is being compared with the rule.")
    return HttpResponseRedirect(address_of(segment.pk))


def _clone(request: StaffRequest, segment: Segment) -> HttpResponse:
    taken = {name.lower() for name in list_segments().values_list("name", flat=True)}
    names = (f"{segment.name[:100]} (copy{f' {n}' if n > 1 else ''})" for n in range(1, 1000))
    copy = clone_segment(
        segment.pk, next(name for name in names if name.lower() not in taken), maker_of(request)
    )
    return HttpResponseRedirect(reverse("admin:segment_edit", args=[copy.pk]))


def _delete(request: HttpRequest, segment: Segment) -> HttpResponse:
    delete_segment(segment.pk)
    messages.success(request, f"“{segment.name}” is deleted.")
    return HttpResponseRedirect(reverse("admin:segments"))


def _paste(request: HttpRequest, segment: Segment) -> HttpResponse:
    parts = [resolve_pasted(request.POST.get("pasted", ""))]
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        parts.append(resolve_pasted(file.read(LARGEST_FILE).decode("utf-8-sig", "replace")))
    pasted = Pasted(
        *(list(dict.fromkeys(chain.from_iterable(each))) for each in zip(*map(_told, parts), strict=True))
    )
    added = add_members(segment.pk, pasted.found)
    messages.success(request, f"{added} added, {len(pasted.found) - added} were on the list already.")
    if pasted.unknown:
        messages.warning(
            request, f"Nobody is known by: {', '.join(pasted.unknown[:20])}{_more(pasted.unknown)}."
        )
    if pasted.shared:
        messages.warning(
            request,
            f"Several people share: {', '.join(pasted.shared[:20])}{_more(pasted.shared)}. Add them one by one.",
        )
    return HttpResponseRedirect(address_of(segment.pk))


def _told(pasted: Pasted) -> tuple[list[UUID], list[str], list[str]]:
    return pasted.found, pasted.unknown, pasted.shared


def _take_import(request: StaffRequest, segment: Segment) -> HttpResponse:
    import_id = uuid_or_none(request.POST.get("import", ""))
    if import_id is None:
        messages.error(request, "Choose an import first.")
        return HttpResponseRedirect(address_of(segment.pk))
    added = add_import(segment.pk, import_id)
    messages.success(request, f"{plural(added, 'customer', club=club_of(request))} of the import added.")
    return HttpResponseRedirect(address_of(segment.pk))


def _sync(request: HttpRequest, segment: Segment) -> HttpResponse:
    """From then on the list follows by itself."""
    synced = sync_segment(segment.pk)
    if synced.sync_error:
        messages.error(request, synced.sync_error)
    else:
        messages.success(request, "The list of the Messaging service is up to date, and follows from now on.")
    return HttpResponseRedirect(address_of(segment.pk))


def _remove(request: HttpRequest, segment: Segment) -> HttpResponse:
    ids = [each for each in map(uuid_or_none, request.POST.getlist("ids")) if each]
    removed = remove_members(segment.pk, ids)
    messages.success(request, f"{removed} taken off the list.")
    return HttpResponseRedirect(address_of(segment.pk))


def _more(values: list[str]) -> str:
    return f" and {len(values) - 20} more" if len(values) > 20 else ""  # noqa: PLR2004 - as many as are shown
