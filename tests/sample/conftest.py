"""These tests run where the app is installed: `tests/crm_platform/test_sample_app.py` starts them so."""

from django.conf import settings

collect_ignore_glob = [] if "tests.sample" in settings.INSTALLED_APPS else ["test_*.py"]
