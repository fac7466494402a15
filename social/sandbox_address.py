"""Where the stand-in of the networks stands."""

import os

from django.conf import settings

ABOVE = 99


def sandbox_url() -> str:
    """The setting, or a port of this machine beside that of the web server."""
    given = str(settings.CRM_SOCIAL_SANDBOX_URL).rstrip("/")
    return given or f"http://127.0.0.1:{int(os.environ.get('PORT') or 8000) + ABOVE}"
