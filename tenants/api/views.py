"""The base of every REST view about a tenant's data.

Leaner than DRF's own dispatch, because reading one customer must cost little more than the query: there is
one way in and out (JSON), one way to prove oneself, and one place that opens the tenant's scope.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import nullcontext
from types import MappingProxyType
from typing import Any, ClassVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.actors import acting_as, actor_of_caller
from tenants.api.bodies import body_shape, check_body
from tenants.api.errors import ApiError, InvalidParameterError, exception_handler
from tenants.api.idempotency import META_NAME as IDEMPOTENCY_KEY
from tenants.api.idempotency import answer_once, answer_once_outside
from tenants.api.parameters import MAY_BE_EMPTY, check_parameters, known_parameters
from tenants.api.permissions import required_scope
from tenants.api.rendering import OrjsonRenderer, prepare_body
from tenants.api.tenancy import tenant_for
from tenants.api.throttling import READ, WRITE, charge, limit_headers
from tenants.callers import Caller, require_caller
from tenants.errors import NotFoundError
from tenants.models import Scope, Tenant
from tenants.scope import tenant_scope
from tenants.streaming import chunks_in_scope

SAFE_METHODS = frozenset({"GET", "HEAD"})
HANDLER_NAMES = ("get", "post", "put", "patch", "delete")
RENDERER = OrjsonRenderer()
NEGOTIATOR = DefaultContentNegotiation()

Handler = Callable[..., HttpResponseBase]


class ApiRequest(Request):
    """DRF's request plus who calls and about which tenant; both are set before a handler runs."""

    caller: Caller
    tenant: Tenant
    # What is left of the caller's minute, once it is known.
    limit_headers: Mapping[str, str] = MappingProxyType({})

    def charge(self, rate_class: str, cost: int = 1) -> None:
        """Count work against the caller's minute, and tell what is left of it; raises RateLimitedError."""
        try:
            charge(self.caller, rate_class, cost)
        finally:
            self.limit_headers = limit_headers(self.caller, rate_class)


class TenantApiView(APIView):
    """Subclasses declare `required_scopes` for each method they handle and return a DRF `Response`.

    A handler runs inside `tenant_scope`; whatever it raises becomes the error envelope. A
    `StreamingHttpResponse` keeps the scope for each of its chunks. Unsafe methods honour `Idempotency-Key`:
    they then run in one transaction with the record of their answer.
    """

    required_scopes: ClassVar[Mapping[str, Scope]] = {}
    # False where the body itself names tenants: the handler then opens the scopes, and there is no
    # `request.tenant`.
    is_about_one_tenant: ClassVar[bool] = True
    # True where a handler waits for a foreign server, which no transaction may: a repeated request is then answered by
    # the record, too, but two at the same time are not told apart.
    waits_for_others: ClassVar[bool] = False
    # Parameters of the query that may stand there without a value.
    may_be_empty: ClassVar[Collection[str]] = MAY_BE_EMPTY
    # What a body may have, packed and unpacked; None: `DATA_UPLOAD_MAX_MEMORY_SIZE`.
    largest_body_bytes: ClassVar[int | None] = None
    request: ApiRequest

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A handler without a scope would be closed to everybody: say so when the module is imported."""
        super().__init_subclass__(**kwargs)
        for name in HANDLER_NAMES:
            if hasattr(cls, name) and name.upper() not in cls.required_scopes:
                raise ImproperlyConfigured(f"{cls.__name__}.required_scopes lacks {name.upper()}.")

    def rate_class(self, method: str) -> str | None:
        """Which limit a request counts against; None where the handler calls `charge` itself."""
        return READ if method in SAFE_METHODS else WRITE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Admit the request, open the scope, run the handler, render."""
        self.args, self.kwargs = args, kwargs
        context = {"view": self, "args": args, "kwargs": kwargs}
        self.request = ApiRequest(request, self.get_parsers(), (), NEGOTIATOR, context)
        if request.method == "OPTIONS":
            # Which methods there are: nothing that the API description does not say.
            return HttpResponse(status=204, headers={"Allow": self._allow()})
        try:
            handler = self._handler(request)
            self._admit(self.request, request)
        except Exception as error:
            return self._finish(self.handle_exception(error))
        scope = tenant_scope(self.request.tenant.pk) if self.is_about_one_tenant else nullcontext()
        with scope, acting_as(actor_of_caller(self.request.caller)):
            try:
                return self._answer(handler)
            except Exception as error:
                return self._finish(self.handle_exception(error))

    def handle_exception(self, exc: Exception) -> Response:
        """The error envelope, for whatever was raised."""
        return exception_handler(exc, {"request": self.request, "view": self})

    def _handler(self, request: HttpRequest) -> Handler:
        name = (request.method or "").lower()
        handler = getattr(self, name, None) if name in self.http_method_names else None
        if handler is None:
            raise ApiError(
                f"{request.method} is not possible here.",
                code="METHOD_NOT_ALLOWED",
                status=405,
                headers={"Allow": self._allow()},
            )
        return cast(Handler, handler)

    def _allow(self) -> str:
        return ", ".join(self.allowed_methods)

    def _admit(self, request: ApiRequest, plain: HttpRequest) -> None:
        """Find the caller and the tenant and charge for the request; raises what refuses it."""
        method = plain.method or ""
        caller = self.find_caller(plain)
        request.caller = request.auth = caller
        if caller.user is not None:
            request.user = caller.user
        rate_class = self.rate_class(method)
        if rate_class is not None:
            request.charge(rate_class)
        self.check_scope(caller, method)
        if self.is_about_one_tenant:
            request.tenant = tenant_for(plain, caller)
        check_no_nulls(plain)
        if plain.META.get("QUERY_STRING"):
            known = known_parameters(cast(Hashable, type(self)), method)
            check_parameters(plain, known, self.may_be_empty)
        if method not in SAFE_METHODS:
            prepare_body(plain, self.largest_body_bytes)

    def find_caller(self, plain: HttpRequest) -> Caller:
        """Who calls; raises UnauthenticatedError."""
        return require_caller(plain)

    def check_scope(self, caller: Caller, method: str) -> None:
        """Raise ForbiddenError (MISSING_SCOPE) unless the caller may use this method."""
        scope = required_scope(self, method)
        if scope is not None:
            caller.check_scope(scope)

    def _answer(self, handler: Handler) -> HttpResponseBase:
        plain = self.request._request

        def respond() -> HttpResponseBase:
            if plain.method not in SAFE_METHODS:
                check_body(self.request, body_shape(cast(Hashable, type(self)), plain.method or ""))
            return self._finish(handler(self.request, *self.args, **self.kwargs))

        if plain.method in SAFE_METHODS or IDEMPOTENCY_KEY not in plain.META or not self.is_about_one_tenant:
            return respond()
        once = answer_once_outside if self.waits_for_others else answer_once
        return once(plain, self.request.caller, respond)

    def _finish(self, response: HttpResponseBase) -> HttpResponseBase:
        """Render now, while the scope is open."""
        if isinstance(response, Response):
            response.accepted_renderer = RENDERER
            response.accepted_media_type = RENDERER.media_type
            response.renderer_context = {}  # type: ignore[attr-defined]
            response.render()
        elif isinstance(response, StreamingHttpResponse) and self.is_about_one_tenant:
            # Typed as text or bytes, synchronous or not; under WSGI it is an iterable of bytes.
            chunks = cast(Any, response.streaming_content)
            response.streaming_content = chunks_in_scope(chunks, self.request.tenant.pk)
        for name, value in self.request.limit_headers.items():
            response.headers.setdefault(name, value)
        # Personal data: no proxy or browser may keep it.
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def check_no_nulls(request: HttpRequest) -> None:
    """Refuse null bytes in path or query, which PostgreSQL cannot compare text with."""
    if "\x00" in request.path_info:
        raise NotFoundError("There is nothing here.")
    if "%00" in request.META.get("QUERY_STRING", ""):
        for name, values in request.GET.lists():
            if any("\x00" in value for value in (name, *values)):
                raise InvalidParameterError(name.replace("\x00", ""), "A null byte is no text.")
