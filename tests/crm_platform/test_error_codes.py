"""Codes of refusals: every one that the code raises is declared with its meaning, and none that it does not."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crm_platform import env
from crm_platform.api.docs import description
from crm_platform.error_codes import CODES as GRAPHQL_CODES
from events.refusals import Refusal
from social.networks.errors import MEANINGS
from tenants.api.error_codes import NAMES
from tenants.api.errors import DRF_CODES

APPS: Final = (
    *("tenants", "events", "profiles", "messaging", "segments", "campaigns", "journeys", "social"),
    "crm_platform",
)
PASSED_OVER: Final = {"migrations", "bench", "simulator", "sandbox", "embedded", "supervisor"}
# Raised by a constant, a table or a default instead of a text beside `code`.
ELSEWHERE: Final = {
    *Refusal,
    *MEANINGS,
    *DRF_CODES.values(),
    *("ILLEGAL_STATE", "CONSENT_REFUSED", "TOKEN_EXPIRED", "BODY_TOO_SLOW"),
}


def raised() -> set[str]:
    """Every code that stands as a text in the code of the apps."""
    return {
        code
        for app in APPS
        for file in (env.PROJECT_DIR / app).rglob("*.py")
        if not PASSED_OVER.intersection(file.parts)
        for code in codes_in(file)
    }


def codes_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            values = [word.value for word in node.keywords if word.arg == "code"]
            values += node.args[1:2] if isinstance(node.args[:1], list) and is_problem(node) else []
        elif isinstance(node, ast.ClassDef):
            values = [
                line.value
                for line in node.body
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code"
            ]
        else:
            continue
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def is_problem(call: ast.Call) -> bool:
    """As in Problem(400, "BAD_REQUEST", …): an answer over HTTP, not a fault of a rule or a journey."""
    first = call.args[0] if call.args else None
    return (
        ast.unparse(call.func) == "Problem"
        and isinstance(first, ast.Constant)
        and isinstance(first.value, int)
    )


def test_every_code_is_declared_and_every_declared_one_is_raised() -> None:
    declared = set(NAMES) | set(GRAPHQL_CODES)

    assert (raised() | ELSEWHERE) - declared == set()
    assert declared - raised() - ELSEWHERE == set()


def test_the_description_lists_them_all() -> None:
    schemas = description()["components"]["schemas"]

    assert schemas["ErrorCode"]["enum"] == NAMES
    assert schemas["ErrorBody"]["properties"]["code"]["allOf"][0]["$ref"].endswith("/ErrorCode")
    assert schemas["ErrorBody"]["properties"]["details"]["items"]["$ref"].endswith("/ErrorDetail")
