"""Where the Messaging service stands."""

import os

from django.conf import settings

from tenants.sandboxes import is_sandbox

ABOVE = 98


def sandbox_url() -> str:
    """The stand-in's own address: a port of this machine beside that of the web server."""
    return f"http://127.0.0.1:{int(os.environ.get('PORT') or 8000) + ABOVE}"


def service_url() -> str:
    """The Messaging service, or its stand-in where none is set and for clubs that are sandboxes."""
    real = "" if is_sandbox() else str(settings.CRM_MESSAGING_URL).rstrip("/")
    return real or sandbox_url()
