"""Tables of the ground floor."""

from tenants.models.api_key import ApiKey, Scope
from tenants.models.base import TenantChildModel, TenantManager, TenantModel, TenantQuerySet
from tenants.models.idempotency import IdempotencyRecord
from tenants.models.invitation import Invitation
from tenants.models.logged_action import LoggedAction
from tenants.models.tenant import Tenant, TenantName
from tenants.models.user import Membership, Role, User

__all__ = [
    "ApiKey",
    "IdempotencyRecord",
    "Invitation",
    "LoggedAction",
    "Membership",
    "Role",
    "Scope",
    "Tenant",
    "TenantChildModel",
    "TenantManager",
    "TenantModel",
    "TenantName",
    "TenantQuerySet",
    "User",
]
