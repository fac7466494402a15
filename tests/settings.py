"""The product's settings over servers of the test run, which must run before the settings are read."""

from tests import servers

servers.provide()

from crm_platform.settings import *  # noqa: E402, F403

# The product's hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Each test client loads the middleware anew, and WhiteNoise would look at every static file each time.
WHITENOISE_AUTOREFRESH = True
