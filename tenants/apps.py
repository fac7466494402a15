"""App configuration; registers the numbered checks of this app."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """The ground floor: tenants, scope, row isolation, callers."""

    name = "tenants"

    def ready(self) -> None:
        """Import the system checks so that they register."""
        from tenants import checks  # noqa: F401, PLC0415
