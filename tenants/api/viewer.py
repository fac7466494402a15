"""Who is calling, and about which clubs, over REST."""

from typing import Any, Final

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from tenants.api.listing import FIELDS, small_list
from tenants.api.pagination import SkipTakePagination, page_answer, read_window
from tenants.api.views import ApiRequest, TenantApiView
from tenants.callers import Caller, CallerKind
from tenants.models import Role, Scope
from tenants.sources import SOURCES
from tenants.viewer import tenants_of_caller, viewer_fields

TAGS: Final = ["access"]
VIEWER: Final = inline_serializer(
    "Viewer",
    {
        "kind": serializers.ChoiceField(
            choices=[kind.name for kind in CallerKind],
            help_text="A person with a token, or a service with a key.",
        ),
        "subject": serializers.CharField(help_text="Stable; limits and idempotency keys hang on it."),
        "name": serializers.CharField(),
        "email": serializers.CharField(allow_null=True),
        "scopes": serializers.ListField(child=serializers.ChoiceField(choices=Scope.values)),
        "sources": serializers.ListField(
            child=serializers.ChoiceField(choices=SOURCES),
            help_text="For which services the caller may publish events, if it has the scope.",
        ),
        "requestsPerMinute": serializers.DictField(
            child=serializers.IntegerField(), help_text="The limits by class of request."
        ),
        "isSandbox": serializers.BooleanField(help_text="Whether all clubs of the caller are sandboxes."),
    },
)
TENANTS: Final = inline_serializer(
    "Tenant",
    {
        "id": serializers.UUIDField(),
        "slug": serializers.CharField(),
        "aliases": serializers.ListField(child=serializers.CharField()),
        "name": serializers.CharField(),
        "timeZone": serializers.CharField(help_text="IANA, as in Africa/Johannesburg."),
        "country": serializers.CharField(help_text="ISO 3166, as in ZA."),
        "currency": serializers.CharField(help_text="ISO 4217, as in ZAR; amounts in it are cents."),
        "locale": serializers.CharField(help_text="How dates and money are written, as in en_ZA."),
        "membershipTiers": serializers.ListField(
            child=serializers.CharField(), help_text="The highest first."
        ),
        "role": serializers.ChoiceField(
            choices=Role.values, allow_null=True, help_text="The person's role there; null for a service."
        ),
        "isSandbox": serializers.BooleanField(help_text="For trying out: nothing it sends reaches anybody."),
    },
    many=True,
)


class _ForWhomeverIsKnown(TenantApiView):
    """Answers about the caller alone: good credentials are enough."""

    required_scopes = {"GET": Scope.READ}
    needs_no_scope = True
    is_about_one_tenant = False

    def check_scope(self, caller: Caller, method: str) -> None:
        """Whoever is known may know what they may do."""

    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Answered by the subclasses."""
        raise NotImplementedError


class MeView(_ForWhomeverIsKnown):
    """The caller."""

    @extend_schema(operation_id="getMe", tags=TAGS, summary="See who you are", responses=VIEWER)
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Kind, name, scopes and limits of the caller; its tenants are at `/tenants`."""
        return Response(viewer_fields(request.caller))


class TenantsView(_ForWhomeverIsKnown):
    """The caller's clubs."""

    pagination_class = SkipTakePagination

    @extend_schema(
        operation_id="listTenants",
        tags=TAGS,
        summary="List your tenants",
        parameters=[FIELDS],
        responses={200: TENANTS},
    )
    def get(self, request: ApiRequest) -> HttpResponseBase:
        """By name: those that `tenantId` may name, each with its clock, money, tiers and your role."""
        window = read_window(request._request.GET)
        rows: list[dict[str, Any]] = tenants_of_caller(request.caller)
        page = rows[window.skip : window.skip + window.take]
        return Response(page_answer(small_list(self, request, page), total=len(rows), window=window))
