"""`viewer`: who is calling, and about which clubs, in GraphQL."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from tenants.callers import CallerKind
from tenants.models import Role
from tenants.viewer import tenants_of_caller, viewer_fields


def _by_api_name(name: str, default: Any, root: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    return root[info.field_name]


MembershipRole = graphene.Enum(
    "MembershipRole",
    [(role, role) for role in Role.values],
    description=lambda _: "A person's role in a tenant.",
)


Kind = graphene.Enum(
    "CallerKind",
    [(kind.name, kind.name) for kind in CallerKind],
    description=lambda _: "A person with a token, or a service with a key.",
)


class ViewerTenant(graphene.ObjectType):
    """A tenant that the caller may name."""

    class Meta:
        name = "Tenant"
        default_resolver = _by_api_name

    id = graphene.ID(required=True)
    slug = graphene.String(required=True)
    aliases = graphene.List(graphene.NonNull(graphene.String), required=True)
    name = graphene.String(required=True)
    time_zone = graphene.String(required=True)
    country = graphene.String(required=True)
    currency = graphene.String(required=True)
    locale = graphene.String(required=True)
    membership_tiers = graphene.List(graphene.NonNull(graphene.String), required=True)
    role = graphene.Field(MembershipRole)
    is_sandbox = graphene.Boolean(required=True, description="Nothing it sends reaches anybody.")


class Viewer(graphene.ObjectType):
    """The caller."""

    class Meta:
        default_resolver = _by_api_name

    kind = graphene.Field(Kind, required=True)
    subject = graphene.String(required=True)
    name = graphene.String(required=True)
    email = graphene.String()
    scopes = graphene.List(graphene.NonNull(graphene.String), required=True)
    sources = graphene.List(graphene.NonNull(graphene.String), required=True)
    is_sandbox = graphene.Boolean(required=True, description="Whether all its tenants are sandboxes.")
    tenants = graphene.List(graphene.NonNull(ViewerTenant), required=True)

    def resolve_tenants(root: Any, info: GraphQLResolveInfo) -> Any:  # noqa: N805 - graphene passes the value
        """Read only when asked for."""
        return tenants_of_caller(info.context.caller)


def _viewer(root: object, info: GraphQLResolveInfo) -> Any:
    return viewer_fields(info.context.caller)


class ViewerQueries(graphene.ObjectType):
    """Root fields about the caller."""

    viewer = graphene.Field(Viewer, required=True, resolver=_viewer, description="Who is calling.")
