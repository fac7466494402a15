"""One statement for rows that do not all ask for the same: what is said of each row is found by its key."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def said_of_each(
    statement: str, key: str, types: Mapping[str, str], values: Mapping[Any, Mapping[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters, in which `{name}` stands for what is said of the row.

    `key`: the row's key as text in SQL; `types`: name → type in SQL; `values`: key → name → text, as that type is
    written. Where the same is said of all it is a plain parameter: no row looks anything up.
    """
    first = next(iter(values.values()))
    is_same = all(one == first for one in values.values())
    for name, kind in types.items():
        text = f"%({name})s" if is_same else f"(%(said)s::jsonb -> {key} ->> '{name}')"
        statement = statement.replace(f"{{{name}}}", f"{text}::{kind}")
    return statement, dict(first) if is_same else {"said": json_of(values)}


def json_of(values: Mapping[Any, Any]) -> str:
    """Key → value as JSON, whatever the keys are."""
    return orjson.dumps(values, option=orjson.OPT_NON_STR_KEYS).decode()


def array_of(words: Iterable[str]) -> str:
    """Words as PostgreSQL writes an array of text."""
    return "{" + ",".join(orjson.dumps(word).decode() for word in words) + "}"
