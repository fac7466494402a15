"""Makes the product's own site the one that `django.contrib.admin.site` is."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with the product's site."""

    default_site = "tenants.admin.site.BackOfficeSite"
