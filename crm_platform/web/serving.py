"""The application that granian runs; importing it ends a process that cannot serve (no tables, no server)."""

from crm_platform.wsgi import application as django  # isort: skip - it makes the apps ready

from crm_platform.web.door import Door

application = Door(django)
