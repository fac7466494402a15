"""The roof as a Django app: it brings commands and system checks, but no models."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Registers the system checks and what needs to know all the floors."""

    name = "crm_platform"

    def ready(self) -> None:
        """Importing the module registers the checks."""
        from crm_platform import checks, extension_checks  # noqa: F401, PLC0415
