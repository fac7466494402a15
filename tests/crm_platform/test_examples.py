"""The examples of the API's description are true: each request is sent, each answer is one that was given.

`make examples` records the answers anew; requests are written by hand in `api/examples.json` of each app.
"""

import json
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs
import orjson
import pytest
from django.test import Client

from crm_platform.api.docs import description
from tenants.api.examples import JSON, examples, files, filled
from tests import factories
from tests.cast import Club
from tests.crm_platform.example_shapes import shape, steady, strict
from tests.crm_platform.operations import BY_OPERATION, OPERATIONS
from tests.permissions import World
from tests.profiles.api_callers import thandi

RECORD: Final = "CRM_RECORD_EXAMPLES"
# What a network or another service has to answer first; tests of their own go through it.
NOT_CALLED: Final = {"finishSocialAccount", "actOnPublishedPost", "streamEvents"}
# Documents about the API itself, of which the example shows the beginning.
LONG: Final = {"getAsyncApi", "listEventTypes", "getEventType"}
MANY: Final = 8


def _good(operation: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    status = next(status for status in operation["responses"] if status.startswith("2"))
    return int(status), operation["responses"][status]


def _caller(operation: str, world: World) -> Client:
    """Somebody who may do everything; approvals need a person."""
    person = {"subject": world.club.admin.auth_user_id} if operation == "approveCampaign" else {}
    return Client(headers=factories.bearer(world.club.tenant, **person), raise_request_exception=False)


def _call(operation: str, world: World) -> tuple[Any, dict[str, object]]:
    """Call it with the request of its example; the answer, and what stood ready."""
    row = BY_OPERATION[operation]
    given = {"id": world.customer_id, **(row.prepare(world) if row.prepare else {})}
    entry = examples().get(operation, {})
    body = orjson.dumps(filled(entry["request"], given)) if "request" in entry else b""
    api = _caller(operation, world)
    return api.generic(row.method, row.url.format(**given), body, JSON), given


@pytest.fixture
def world(fairview: Club, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """A club with a customer, where example.com has an address though this machine may see no internet."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    return World(fairview, thandi(fairview.tenant), settings)


def test_every_operation_has_an_example_of_what_is_asked_and_answered() -> None:
    assert set(examples()) <= set(OPERATIONS)
    assert set(BY_OPERATION) == set(OPERATIONS)
    for name, (_, _, operation) in OPERATIONS.items():
        if "requestBody" in operation:
            assert "example" in operation["requestBody"]["content"][JSON], name
        status, answer = _good(operation)
        assert (status == 204) == ("content" not in answer), name
        if "content" in answer:
            assert any("example" in media for media in answer["content"].values()), name


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_examples_fit_what_is_described(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    parts = [*_good(operation)[1].get("content", {}).values()]
    parts += operation.get("requestBody", {"content": {}})["content"].values()
    components = description()["components"]["schemas"]

    for part in parts:
        if "example" in part:
            schema = strict(part["schema"], components)
            wrong = [
                f"{error.instance_path}: {error.message}"
                for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(part["example"])
            ]
            assert wrong == []


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - NOT_CALLED))
def test_a_request_as_in_the_example_is_answered_as_in_the_example(name: str, world: World) -> None:
    method, path, operation = OPERATIONS[name]
    making = description()["paths"][path].get("post", {}).get("operationId")
    if method == "GET" and making is not None:
        _call(making, world)

    answer, given = _call(name, world)

    status, described = _good(operation)
    assert answer.status_code == status, answer.content
    if status == 204:
        return
    media = answer.headers["Content-Type"].partition(";")[0]
    assert media in described["content"]
    value = _value_of(answer, media)
    if os.environ.get(RECORD):
        _record(name, media, value, given, answer.resolver_match.func.view_class.__module__)
    else:
        recorded = examples()[name]["answer"][media]
        assert name in LONG or shape(value) == shape(recorded), "Run `make examples`."


def _value_of(answer: Any, media: str) -> Any:
    """JSON, or the first lines of a text."""
    text = answer.getvalue().decode("utf-8-sig")
    return json.loads(text) if media == JSON else "".join(text.splitlines(keepends=True)[:2])


def _record(name: str, media: str, value: Any, given: Mapping[str, object], module: str) -> None:
    """Write the answer down in the file of the app whose module has the operation."""
    path = next(path for app, path in files().items() if module.startswith(f"{app}."))
    kept = json.loads(path.read_text()) if path.exists() else {}
    names = {str(known): filled(f"{{{placeholder}}}") for placeholder, known in given.items()}
    made = steady(value, names)
    kept.setdefault(name, {})["answer"] = {media: _begun(made) if name in LONG else made}
    path.write_text(json.dumps(dict(sorted(kept.items())), indent=1, ensure_ascii=False) + "\n")


def _begun(value: Any, *, is_top: bool = True) -> Any:
    """Of what has many entries the first ones."""
    if isinstance(value, dict):
        few = list(value.items())[: None if is_top or len(value) <= MANY else 2]
        return {name: _begun(each, is_top=False) for name, each in few}
    return [_begun(each, is_top=False) for each in value[:2]] if isinstance(value, list) else value
