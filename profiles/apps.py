"""App configuration."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """Who the customers are and what they did."""

    name = "profiles"

    def ready(self) -> None:
        """Declare the consumers of the domain log."""
        from profiles import outbound  # noqa: PLC0415 - models are not loaded before
        from profiles.scoring import following  # noqa: PLC0415 - as above

        outbound.register()
        following.register()
