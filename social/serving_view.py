"""Media for networks, under signed addresses that expire."""

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from social.library.serving import is_valid
from social.library.storage import BucketFailed, FileMissing, storage
from social.models import Media
from tenants.scope import all_tenants


def serve_media(request: HttpRequest, media_id: UUID) -> HttpResponseBase:
    """The bytes of a file; 404 for an address that we did not sign, or that is over."""
    if not is_valid(media_id, request.GET.get("e", ""), request.GET.get("s", "")):
        return HttpResponse(status=404)
    with all_tenants():
        media = Media.objects.filter(pk=media_id).first()
    if media is None:
        return HttpResponse(status=404)
    try:
        response = FileResponse(storage().stream(media.storage_key), content_type=media.content_type)
    except FileMissing:
        return HttpResponse(status=404)
    except BucketFailed:
        return HttpResponse(status=503)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
