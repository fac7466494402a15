"""Every route of the product but `/livez` and `/readyz`, which `health.HealthMiddleware` answers."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from crm_platform.api.docs import DocsView, SchemaView
from crm_platform.api.elsewhere import to, without_slash
from crm_platform.api.graphql import GraphQLView
from tenants.extension import extensions

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("api/v1/", include(brought.urls)) for brought in extensions().values() if brought.urls),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("graphql", GraphQLView.as_view(), name="graphql"),
    path("admin/", admin.site.urls),
    path("", to("admin:index"), name="root"),
    path("admin", to("admin:index"), name="admin-without-slash"),
    # Addresses that people type: one slash more or less.
    path("api/schema", to("schema"), name="schema-without-slash"),
    path("api/docs", to("docs"), name="docs-without-slash"),
    path("api", to("docs"), name="api"),
    path("api/", to("docs"), name="api-with-slash"),
    path("api/v1", to("docs"), name="api-root"),
    path("api/v1/", to("docs"), name="api-root-with-slash"),
    path("graphql/", to("graphql"), name="graphql-with-slash"),
    re_path(r"^api/v1/(?P<rest>.+[^/])/+$", without_slash, name="without-slash"),
    *(path("", include(brought.public_urls)) for brought in extensions().values() if brought.public_urls),
]

handler400 = "tenants.api.errors.handler400"
handler403 = "tenants.api.errors.handler403"
handler404 = "tenants.api.errors.handler404"
handler500 = "tenants.api.errors.handler500"
