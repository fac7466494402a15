"""The back office of the event floor: what came in, what failed, who lags."""

from events.admin import (
    actions_page,
    consumers_page,
    dead_letters_page,
    inbox_page,
    letter_page,
    parked_page,
    webhook_actions,
    webhooks_page,
)

__all__ = [
    "actions_page",
    "consumers_page",
    "dead_letters_page",
    "inbox_page",
    "letter_page",
    "parked_page",
    "webhook_actions",
    "webhooks_page",
]
