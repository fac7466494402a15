"""A small API of the tests' own: its things are the rows of the ground floor's tenant table."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.api import errors
from tenants.api.cursors import decode_cursor, encode_cursor
from tenants.api.pagination import CursorPagination, SkipTakePagination, page_answer, read_window, take_page
from tenants.api.views import ApiRequest, TenantApiView
from tenants.errors import (
    ConflictError,
    DomainError,
    InvalidError,
    NotFoundError,
    UnavailableError,
    UnprocessableError,
)
from tenants.models import IdempotencyRecord, Scope
from tenants.scope import ScopeError, current_tenant_id
from tests.tenants.records import unsaved_record


class ThingSerializer(serializers.Serializer[Any]):
    """A thing as callers see it."""

    name = serializers.CharField(max_length=50)
    tags = serializers.ListField(child=serializers.CharField(max_length=5), required=False)


class ThingsView(TenantApiView):
    """List and make things."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = SkipTakePagination

    @extend_schema(responses=ThingSerializer(many=True))
    def get(self, request: ApiRequest) -> Response:
        """Things by name."""
        window = read_window(request.query_params)
        rows, total = take_page(things(), window)
        return Response(page_answer([{"name": row.key} for row in rows], total=total, window=window))

    @extend_schema(request=ThingSerializer, responses={201: ThingSerializer})
    def post(self, request: ApiRequest) -> Response:
        """Make a thing."""
        given = ThingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        row = unsaved_record(request.tenant, key=given.validated_data["name"], path="thing")
        with transaction.atomic():
            row.save()
        return Response({"id": row.pk, "name": row.key, "caller": request.caller.name}, status=201)


class ThingView(TenantApiView):
    """One thing."""

    required_scopes = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    @extend_schema(responses=ThingSerializer)
    def get(self, request: ApiRequest, name: str) -> Response:
        """The thing, with what the database shows past the Python wall."""
        row = things().filter(key=name).first()
        if row is None:
            raise NotFoundError("There is no such thing.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenants_idempotencyrecord WHERE path = 'thing'")
            visible = cursor.fetchone()[0]
        return Response({"name": row.key, "tenantId": current_tenant_id(), "visible": visible, "at": NOON})

    @extend_schema(responses={204: None})
    def delete(self, request: ApiRequest, name: str) -> Response:
        """Remove it."""
        things().filter(key=name).delete()
        return Response(status=204)


class ExportView(TenantApiView):
    """All things as lines, made while they are sent."""

    required_scopes = {"GET": Scope.READ}

    def get(self, request: ApiRequest) -> HttpResponseBase:
        """Stream."""
        return StreamingHttpResponse(self._lines(), content_type="text/plain")

    def _lines(self) -> Iterator[bytes]:
        for key in things().values_list("key", flat=True).iterator(chunk_size=1):
            yield f"{current_tenant_id()} {key}\n".encode()


class CursorView(TenantApiView):
    """Echoes a cursor."""

    required_scopes = {"GET": Scope.READ}
    pagination_class = CursorPagination

    def get(self, request: ApiRequest) -> Response:
        """Decode what comes, or hand out a first one."""
        text = request.query_params.get("cursor")
        if text is None:
            return Response({"cursor": encode_cursor(NOON, 7, UUID(int=1))})
        return Response(decode_cursor(text, (datetime, int, UUID)))


class BrokenView(TenantApiView):
    """Raises what it is asked to."""

    required_scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    def get(self, request: ApiRequest, kind: str) -> Response:
        """Raise."""
        raise BROKEN[kind]()

    def post(self, request: ApiRequest, kind: str) -> Response:
        """Write something, then raise."""
        unsaved_record(request.tenant, key=f"written before {kind}", path="thing").save()
        raise BROKEN[kind]()


NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
BROKEN: dict[str, Callable[[], Exception]] = {
    "conflict": lambda: ConflictError("It is taken.", code="TAKEN", extra={"by": "x"}),
    "domain": lambda: DomainError("No."),
    "invalid": lambda: InvalidError("Too late.", field="startsAt"),
    "column": lambda: InvalidError("Too late.", field="repeats_until"),
    "whole": lambda: UnprocessableError("Odd.", details=[{"field": "", "message": "Odd."}], code="ODD"),
    "unavailable": lambda: UnavailableError("Not now."),
    "api": lambda: errors.ApiError("A teapot.", status=418, code="TEAPOT", headers={"X-Tea": "yes"}),
    "http404": lambda: Http404("secret"),
    "denied": lambda: PermissionDenied("secret"),
    "django": lambda: DjangoValidationError({"name": ["Too short.", "Too odd."]}),
    "plain": lambda: DjangoValidationError("All wrong."),
    "database": lambda: OperationalError("connection refused"),
    "data": lambda: DataError("integer out of range"),
    "integrity": lambda: IntegrityError("null value"),
    "scope": lambda: ScopeError("secret"),
    "bug": lambda: KeyError("secret"),
}


def things() -> Any:
    """The rows that stand for things, apart from the records of idempotency itself."""
    return IdempotencyRecord.objects.filter(path="thing").order_by("key")


def forbidden(request: HttpRequest) -> HttpResponse:
    """A plain view that refuses."""
    raise PermissionDenied("secret")


def crash(request: HttpRequest) -> HttpResponse:
    """A plain view with a bug."""
    raise KeyError("secret")


urlpatterns = [
    path("api/v1/things", ThingsView.as_view()),
    path("api/v1/things/<str:name>", ThingView.as_view()),
    path("api/v1/export", ExportView.as_view()),
    path("api/v1/cursor", CursorView.as_view()),
    path("api/v1/broken/<str:kind>", BrokenView.as_view()),
    path("api/v1/forbidden", forbidden),
    path("api/v1/crash", crash),
    path("pages/forbidden", forbidden),
    path("pages/crash", crash),
]
handler400 = errors.handler400
handler403 = errors.handler403
handler404 = errors.handler404
handler500 = errors.handler500
