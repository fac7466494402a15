"""App configuration."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """Who the customers are and what they did."""

    name = "profiles"
