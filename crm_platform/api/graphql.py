"""`POST /graphql`: one operation a request, under the same rules as REST."""

from dataclasses import dataclass
from typing import IO, Any, Final, cast

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from rest_framework.response import Response

from crm_platform.api.graphql_limits import MOST_TOKENS, TooExpensiveError, check_limits
from crm_platform.api.graphql_repeats import Repeatable
from crm_platform.graphql import schema
from profiles.graphql.context import Context
from tenants.api.errors import (
    ApiError,
    InvalidParameterError,
    Problem,
    problem_of,
    report_unexpected,
    told_details,
)
from tenants.api.idempotency import META_NAME as IDEMPOTENCY_KEY
from tenants.api.idempotency import answer_once
from tenants.api.json_text import from_json, to_json
from tenants.api.rendering import MEDIA_TYPE, check_length, read_body
from tenants.api.throttling import READ, WRITE
from tenants.api.views import ApiRequest, TenantApiView
from tenants.expiring_cache import ExpiringCache
from tenants.models import Scope
from tenants.request_id import current_request_id
from tenants.scope import tenant_scope

LARGEST_BODY_BYTES: Final = 256 * 1024
# Front ends send the same few documents again and again; checking one takes milliseconds.
MOST_ERRORS: Final = 5
DOCUMENT_SECONDS: Final = 600.0
_documents: ExpiringCache[str, DocumentNode] = ExpiringCache(max_entries=500)


class DocumentError(ApiError):
    """The document is no GraphQL, or does not fit the schema."""

    code = "GRAPHQL_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Question:
    """What a body asks for."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


class _Undo(Exception):
    """Rolls a mutation back whose fields did not all succeed; carries the answer out."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class GraphQLView(TenantApiView):
    """No pages, no batches, no file uploads, no GET: a JSON body with `query`, `variables`, `operationName`."""

    required_scopes = {"POST": Scope.READ}
    is_about_one_tenant = False
    largest_body_bytes = LARGEST_BODY_BYTES
    schema = None  # Described by its own introspection, not by OpenAPI.

    def rate_class(self, method: str) -> None:
        """Charged by root fields, once they are known."""

    def check_scope(self, caller: Any, method: str) -> None:
        """Each root field asks for its own scope."""

    def check_operation(self, operation: OperationDefinitionNode) -> None:
        """Raise what forbids the operation as a whole; here nothing does."""

    def post(self, request: ApiRequest) -> HttpResponseBase:
        """Run one operation."""
        question = read_question(request)
        document = checked_document(question.query)
        operation = chosen_operation(document, question.operation_name)
        self.check_operation(operation)
        weight = check_limits(document, operation, question.variables)
        is_mutation = operation.operation is OperationType.MUTATION
        request.charge(WRITE if is_mutation else READ, cost=max(1, weight.fields))
        check_variables(operation, question.variables)

        def respond() -> HttpResponse:
            return self._respond(request, document, question, is_mutation=is_mutation)

        if not is_mutation:
            return respond()
        try:
            if IDEMPOTENCY_KEY not in request._request.META:
                with transaction.atomic():
                    return respond()
            repeatable = Repeatable(schema.graphql_schema, document, operation, question.variables)
            repeatable.check_scopes(request.caller)
            with tenant_scope(repeatable.tenant(request._request, request.caller).pk):
                return answer_once(request._request, request.caller, respond)
        except _Undo as undo:
            return undo.response

    def handle_exception(self, exc: Exception) -> Response:
        """What refuses the whole request, in GraphQL's form and with REST's status."""
        problem = problem_of(exc) or report_unexpected(exc, self.request._request)
        return Response(
            {"errors": [error_fields(problem)]}, status=problem.status, headers=dict(problem.headers)
        )

    def _respond(
        self, request: ApiRequest, document: DocumentNode, question: Question, *, is_mutation: bool
    ) -> HttpResponse:
        result = execute_sync(
            schema.graphql_schema,
            document,
            context_value=Context(request._request, request.caller),
            variable_values=question.variables,
            operation_name=question.operation_name,
        )
        assert isinstance(result, ExecutionResult)  # noqa: S101 - no resolver of ours is asynchronous
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [self._told(error) for error in result.errors]
        if not (result.errors and is_mutation):
            return HttpResponse(to_json(body), content_type=MEDIA_TYPE)
        # All or nothing: what the other fields did is undone, so that they must not be shown.
        raise _Undo(HttpResponse(to_json({**body, "data": None}), content_type=MEDIA_TYPE))

    def _told(self, error: GraphQLError) -> dict[str, Any]:
        cause = error.original_error
        # The library wraps its own errors, too: a value that does not fit its type.
        if cause is None or isinstance(cause, GraphQLError):
            problem = Problem(400, "GRAPHQL_VALIDATION_FAILED", error.message)
        else:
            problem = problem_of(cause) or report_unexpected(cause, self.request._request)
        return error_fields(problem, error)


def read_question(request: ApiRequest) -> Question:
    """The body's members; raises ApiError (400, 413, 415, 422)."""
    plain = request._request
    if plain.content_type != MEDIA_TYPE:
        raise ApiError(f"Send {MEDIA_TYPE}.", code="UNSUPPORTED_MEDIA_TYPE", status=415)
    check_length(plain.META, LARGEST_BODY_BYTES)
    # `answer_once` hashes `request.body`; reading it here keeps it there.
    body = (
        from_json(plain.body)
        if IDEMPOTENCY_KEY in plain.META
        else from_json(read_body(cast(IO[bytes], plain), LARGEST_BODY_BYTES))
    )
    if not isinstance(body, dict):
        raise _unusable("body", "The body must be one JSON object; batches are not taken.")
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise _unusable("query", "`query` must hold a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise _unusable("variables", "`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise _unusable("operationName", "`operationName` must be text.")
    return Question(query, variables or {}, name or None)


def _unusable(field: str, message: str) -> ApiError:
    return ApiError(
        message, code="VALIDATION_ERROR", status=422, extra=[{"field": field, "message": message}]
    )


def checked_document(query: str) -> DocumentNode:
    """The document, parsed and fitting the schema; raises DocumentError, TooExpensiveError."""
    document = _documents.get(query)
    if document is not None:
        return document
    try:
        document = parse(query, no_location=False, max_tokens=MOST_TOKENS)
        errors = validate(schema.graphql_schema, document, max_errors=MOST_ERRORS)
    except GraphQLError as error:
        if "token" in error.message and str(MOST_TOKENS) in error.message:
            raise TooExpensiveError(error.message) from error
        raise DocumentError(error.message, code="GRAPHQL_PARSE_FAILED") from error
    except RecursionError as error:
        raise TooExpensiveError("The document is nested too deeply.") from error
    if errors:
        details = [{"field": None, "message": error.message} for error in errors]
        raise DocumentError(errors[0].message, extra=details)
    _documents.put(query, document, seconds=DOCUMENT_SECONDS)
    return document


def chosen_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is to run; raises InvalidParameterError when that is not clear."""
    operation = get_operation_ast(document, name)
    if operation is None:
        raise InvalidParameterError("operationName", "Name one of the document's operations.")
    if operation.operation is OperationType.SUBSCRIPTION:
        raise InvalidParameterError(
            "query", "There are no subscriptions; a live screen follows GET /api/v1/stream."
        )
    return operation


def check_variables(operation: OperationDefinitionNode, variables: dict[str, Any]) -> None:
    """Raise DocumentError, in the library's words, unless the values fit the types of the variables."""
    fitting = get_variable_values(
        schema.graphql_schema, operation.variable_definitions, variables, MOST_ERRORS
    )
    if not isinstance(fitting, list):
        return
    details = [{"field": _variable_of(error), "message": error.message} for error in fitting]
    raise DocumentError(fitting[0].message, extra=details)


def _variable_of(error: GraphQLError) -> str | None:
    node = error.nodes[0] if error.nodes else None
    return f"variables.{node.variable.name.value}" if isinstance(node, VariableDefinitionNode) else None


def error_fields(problem: Problem, error: GraphQLError | None = None) -> dict[str, Any]:
    """An error in GraphQL's form; `extensions` holds what REST's envelope does."""
    extensions: dict[str, Any] = {"code": problem.code, "requestId": current_request_id()}
    if details := told_details(problem):
        extensions["details"] = details
    told: dict[str, Any] = {"message": problem.message, "extensions": extensions}
    if error is not None:
        if error.locations:
            told["locations"] = [location.formatted for location in error.locations]
        if error.path:
            told["path"] = error.path
    return told
