"""App configuration."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Rule language, compiler, membership and its history, explanation."""

    name = "segments"
