"""Secrets of WEBHOOK steps over REST: stored, exchanged, dropped; told once, when they are made."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys.api import schema
from journeys.api.views import optional_body
from journeys.models import JourneySecret
from journeys.secret_store import drop_secret, keep_secret
from profiles.api.customers import json_answer
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import InvalidError
from tenants.models import Scope


def secret_json(row: JourneySecret) -> dict[str, Any]:
    """Without the secret itself."""
    return {"name": row.name, "createdAt": row.created_at, "createdBy": row.created_by_name}


class SecretsView(TenantApiView):
    """All secrets, by name."""

    required_scopes = {"GET": Scope.CAMPAIGNS}

    @extend_schema(
        operation_id="listJourneySecrets", tags=["journeys"], summary="Names of the secrets that webhooks sign with",
        responses=schema.SECRETS,
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Names only."""
        return json_answer({"data": [secret_json(row) for row in JourneySecret.objects.order_by("name")]})


class SecretView(TenantApiView):
    """One secret."""

    required_scopes = {"PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="keepJourneySecret", tags=["journeys"], summary="Store a secret under a name",
        parameters=[schema.SECRET_NAME], request=schema.SECRET_KEEP, responses=schema.SECRET_KEPT,
    )  # fmt: skip
    def put(self, request: ApiRequest, name: str) -> HttpResponseBase:
        """In place of the one before; without one a random one is made. The answer tells it, this once."""
        body = optional_body(request)
        secret = body.get("secret")
        if secret is not None and not isinstance(secret, str):
            raise InvalidError("Write a text.", field="secret")
        row, plain = keep_secret(name, secret or "")
        return json_answer(secret_json(row) | {"secret": plain})

    @extend_schema(
        operation_id="dropJourneySecret", tags=["journeys"], summary="Forget a secret",
        parameters=[schema.SECRET_NAME], responses={204: None},
    )  # fmt: skip
    def delete(self, request: ApiRequest, name: str) -> HttpResponseBase:
        """Refused while a live journey signs with it."""
        drop_secret(name)
        return Response(status=204)
