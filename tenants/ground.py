"""What the ground floor brings: clubs, colleagues, keys, the log of actions."""

from typing import Final

from tenants.extension import Extension, NavEntry, Periodic, Setting
from tenants.tables import PERIODS, TABLES

SETTINGS: Final = "Settings"

EXTENSION: Final = Extension(
    tables=TABLES,
    periods=PERIODS,
    nav=(
        NavEntry("Club", "golf_course", "tenants_tenant_changelist", "ADMINISTER", SETTINGS, 900),
        NavEntry("Colleagues", "badge", "tenants_membership_changelist", "ADMINISTER", SETTINGS, 910),
        NavEntry("Users", "person", "tenants_user_changelist", "ADMINISTER", SETTINGS, 920),
        NavEntry("API keys", "key", "tenants_apikey_changelist", "ADMINISTER", SETTINGS, 930),
        NavEntry("Action log", "history", "tenants_loggedaction_changelist", "ADMINISTER", SETTINGS, 990),
    ),
    styles=("crm/frame.css", "crm/parts.css"),
    scripts=("crm/frame.js", "crm/live.js"),
    schedule=(
        Periodic(
            "tenants.prune_idempotency_records", seconds=3600, expires=3000, name="prune-idempotency-records"
        ),
    ),
    settings=(
        Setting(
            "CRM_CORS_ORIGINS", "names", "", "The origins whose pages may call the API from the browser."
        ),
    ),
    locks={
        "IDENTITY": 1,  # who is who in one tenant: identifiers, merges, golden rows
        "IDEMPOTENCY_KEY": 2,  # a request that may come twice, while its first answer is being made
    },
)
