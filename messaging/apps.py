"""App configuration."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """The door to the Messaging service: send ledger, gateway, consent mirror, segment sync, sandbox."""

    name = "messaging"
