"""App configuration."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """Journeys, their versions and runs, the engine; tasks for staff."""

    name = "journeys"
