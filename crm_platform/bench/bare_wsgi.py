"""Entry point for the web server: `crm_platform.bench.bare` as an application."""

import django

from crm_platform.bench.bare import make_application

application = make_application()
django.setup(set_prefix=False)
