"""Every route of the product but `/livez` and `/readyz`, which `health.HealthMiddleware` answers."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from crm_platform.api.docs import DocsView, SchemaView
from crm_platform.api.graphql import GraphQLView
from tenants.admin_config import discover
from tenants.extension import extensions

discover()

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("api/v1/", include(brought.urls)) for brought in extensions().values() if brought.urls),
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
