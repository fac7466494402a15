"""The media library."""

from django.http import FileResponse, Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from social.errors import MediaNotFound
from social.library.keeping import add_media, crop_media, delete_media, describe_media, get_media
from social.library.pictures import RATIOS
from social.library.storage import BucketFailed, FileMissing, storage
from social.models import Media, MediaKind
from tenants.admin.base import messages, request_may
from tenants.admin.pages import page, show, uuid_or_none
from tenants.errors import DomainError
from tenants.middleware import StaffRequest
from tenants.numbers import whole_number
from tenants.roles import Right

SHOWN = 120


@page("social/media/", name="social_media", right=Right.VIEW_PROFILES)
def social_media(request: StaffRequest) -> HttpResponse:
    """Every file, newest first; the form that adds some."""
    if request.method == "POST" and request_may(request, Right.EDIT):
        return _upload(request)
    rows = list(Media.objects.order_by("-created_at", "pk")[:SHOWN])
    return show(
        request,
        "social/media.html",
        "Media library",
        rows=rows,
        ratios=list(RATIOS),
        may_edit=request_may(request, Right.EDIT),
    )


def _upload(request: StaffRequest) -> HttpResponse:
    added, refused = _added(request)
    if _is_beside_a_post(request):
        # The new files as the composer lets one choose them.
        found = {"files": [(row, True) for row in added], "refusals": refused}
        found["described"] = [row for row in added if row.kind == MediaKind.IMAGE]
        return TemplateResponse(request, "social/picks.html", found)
    for refusal in refused:
        messages.error(request, refusal)
    if added:
        messages.success(request, f"{len(added)} added, made fit for every network.")
    back = request.POST.get("back", "")
    return HttpResponseRedirect(back if back.startswith("/admin/social/") else reverse("admin:social_media"))


def _is_beside_a_post(request: StaffRequest) -> bool:
    """Whether the composer asks, without leaving the post that is being written."""
    return request.headers.get("X-Requested-With") == "fetch"


def _added(request: StaffRequest) -> tuple[list[Media], list[str]]:
    """The files of a form in the library, and why others are not."""
    added: list[Media] = []
    refused: list[str] = []
    for file in request.FILES.getlist("files"):
        try:
            row = add_media(
                file,
                name=file.name or "Picture",
                alt_text=request.POST.get("alt_text", ""),
                ratio=request.POST.get("ratio", ""),
                fills=request.POST.get("fills") == "on",
            )
            added.append(row)
        except DomainError as refusal:
            refused.append(refusal.message)
    return added, refused


@page("social/media/<uuid:media_id>/file/", name="social_media_file", right=Right.VIEW_PROFILES)
def social_media_file(request: StaffRequest, media_id: object) -> HttpResponseBase:
    """The picture itself, for people who are logged in."""
    media = _media_or_404(media_id)
    try:
        response = FileResponse(storage().stream(media.storage_key), content_type=media.content_type)
    except FileMissing as missing:
        raise Http404 from missing
    except BucketFailed:
        return HttpResponse(status=503)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@page("social/media/<uuid:media_id>/act/", name="social_media_act", right=Right.EDIT)
def social_media_act(request: StaffRequest, media_id: object) -> HttpResponse:
    """Describe a file, or take it away."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    media = _media_or_404(media_id)
    try:
        if _is_beside_a_post(request):
            describe_media(media.pk, alt_text=request.POST.get("alt_text", ""))
            return HttpResponse(status=204)
        if request.POST.get("act") == "delete":
            delete_media(media.pk)
            messages.success(request, f"{media.name} is gone.")
        else:
            describe_media(media.pk, alt_text=request.POST.get("alt_text", ""))
            messages.success(request, "Saved.")
    except DomainError as refusal:
        if _is_beside_a_post(request):
            return HttpResponse(refusal.message, status=422, content_type="text/plain")
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("admin:social_media"))


@page("social/media/<uuid:media_id>/crop/", name="social_media_crop", right=Right.EDIT)
def social_media_crop(request: StaffRequest, media_id: object) -> HttpResponse:
    """A picture as each ratio of the networks cuts it; a cut becomes a picture of its own."""
    media = _media_or_404(media_id)
    if media.kind != MediaKind.IMAGE:
        messages.warning(request, "Videos are not cut here.")
        return HttpResponseRedirect(reverse("admin:social_media"))
    if request.method == "POST":
        try:
            made = crop_media(
                media.pk,
                ratio=request.POST.get("ratio", ""),
                fills=request.POST.get("fills") == "on",
                centre=(_share(request.POST.get("across", "")), _share(request.POST.get("down", ""))),
            )
            messages.success(request, f"{made.name} is in the library.")
            return HttpResponseRedirect(reverse("admin:social_media"))
        except DomainError as refusal:
            messages.error(request, refusal.message)
    return show(
        request,
        "social/crop.html",
        "Crop",
        media=media,
        ratios=[(name, f"{value:.4f}", USES.get(name, "")) for name, value in RATIOS.items()],
        crumb={"link": reverse("admin:social_media"), "title": "Media library"},
    )


USES = {
    "1:1": "Instagram and Facebook, square",
    "4:5": "Instagram, the tallest it takes",
    "1.91:1": "Instagram, the widest; link cards",
    "16:9": "X and Facebook, wide",
    "9:16": "Stories and reels",
}


def _share(text: str) -> float:
    """A percentage of the form as a share; the middle where it is none."""
    percent = whole_number(text, 100)
    return 0.5 if percent is None else percent / 100


def _media_or_404(media_id: object) -> Media:
    key = uuid_or_none(str(media_id))
    try:
        if key is None:
            raise MediaNotFound
        return get_media(key)
    except MediaNotFound as missing:
        raise Http404 from missing
