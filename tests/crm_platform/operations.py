"""The operations of the API's description, and for each the row of the permission table that calls it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from crm_platform.api.docs import description
from tests.permissions import Row, rest_rows

OPERATIONS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
}


def _operation_of(row: Row) -> str:
    """The operation that the row calls: of the fitting paths the one with the fewest placeholders."""
    address = row.url.partition("?")[0].replace("{{", "{").replace("}}", "}")
    fitting = [
        (path.count("{"), name)
        for name, (method, path, _) in OPERATIONS.items()
        if method == row.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)
    ]
    return min(fitting)[1]


BY_OPERATION: Final[Mapping[str, Row]] = {
    _operation_of(row): row for row in rest_rows() if row.url.startswith("/api/v1/")
}
