"""The back office of the ground floor: the site itself, clubs, colleagues, keys."""

from tenants.admin import api_keys, clubs, colleagues, users

__all__ = ["api_keys", "clubs", "colleagues", "users"]
