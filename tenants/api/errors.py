"""One envelope for everything that goes wrong: `{"error": {"code", "message", "requestId", "details"?}}`."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import psycopg.errors
from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views import defaults
from rest_framework import exceptions as drf_errors
from rest_framework.response import Response

from tenants.api.json_text import to_json
from tenants.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
    UnprocessableError,
)
from tenants.request_id import current_request_id, request_id_from

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5
# Of a field with which something is wrong for which there is no code of its own.
INVALID = "INVALID"
CHALLENGE = 'Bearer realm="crm"'
INTERNAL_MESSAGE = "Something went wrong on our side. Tell us the request id and we will find it."
API_PATHS = ("/api/", "/graphql")


@dataclass(frozen=True, slots=True)
class Problem:
    """What the caller is told: HTTP status, code for programs, message for people, particulars."""

    status: int
    code: str
    message: str
    details: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A refusal that only makes sense over HTTP; the domain raises `tenants.errors.DomainError` instead."""

    status = 400
    code = "BAD_REQUEST"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        extra: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.extra = extra
        self.headers = dict(headers or {})


class InvalidParameterError(ApiError):
    """A query parameter, header or part of the path cannot be used; names it in the details."""

    code = "INVALID_PARAMETER"

    def __init__(self, parameter: str, message: str, *, code: str | None = None) -> None:
        super().__init__(message, code=code, extra=[{"field": parameter, "message": message}])


class PayloadTooLargeError(ApiError):
    """The body is larger than this route takes."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"


DOMAIN_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotFoundError, 404),
    (InvalidError, 422),
    (UnprocessableError, 422),
    (ForbiddenError, 403),
    (UnauthenticatedError, 401),
    (UnavailableError, 503),
    (ConflictError, 409),
    (DomainError, 409),
)

DRF_CODES: dict[type[drf_errors.APIException], str] = {
    drf_errors.ValidationError: "VALIDATION_ERROR",
    drf_errors.ParseError: "INVALID_JSON",
    drf_errors.AuthenticationFailed: "INVALID_CREDENTIALS",
    drf_errors.NotAuthenticated: "AUTHENTICATION_REQUIRED",
    drf_errors.PermissionDenied: "FORBIDDEN",
    drf_errors.NotFound: "RESOURCE_NOT_FOUND",
    drf_errors.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    drf_errors.NotAcceptable: "NOT_ACCEPTABLE",
    drf_errors.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
}

NOT_FOUND = Problem(404, "RESOURCE_NOT_FOUND", "There is nothing here.")
BAD_REQUEST = Problem(400, "BAD_REQUEST", "The request cannot be understood.")
INTERNAL = Problem(500, "INTERNAL_ERROR", INTERNAL_MESSAGE)


def problem_of(error: Exception) -> Problem | None:
    """How an exception is told to the caller; None for one that nobody expected. Used by REST and GraphQL."""
    for kind, read in READERS:
        if isinstance(error, kind):
            return read(error)
    return None


def _of_api_error(error: ApiError) -> Problem:
    return Problem(error.status, error.code, error.message, error.extra, error.headers)


def _of_domain_error(error: DomainError) -> Problem:
    status = next(status for kind, status in DOMAIN_STATUS if isinstance(error, kind))
    # One for each thing that is wrong, where the refusal names several.
    details: Any = getattr(error, "details", None) or error.extra or None
    if isinstance(error, InvalidError):
        details = [{"field": _as_sent(error.field), "message": error.message}]
    headers = {401: {"WWW-Authenticate": CHALLENGE}, 503: {"Retry-After": str(RETRY_SECONDS)}}
    return Problem(status, error.code, error.message, details, headers.get(status, {}))


def _as_sent(field: str | None) -> str | None:
    """A field under the name that callers send: `repeats_until` of a column is `repeatsUntil`."""
    if field is None or not field.isidentifier():
        return field
    first, *others = field.split("_")
    return first + "".join(part.title() for part in others)


def _of_drf_error(error: drf_errors.APIException) -> Problem:
    code = DRF_CODES.get(type(error), str(error.default_code).upper())
    if isinstance(error, drf_errors.ValidationError):
        return _invalid(list(flat_details(error.detail)))
    headers = {"WWW-Authenticate": CHALLENGE} if error.status_code == HTTPStatus.UNAUTHORIZED else {}
    return Problem(error.status_code, code, str(error.detail), headers=headers)


def _of_django_validation(error: django_errors.ValidationError) -> Problem:
    if hasattr(error, "error_dict"):
        return _invalid(list(flat_details(error.message_dict)))
    return _invalid(list(flat_details(error.messages)))


def _invalid(details: list[dict[str, Any]]) -> Problem:
    first = details[0] if details else {"field": None, "message": "The input cannot be used."}
    message = f"{first['field']}: {first['message']}" if first["field"] else str(first["message"])
    return Problem(422, "VALIDATION_ERROR", message, details)


def flat_details(detail: Any, path: str = "") -> list[dict[str, Any]]:
    """Nested validation messages as a flat list of field (dotted path, None for the whole), code and message."""
    if isinstance(detail, Mapping):
        return [
            flat for name, inner in detail.items() for flat in flat_details(inner, _join(path, str(name)))
        ]
    if isinstance(detail, list | tuple):
        return [
            flat
            for index, inner in enumerate(detail)
            for flat in flat_details(inner, path if isinstance(inner, str) else _join(path, str(index)))
        ]
    code = str(getattr(detail, "code", None) or INVALID).upper()
    return [{"field": path or None, "code": code, "message": str(detail)}]


def _join(path: str, name: str) -> str:
    if name in {"non_field_errors", django_errors.NON_FIELD_ERRORS}:
        return path
    return f"{path}.{name}" if path else name


def _of_database_away(error: Exception) -> Problem:
    logger.error("database not available: %s", error)
    return Problem(
        503,
        "SERVICE_UNAVAILABLE",
        "The database is not available right now; try again in a few seconds.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def _of_data_error(error: DataError) -> Problem:
    logger.warning("the database refused a value: %s", error)
    return Problem(422, "VALIDATION_ERROR", "A value is out of the range that can be stored.")


def _of_overflow(error: OverflowError) -> Problem:
    # As a moment of the year 1 that cannot be told in UTC, wherever it is first reckoned with.
    logger.warning("a value is out of range", exc_info=error)
    return Problem(422, "VALIDATION_ERROR", "A value is out of the range that can be used.")


def _of_integrity_error(error: IntegrityError) -> Problem | None:
    # Anything but a collision with another row is a bug of ours.
    if isinstance(error.__cause__, psycopg.errors.UniqueViolation):
        return Problem(409, "CONFLICT", "This collides with something that exists already.")
    return None


def _always(problem: Problem) -> Callable[[Any], Problem]:
    return lambda _: problem


DATABASE_AWAY = (OperationalError, InterfaceError)
READERS: tuple[tuple[type[Exception], Callable[[Any], Problem | None]], ...] = (
    (ApiError, _of_api_error),
    (DomainError, _of_domain_error),
    (drf_errors.APIException, _of_drf_error),
    (Http404, _always(NOT_FOUND)),
    (django_errors.PermissionDenied, _always(Problem(403, "FORBIDDEN", "You may not do this."))),
    (django_errors.ValidationError, _of_django_validation),
    (
        django_errors.RequestDataTooBig,
        _always(Problem(413, "PAYLOAD_TOO_LARGE", "The body of the request is too large.")),
    ),
    (UnreadablePostError, _always(Problem(400, "BAD_REQUEST", "The body of the request broke off."))),
    (
        django_errors.SuspiciousOperation,
        _always(BAD_REQUEST),
    ),
    *((kind, _of_database_away) for kind in DATABASE_AWAY),
    (DataError, _of_data_error),
    (OverflowError, _of_overflow),
    (IntegrityError, _of_integrity_error),
)


def envelope(problem: Problem, request_id: str) -> dict[str, Any]:
    """The body of an answer that reports a problem."""
    error: dict[str, Any] = {"code": problem.code, "message": problem.message, "requestId": request_id}
    if details := told_details(problem):
        error["details"] = details
    return {"error": error}


def told_details(problem: Problem) -> list[dict[str, Any]]:
    """The particulars in their one shape: `field` (None: the whole), `code`, `message`, and `params` if there are any.

    Whoever refuses may give a mapping of particulars, or a list with one for each thing that is wrong.
    """
    given = problem.details or []
    return [_told_detail(problem, each) for each in (given if isinstance(given, list) else [given])]


def _told_detail(problem: Problem, given: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "field": given.get("field") or None,
        "code": given.get("code") or _code_of_detail(problem),
        "message": given.get("message") or problem.message,
    }
    params = {name: value for name, value in given.items() if name not in told}
    return {**told, "params": params} if params else told


def _code_of_detail(problem: Problem) -> str:
    return INVALID if problem.code == InvalidError.code else problem.code


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook: every exception becomes the envelope; what nobody expected is logged and told apart."""
    problem = problem_of(error)
    if problem is None:
        problem = report_unexpected(error, getattr(context.get("request"), "_request", None))
    return Response(
        envelope(problem, current_request_id()), status=problem.status, headers=dict(problem.headers)
    )


def report_unexpected(error: Exception, request: HttpRequest | None) -> Problem:
    """Log a bug with its traceback, tell Django's listeners, and return what the caller is told."""
    logger.error(
        "unexpected error while answering a request",
        exc_info=error,
        extra={"path": request.path if request else ""},
    )
    got_request_exception.send(sender=None, request=request)
    return INTERNAL


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PATHS)


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    request_id = current_request_id() or request_id_from(request.META.get("HTTP_X_REQUEST_ID"))
    return HttpResponse(
        to_json(envelope(problem, request_id)),
        status=problem.status,
        content_type="application/json",
        headers=dict(problem.headers),
    )


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400; JSON below the API's paths."""
    if _is_api(request):
        return _answer(request, problem_of(exception) or BAD_REQUEST)
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403; JSON below the API's paths."""
    if _is_api(request):
        return _answer(request, Problem(403, "FORBIDDEN", "You may not do this."))
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404; JSON below the API's paths."""
    if _is_api(request):
        return _answer(request, NOT_FOUND)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """Django's 500; JSON below the API's paths."""
    if _is_api(request):
        return _answer(request, broken_by(sys.exception()))
    return defaults.server_error(request)


def broken_by(error: BaseException | None) -> Problem:
    """What is told of an exception that no view has caught: the database is away, or a fault of ours.

    Only this is no fault of ours, wherever it happens: middleware and pages ask the database before any view does.
    """
    return _of_database_away(error) if isinstance(error, DATABASE_AWAY) else INTERNAL
