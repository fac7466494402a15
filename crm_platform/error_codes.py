"""Codes of refusals of GraphQL, for programs, each with its meaning."""

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "GRAPHQL_PARSE_FAILED": "The document is no GraphQL.",
    "GRAPHQL_VALIDATION_FAILED": "The document or its variables do not fit the schema.",
    "QUERY_TOO_EXPENSIVE": "The document asks for more than one request may.",
}
