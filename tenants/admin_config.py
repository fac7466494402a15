"""Makes the product's own site the one that `django.contrib.admin.site` is."""

from typing import Any

from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register
from django.utils.module_loading import autodiscover_modules


class BackOfficeConfig(SimpleAdminConfig):
    """Django's admin with the product's site.

    Its tables and pages are more than half of all that the product imports. Only who serves or checks them does so
    (`discover`); workers and commands start without them.
    """

    default_site = "tenants.admin.site.BackOfficeSite"

    def ready(self) -> None:
        """Register Django's checks of an admin."""
        register(check_dependencies, Tags.admin)
        register(check_back_office, Tags.admin)


def discover() -> None:
    """Import each app's `admin`, which registers its tables and pages, and those of the ground floor."""
    from django.contrib.admin import site  # noqa: PLC0415 - needs the models

    autodiscover_modules("admin", register_to=site)
    # Once the site exists, see `tenants.admin`.
    from tenants.admin import tables  # noqa: F401, PLC0415


def check_back_office(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What Django checks of each table in the admin."""
    discover()
    return check_admin_app(app_configs, **kwargs)
