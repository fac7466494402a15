"""Routes about the caller below the API's root."""

from django.urls import path

from tenants.api.viewer import MeView, TenantsView

urlpatterns = [
    path("me", MeView.as_view(), name="me"),
    path("tenants", TenantsView.as_view(), name="tenants"),
]
