"""App configuration."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events in, the domain log, events out."""

    name = "events"
