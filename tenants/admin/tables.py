"""Every table of this floor that the back office shows; importing this registers them."""

from tenants.admin import action_log, api_keys, clubs, colleagues, invitations, second_factor_page, users

__all__ = ["action_log", "api_keys", "clubs", "colleagues", "invitations", "second_factor_page", "users"]
