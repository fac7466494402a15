"""What a caller must hold to use a view."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.callers import Caller
from tenants.models import Scope


def required_scope(view: Any, method: str) -> Scope | None:
    """The scope that the view asks for this method; HEAD asks what GET asks, None: none is declared."""
    scopes: dict[str, Scope] = getattr(view, "required_scopes", {})
    return scopes.get("GET" if method == "HEAD" else method)


class HasScope(BasePermission):
    """Views declare `required_scopes = {"GET": Scope.READ, …}`; a method without one is closed to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises ForbiddenError (MISSING_SCOPE) instead of a bare False where the caller is known."""
        if not isinstance(request.auth, Caller):
            return False
        scope = required_scope(view, request.method or "")
        if scope is None:
            return False
        request.auth.check_scope(scope)
        return True
