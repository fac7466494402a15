"""Media for networks, under signed addresses that expire."""

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from social.library.serving import is_valid, path_of
from social.models import Media
from tenants.scope import all_tenants


def serve_media(request: HttpRequest, media_id: UUID) -> HttpResponseBase:
    """The bytes of a file; 404 for an address that we did not sign, or that is over."""
    if not is_valid(media_id, request.GET.get("e", ""), request.GET.get("s", "")):
        return HttpResponse(status=404)
    with all_tenants():
        media = Media.objects.filter(pk=media_id).first()
    path = path_of(media) if media is not None else None
    if media is None or path is None or not path.is_file():
        return HttpResponse(status=404)
    response = FileResponse(path.open("rb"), content_type=media.content_type)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
