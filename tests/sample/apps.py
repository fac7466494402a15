"""App configuration."""

from django.apps import AppConfig


class SampleConfig(AppConfig):
    """What golfers left behind, and when they were last seen."""

    name = "tests.sample"
    label = "sample"
    default_auto_field = "django.db.models.BigAutoField"
