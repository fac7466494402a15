"""The bare way to answer a request: Django without middleware, one view, one indexed query, JSON.

A WSGI application of its own, served like the product. Its settings have nothing to do with the product's.
"""

import json
from typing import Any, Final

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from crm_platform import env

CUSTOMER_NAMES: Final = (
    *("id", "email", "phone_number", "display_name", "first_name", "last_name", "lifecycle_stage"),
    *("membership_tier", "lifetime_value_cents", "last_activity_at"),
)
CUSTOMER: Final = f"SELECT {', '.join(CUSTOMER_NAMES)} FROM profiles_customerprofile WHERE id = %s"
ACTIVITY_NAMES: Final = (
    *("id", "type", "category", "channel", "source", "source_event_id", "title", "occurred_at", "metadata"),
)
ACTIVITIES: Final = f"""
SELECT {", ".join(ACTIVITY_NAMES)} FROM profiles_activity WHERE tenant_id = %s AND profile_id = %s
ORDER BY occurred_at DESC, id DESC LIMIT 50
"""


def customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    """Some columns of one profile."""
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMER, [customer_id])
        row = cursor.fetchone()
    return _sized(dict(zip(CUSTOMER_NAMES, row, strict=True)))


def activities(request: HttpRequest, tenant_id: str, customer_id: str) -> HttpResponse:
    """The newest fifty rows of one timeline."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITIES, [tenant_id, customer_id])
        rows = cursor.fetchall()
    return _sized({"data": [_activity(row) for row in rows]})


def _sized(fields: dict[str, Any]) -> HttpResponse:
    """With its length, which otherwise a middleware sets: clients get it in one piece."""
    response = JsonResponse(fields)
    response.headers["Content-Length"] = str(len(response.content))
    return response


def _activity(row: tuple[Any, ...]) -> dict[str, Any]:
    fields = dict(zip(ACTIVITY_NAMES, row, strict=True))
    fields["metadata"] = json.loads(fields["metadata"])
    return fields


urlpatterns = [
    path("customers/<str:customer_id>", customer),
    path("customers/<str:tenant_id>/<str:customer_id>/activities", activities),
]


def make_application() -> WSGIHandler:
    """Settle the settings of this process, and the application."""
    address = env.parse_database_url(env.database_url())
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": address.port,
        "CONN_MAX_AGE": 300,
        "OPTIONS": {**address.options, "options": f"-c search_path={address.schema},public"},
    }
    settings.configure(
        DATABASES={"default": database},
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=[],
        USE_TZ=True,
    )
    return WSGIHandler()
