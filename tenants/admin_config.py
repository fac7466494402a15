"""Makes the product's own site the one that `django.contrib.admin.site` is."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin with the product's site."""

    default_site = "tenants.admin.site.BackOfficeSite"

    def ready(self) -> None:
        """Register the tables: those of the ground floor once the site exists, see `tenants.admin`."""
        super().ready()
        from tenants.admin import tables  # noqa: F401, PLC0415
