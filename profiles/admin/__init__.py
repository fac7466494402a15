"""The back office of the profile floor: dashboard, search, customers."""

from profiles.admin import (
    alike_pages,
    bulk_pages,
    customer_page,
    customers,
    dashboard,
    household_pages,
    import_pages,
    merge_pages,
    note_pages,
    privacy_pages,
    retention_pages,
    review_pages,
    scoring_pages,
    searching,
    tag_pages,
    timeline_pages,
)

__all__ = [
    "alike_pages",
    "bulk_pages",
    "customer_page",
    "customers",
    "dashboard",
    "household_pages",
    "import_pages",
    "merge_pages",
    "note_pages",
    "privacy_pages",
    "retention_pages",
    "review_pages",
    "scoring_pages",
    "searching",
    "tag_pages",
    "timeline_pages",
]
