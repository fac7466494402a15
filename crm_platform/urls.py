"""Every route of the product but `/livez` and `/readyz`, which `health.HealthMiddleware` answers."""

from collections.abc import Iterator
from importlib import import_module
from itertools import chain

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from crm_platform.api.docs import DocsView, SchemaView
from crm_platform.api.graphql import GraphQLView
from crm_platform.routes import RoutesByWord
from tenants.admin_config import discover
from tenants.declarations import extensions

discover()


def _api_routes() -> Iterator[list[URLPattern]]:
    for brought in extensions().values():
        if brought.urls:
            yield import_module(brought.urls).urlpatterns


urlpatterns: list[URLPattern | URLResolver] = [
    RoutesByWord("api/v1/", chain.from_iterable(_api_routes())),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("graphql", GraphQLView.as_view(), name="graphql"),
    path("admin/", admin.site.urls),
    *(path("", include(brought.public_urls)) for brought in extensions().values() if brought.public_urls),
]

handler400 = "tenants.api.errors.handler400"
handler403 = "crm_platform.error_pages.handler403"
handler404 = "crm_platform.api.elsewhere.handler404"
handler500 = "crm_platform.error_pages.handler500"
