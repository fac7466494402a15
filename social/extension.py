"""What this app brings to the house."""

from typing import Final

from tenants.extension import Extension, Setting

EXTENSION: Final = Extension(
    programs=("social_sandbox",),
    settings=(
        Setting(
            "CRM_SOCIAL_SANDBOX_URL",
            "text",
            "",
            "Where the stand-in of the social networks stands; empty: this machine, 99 ports above PORT.",
        ),
    ),
)
