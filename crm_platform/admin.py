"""A page of the back office on which staff try GraphQL, with what they see themselves.

Our own plain page and script: GraphiQL comes from a content network, which the pages' policy forbids, and as a package
only years old.
"""

from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from graphql import OperationDefinitionNode, OperationType, print_schema

from crm_platform.api.graphql import GraphQLView
from crm_platform.graphql import schema
from tenants.admin.pages import club_of, page, show, user_of
from tenants.callers import Caller, CallerKind
from tenants.errors import ForbiddenError
from tenants.middleware import StaffRequest
from tenants.models import Scope
from tenants.roles import Right

QUESTION: Final = """{
  customers(pagination: {take: 5}) {
    data { id displayName email engagementScore }
    meta { total }
  }
}"""


class _AskedByStaff(GraphQLView):
    """The same door with the same limits, for whoever is logged in; it changes nothing."""

    def find_caller(self, plain: HttpRequest) -> Caller:
        """The person at the page, in the club in which they work."""
        request = cast(StaffRequest, plain)
        user = user_of(request)
        return Caller(
            kind=CallerKind.TOKEN,
            subject=f"staff:{user.pk}",
            name=user.get_full_name() or user.get_username(),
            tenant_ids=frozenset({club_of(request).pk}),
            scopes=frozenset(scope.value for scope in Scope),
            user=user,
        )

    def check_operation(self, operation: OperationDefinitionNode) -> None:
        """Raises ForbiddenError for a mutation: what changes something has pages with questions of their own."""
        if operation.operation is not OperationType.QUERY:
            raise ForbiddenError("This page only reads; send mutations to /graphql with a key or a token.")


_asked: Any = _AskedByStaff.as_view()


# GraphQL shows payments and complaints beside the rest.
@page("graphql/", name="graphql_page", right=Right.SEE_MONEY)
def graphql_page(request: StaffRequest) -> HttpResponse:
    """Question, variables, answer, and the schema in words."""
    words = print_schema(schema.graphql_schema)
    return show(request, "crm/graphql.html", "GraphQL", question=QUESTION, schema=words)


@page("graphql/ask/", name="graphql_ask", right=Right.SEE_MONEY)
def graphql_ask(request: StaffRequest) -> HttpResponseBase:
    """The answer as JSON; the page's forgery token is asked for before this runs."""
    answer: HttpResponseBase = _asked(request)
    return answer
