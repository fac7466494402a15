"""App configuration."""

from django.apps import AppConfig


class SocialConfig(AppConfig):
    """Connections to networks, posts and their publishing, numbers; promotion of events."""

    name = "social"
