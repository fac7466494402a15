"""What of a new API description breaks programs that were written against an old one.

The rules are those of the policy in `docs/api.md`: what callers send must stay taken, what they read must stay there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Schema = Mapping[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")
# Of what callers send: a greater least, or a smaller most, refuses what was taken.
LEASTS: Final = ("minimum", "minLength", "minItems")
MOSTS: Final = ("maximum", "maxLength", "maxItems")


@dataclass(slots=True)
class _Pair:
    """Two descriptions, and the pairs of named schemas that were compared already: schemas may hold themselves."""

    old: Schema
    new: Schema
    seen: set[tuple[str, str, bool]] = field(default_factory=set)


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Each break in words, with its place; empty where every program of before goes on."""
    return list(_paths(_Pair(old, new)))


def _paths(pair: _Pair) -> Iterator[str]:
    for path, methods in pair.old["paths"].items():
        for method in METHODS:
            before = methods.get(method)
            if before is None:
                continue
            after = pair.new["paths"].get(path, {}).get(method)
            place = f"{method.upper()} {path}"
            if after is None:
                yield f"{place}: is gone"
                continue
            if before["operationId"] != after["operationId"]:
                yield f"{place}: is called {after['operationId']} instead of {before['operationId']}"
            yield from _parameters(pair, before, after, place)
            yield from _body(pair, before, after, place)
            yield from _answers(pair, before, after, place)


def _parameters(pair: _Pair, before: Schema, after: Schema, place: str) -> Iterator[str]:
    olds, news = (
        {(each["in"], each["name"]): each for each in one.get("parameters", ())} for one in (before, after)
    )
    for key, old in olds.items():
        spot = f"{place}: parameter {key[1]}"
        if key not in news:
            yield f"{spot} is gone"
            continue
        yield from _compared(pair, old["schema"], news[key]["schema"], spot, is_sent=True)
        if news[key].get("required") and not old.get("required"):
            yield f"{spot} is required now"
    for key, new in news.items():
        if key not in olds and new.get("required"):
            yield f"{place}: new parameter {key[1]} is required"


def _body(pair: _Pair, before: Schema, after: Schema, place: str) -> Iterator[str]:
    old, new = before.get("requestBody"), after.get("requestBody")
    if new is None:
        return
    if new.get("required") and not (old or {}).get("required"):
        yield f"{place}: a body is required now"
    for media, content in (old or {}).get("content", {}).items():
        if media not in new["content"]:
            yield f"{place}: bodies of {media} are not taken any more"
        else:
            yield from _compared(
                pair, content["schema"], new["content"][media]["schema"], f"{place}: body", is_sent=True
            )


def _answers(pair: _Pair, before: Schema, after: Schema, place: str) -> Iterator[str]:
    for status, old in before["responses"].items():
        if not status.startswith("2"):
            continue
        new = after["responses"].get(status)
        if new is None:
            yield f"{place}: answers no more with {status}"
            continue
        for media, content in old.get("content", {}).items():
            spot = f"{place}: answer {status}"
            if media not in new.get("content", {}):
                yield f"{spot} is no {media} any more"
            elif "schema" in content:
                yield from _compared(
                    pair, content["schema"], new["content"][media]["schema"], spot, is_sent=False
                )


def _compared(pair: _Pair, old: Schema, new: Schema, place: str, *, is_sent: bool) -> Iterator[str]:
    names = (_name(old), _name(new))
    if all(names):
        if (*names, is_sent) in pair.seen:
            return
        pair.seen.add((*names, is_sent))
    old, new = _resolved(pair.old, old), _resolved(pair.new, new)
    if old.get("type") != new.get("type") and (not is_sent or new.get("type") is not None):
        yield f"{place} is {new.get('type', 'anything')} instead of {old.get('type', 'anything')}"
        return
    yield from _values(old, new, place, is_sent=is_sent)
    yield from _members(pair, old, new, place, is_sent=is_sent)
    if "items" in old and "items" in new:
        yield from _compared(pair, old["items"], new["items"], f"{place}[]", is_sent=is_sent)


def _values(old: Schema, new: Schema, place: str, *, is_sent: bool) -> Iterator[str]:
    if is_sent:
        gone = [] if "enum" not in new else [each for each in old.get("enum", ()) if each not in new["enum"]]
        if gone or ("enum" in new and "enum" not in old):
            yield f"{place} does not take {', '.join(map(str, gone)) or 'every value'} any more"
        for name in (*LEASTS, *MOSTS):
            sign = 1 if name in LEASTS else -1
            if name in new and (name not in old or sign * (new[name] - old[name]) > 0):
                yield f"{place} takes less: {name} is {new[name]}"
        if old.get("nullable") and not new.get("nullable"):
            yield f"{place} may not be null any more"
    elif new.get("nullable") and not old.get("nullable"):
        yield f"{place} may be null now"


def _members(pair: _Pair, old: Schema, new: Schema, place: str, *, is_sent: bool) -> Iterator[str]:
    olds, news = old.get("properties", {}), new.get("properties", {})
    for name, before in olds.items():
        if name in news:
            yield from _compared(pair, before, news[name], f"{place}.{name}", is_sent=is_sent)
        elif not is_sent or new.get("additionalProperties") is False:
            yield f"{place}.{name} is gone"
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    if is_sent:
        yield from (f"{place}.{name} is required now" for name in sorted(now - was))
    else:
        yield from (f"{place}.{name} may be missing now" for name in sorted((was - now) & news.keys()))


def _name(schema: Schema) -> str:
    """Of a reference, bare or as the only part of an `allOf`; empty for what has no name."""
    parts = schema.get("allOf", ())
    return str((parts[0] if len(parts) == 1 else schema).get("$ref", ""))


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Without references; a single `allOf` is what it holds, as nullable ones are written."""
    while "$ref" in schema or len(schema.get("allOf", ())) == 1:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = {
                **schema["allOf"][0],
                **{name: value for name, value in schema.items() if name != "allOf"},
            }
    return schema
