"""Who may use what the roof itself answers."""

from typing import Final

from tests.permissions import MANAGER, OPEN, TO_LOGIN, Page, Row

QUESTION: Final = {"query": '{ customers(tenantId: "fairview") { meta { total } } }'}
#                      anon exp read writ admi camp soci even  key  foreign stranger
# GraphQL refuses field by field, inside an answer with 200.
ASK: Final = "          401 401  200  200  200  200  200  200  200  200     200"
PAGES: Final = (
    Page("graphql_page", MANAGER),
    Page("graphql_ask", MANAGER, "POST"),
)
REST: Final = (
    Row("graphql", "POST", "/graphql", ASK, QUESTION, is_reading=True),
    Row("schema", "GET", "/api/schema/", OPEN),
    Row("docs", "GET", "/api/docs/", OPEN),
    Row("livez", "GET", "/livez", OPEN),
    Row("readyz", "GET", "/readyz", OPEN),
    Row("admin:index", "GET", "/admin/", TO_LOGIN),
)
