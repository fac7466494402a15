"""App configuration."""

from django.apps import AppConfig


class SocialConfig(AppConfig):
    """Connections to networks, posts and their publishing, numbers; promotion of events."""

    name = "social"

    def ready(self) -> None:
        """Importing the module registers its checks."""
        from social import checks  # noqa: F401, PLC0415
