"""Every table of this floor that the back office shows; importing this registers them."""

from tenants.admin import api_keys, clubs, colleagues, users

__all__ = ["api_keys", "clubs", "colleagues", "users"]
