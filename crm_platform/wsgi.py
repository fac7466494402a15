"""WSGI entry point, served by granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_platform.settings")

application = get_wsgi_application()

from crm_platform.checks import exit_unless_startable  # noqa: E402 - the app registry must be ready

exit_unless_startable()
