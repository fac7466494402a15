"""What PostgreSQL plans for a statement of the product, under the policies that the product works under."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from crm_platform.bench.figures import BenchError
from tenants.models import Tenant
from tenants.scope import tenant_scope

Node = dict[str, Any]


def check_index_range(index: str, tenant: Tenant, read: Callable[[], object]) -> Node:
    """The plan of the one statement that `read` sends; raises BenchError unless it is a range of `index`, in order."""
    statement, parameters = _statement_of(tenant, read)
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement, parameters)
        (answer,) = cursor.fetchone()
    plan: Node = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    nodes = list(_nodes(plan))
    scans = [node for node in nodes if "Scan" in node["Node Type"]]
    tables = [node for node in scans if "Relation Name" in node]
    used = [node.get("Index Name") for node in tables]
    sorts = [node["Node Type"] for node in nodes if "Sort" in node["Node Type"]]
    if used != [index] or sorts or "profile_id" not in tables[0].get("Index Cond", ""):
        raise BenchError(f"The plan is not a range of {index}:\n{json.dumps(plan, indent=1)}")
    return tables[0]


def _statement_of(tenant: Tenant, read: Callable[[], object]) -> tuple[str, Any]:
    sent: list[tuple[str, Any]] = []

    def listen(execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        sent.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with tenant_scope(tenant), connection.execute_wrapper(listen):
        read()
    if len(sent) != 1:
        raise BenchError(f"One statement was expected, {len(sent)} were sent.")
    return sent[0]


def _nodes(plan: Node) -> Iterator[Node]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
