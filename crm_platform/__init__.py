"""The roof: settings, wiring, embedded servers. It owns no business rule."""

from crm_platform.celery import app as celery_app

__all__ = ["celery_app"]
