"""App configuration."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events in, the domain log, events out."""

    name = "events"

    def ready(self) -> None:
        """Register the system check."""
        from events import checks  # noqa: F401, PLC0415  # imports models: the apps are ready only now
