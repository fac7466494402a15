"""The back office of the profile floor: dashboard, search, customers."""

from profiles.admin import customer_page, customers, dashboard, searching, timeline_pages

__all__ = ["customer_page", "customers", "dashboard", "searching", "timeline_pages"]
