"""What every request gets: an id; and what the back office's requests get: a tenant."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from tenants.actors import acting_as, actor_of_user
from tenants.models import Role, Tenant, User
from tenants.request_id import HEADER, open_request_id, request_id_from
from tenants.roles import role_of, tenants_of
from tenants.scope import tenant_scope
from tenants.streaming import chunks_in_scope

GetResponse = Callable[[HttpRequest], HttpResponseBase]

ADMIN_PATH = "/admin"
SESSION_TENANT = "crm_tenant_id"


class StaffRequest(HttpRequest):
    """A request below /admin, as `AdminTenantMiddleware` leaves it; for annotations."""

    user: User | AnonymousUser
    request_id: str
    tenant: Tenant | None
    role: Role | None


class RequestIdMiddleware:
    """Takes the caller's `X-Request-Id` when sane, else makes one; puts it on request, log and answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the id."""
        request_id = request_id_from(request.META.get("HTTP_X_REQUEST_ID"))
        request.request_id = request_id  # type: ignore[attr-defined]
        with open_request_id(request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


class AdminTenantMiddleware:
    """Opens the scope of the tenant that a member of staff works in, around each request below /admin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside the scope; without one where nobody is logged in or no tenant is theirs."""
        path = request.path_info
        if path != ADMIN_PATH and not path.startswith(f"{ADMIN_PATH}/"):
            return self.get_response(request)
        staff = cast(StaffRequest, request)
        staff.tenant, staff.role = None, None
        if staff.user.is_authenticated:
            staff.tenant = chosen_tenant(staff)
        if staff.tenant is None:
            return self.get_response(request)
        staff.role = role_of(staff.user, staff.tenant)
        with (
            tenant_scope(staff.tenant.pk),
            acting_as(actor_of_user(cast(User, staff.user))),
            timezone.override(staff.tenant.zone),
        ):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            chunks = cast("list[bytes]", response.streaming_content)
            response.streaming_content = chunks_in_scope(chunks, staff.tenant.pk)
        return response


def chosen_tenant(request: StaffRequest) -> Tenant | None:
    """The session's tenant if the user may still enter it, else their first; None when they have none."""
    tenants = tenants_of(request.user)
    chosen = request.session.get(SESSION_TENANT)
    if chosen is not None:
        tenant = tenants.filter(pk=UUID(chosen)).first()
        if tenant is not None:
            return tenant
    return tenants.first()
