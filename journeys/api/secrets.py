"""Secrets of WEBHOOK steps over REST: stored, exchanged, dropped; told once, when they are made."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from journeys.api import schema
from journeys.api.views import text_of
from journeys.models import JourneySecret
from journeys.secrets import drop_secret, exchange_secret, make_secret
from profiles.api.customers import json_answer
from tenants.api.bodies import body_object
from tenants.api.listing import FIELDS, small_list
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope


def secret_json(row: JourneySecret) -> dict[str, Any]:
    """Without the secret itself."""
    return {"name": row.name, "createdAt": row.created_at, "createdBy": row.created_by_name}


def _secret_of(body: dict[str, Any]) -> str | None:
    return text_of(body, "secret") if body.get("secret") is not None else None


class SecretsView(TenantApiView):
    """All secrets, by name."""

    required_scopes = {"GET": Scope.CAMPAIGNS, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="listJourneySecrets", tags=["journeys"], summary="Names of the secrets that webhooks sign with",
        parameters=[FIELDS], responses=schema.SECRETS,
    )  # fmt: skip
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Names only."""
        rows = [secret_json(row) for row in JourneySecret.objects.order_by("name")]
        return json_answer({"data": small_list(self, request, rows)})

    @extend_schema(
        operation_id="createJourneySecret", tags=["journeys"], summary="Store a secret under a name",
        request=schema.SECRET_MAKE, responses={201: schema.SECRET_KEPT},
    )  # fmt: skip
    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Without `secret` a random one is made. The answer tells it, this once."""
        body = body_object(request)
        row, plain = make_secret(text_of(body, "name"), _secret_of(body))
        return Response(secret_json(row) | {"secret": plain}, status=201)


class SecretView(TenantApiView):
    """One secret."""

    required_scopes = {"PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="exchangeJourneySecret", tags=["journeys"], summary="Sign with another secret from now on",
        parameters=[schema.SECRET_NAME], request=schema.SECRET_KEEP, responses=schema.SECRET_KEPT,
    )  # fmt: skip
    def put(self, request: ApiRequest, name: str) -> HttpResponseBase:
        """Without `secret` a random one is made. The answer tells it, this once."""
        row, plain = exchange_secret(name, _secret_of(body_object(request)))
        return json_answer(secret_json(row) | {"secret": plain})

    @extend_schema(
        operation_id="dropJourneySecret", tags=["journeys"], summary="Forget a secret",
        parameters=[schema.SECRET_NAME], responses={204: None},
    )  # fmt: skip
    def delete(self, request: ApiRequest, name: str) -> HttpResponseBase:
        """Refused while a live journey signs with it."""
        drop_secret(name)
        return Response(status=204)
