"""The application that granian runs; importing it ends a process that cannot serve (no tables, no server)."""

from crm_platform.wsgi import application as django  # isort: skip - it makes the apps ready

from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from crm_platform.web.door import Door

# What each request would wait for and the next one does anyway, or nobody needs: a broken or old connection is closed
# before a request, and its routes are set then; the list of statements is kept for debugging only, and no cache of
# Django's has connections.
request_started.disconnect(reset_queries)
request_finished.disconnect(close_old_connections)
request_finished.disconnect(close_caches)
request_finished.disconnect(reset_urlconf)

application = Door(django)
