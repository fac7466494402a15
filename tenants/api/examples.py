"""Examples of the API's description: what is asked and what is answered, operation by operation.

They stand in `api/examples.json` of each app, by operation id: `request` is written by hand, `answer` is recorded from
the running API (`make examples`), by media type. `{name}` stands for the id of something that has
to be there first. A test sends each request and holds each answer against its schema.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from tenants.declarations import extensions

FILE: Final = "api/examples.json"
JSON: Final = "application/json"
_PLACEHOLDER: Final = re.compile(r"^\{(\w+)\}$")
_ID_BYTES: Final = 10


def example_id(name: str) -> str:
    """The id by which the description calls what a placeholder stands for; the same for ever."""
    digest = bytes.fromhex("0199f1c46f0a") + sha1(name.encode(), usedforsecurity=False).digest()[:_ID_BYTES]
    # Version and variant of a UUIDv7.
    bits = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(UUID(int=bits))


def filled(value: Any, given: Mapping[str, object] | None = None) -> Any:
    """The value with ids for its placeholders: those given, else the description's own."""
    if isinstance(value, Mapping):
        return {name: filled(each, given) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, given) for each in value]
    found = _PLACEHOLDER.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    return example_id(found[1]) if given is None else str(given[found[1]])


def files() -> dict[str, Path]:
    """App → its file, for the installed apps with routes."""
    found = {}
    for app, brought in extensions().items():
        spec = find_spec(app) if brought.urls else None
        if spec is not None and spec.origin is not None:
            found[app] = Path(spec.origin).parent / FILE
    return found


@cache
def examples() -> Mapping[str, Mapping[str, Any]]:
    """The examples of all operations."""
    return {
        name: entry
        for path in files().values()
        if path.exists()
        for name, entry in json.loads(path.read_text()).items()
    }


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """For `POSTPROCESSING_HOOKS`: each operation with its examples."""
    for methods in result["paths"].values():
        for operation in methods.values():
            entry = examples().get(operation["operationId"], {})
            if "request" in entry and "requestBody" in operation:
                operation["requestBody"]["content"][JSON]["example"] = filled(entry["request"])
            for media, answer in entry.get("answer", {}).items():
                _answer_of(operation)["content"][media]["example"] = answer
    return result


def _answer_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the answer when all goes well."""
    good = next(status for status in operation["responses"] if status.startswith("2"))
    found: dict[str, Any] = operation["responses"][good]
    return found
