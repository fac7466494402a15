"""The API description, and pages to read it."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import View
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.renderers import TemplateHTMLRenderer

YAML = "application/vnd.oai.openapi"
JSON = "application/vnd.oai.openapi+json"


@lru_cache(maxsize=1)
def description() -> Any:
    """The OpenAPI document; it depends on the code alone."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=2)
def description_text(*, as_json: bool) -> bytes:
    """The document as text."""
    renderer = OpenApiJsonRenderer() if as_json else OpenApiYamlRenderer()
    text = renderer.render(description(), renderer_context={})
    return bytes(text)


class SchemaView(View):
    """The OpenAPI document, as YAML or, for whoever asks for it (`Accept`, `?format=json`), as JSON."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Open to all: it names no data."""
        wants_json = request.GET.get("format") == "json" or "json" in request.META.get("HTTP_ACCEPT", "")
        return HttpResponse(
            description_text(as_json=wants_json),
            content_type=f"{JSON if wants_json else YAML}; charset=utf-8",
        )


class DocsView(SpectacularSwaggerView):
    """Swagger UI from our own static files, so that it also works where there is no internet."""

    authentication_classes = []
    permission_classes = []
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "schema"
