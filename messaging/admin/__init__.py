"""The back office of sending."""

from messaging.admin import policy_page, troubles_page, write_page  # noqa: F401 - each declares its pages
