"""DRF's door to `tenants.callers`, and how the API description speaks of it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from tenants.api.errors import CHALLENGE
from tenants.callers import Caller, caller_of


class CallerAuthentication(BaseAuthentication):
    """`request.auth` is the Caller, `request.user` the person behind a token where we know them."""

    def authenticate(self, request: Request) -> tuple[Any, Caller] | None:
        """The caller, or None without credentials; raises like `caller_of`."""
        caller = caller_of(request._request)
        return None if caller is None else (caller.user, caller)

    def authenticate_header(self, request: Request) -> str:
        """Sent with 401, which without it would become 403."""
        return CHALLENGE


class CallerAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Both ways to prove oneself, as alternatives."""

    target_class = "tenants.api.authentication.CallerAuthentication"
    name = ["bearerToken", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """One of them is enough."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Security schemes in the order of their names."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "Token of the identity provider (RS256), claims `tenants` and `scope`.",
            },
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-API-Key",
                "description": "Key of a calling service, made with `manage.py create_api_key`.",
            },
        ]
