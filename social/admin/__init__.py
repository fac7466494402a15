"""The back office of social publishing and promotion."""

from social.admin import (  # noqa: F401 - each declares its pages
    accounts_page,
    composer_page,
    library_page,
    post_page,
    posts_page,
    promotion_pages,
    queue_page,
    reports_page,
    settings_page,
)
