"""The roof as a Django app: it brings commands and system checks, but no models."""

from django.apps import AppConfig

from tenants.gc_pause import keep_started


class PlatformConfig(AppConfig):
    """Registers the system checks and what needs to know all the floors."""

    name = "crm_platform"

    def ready(self) -> None:
        """Importing the modules registers the checks; a log-in is a session's first use. All models are there now."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from crm_platform import checks, extension_checks, page_middleware  # noqa: F401, PLC0415

        user_logged_in.connect(page_middleware.note_use, dispatch_uid="crm.session_used")
        keep_started()
