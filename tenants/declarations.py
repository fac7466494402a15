"""What all apps bring, together: their declarations (`extension`), found by the installed apps."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.utils.module_loading import import_string

from tenants.extension import Extension

MODULE: Final = "extension"
NAME: Final = "EXTENSION"
# `extension` of the ground floor is the language; what that floor itself brings stands in a module of its own.
GROUND: Final = {"tenants": "tenants.ground"}


def collect(installed_apps: Iterable[str]) -> dict[str, Extension]:
    """App → its declaration, of those that have one, from the ground up.

    Safe before Django is set up. `installed_apps` as in settings; entries that name an AppConfig bring nothing.
    """
    return {
        app: getattr(import_module(GROUND.get(app, f"{app}.{MODULE}")), NAME)
        for app in installed_apps
        if _has_declaration(app)
    }


def _has_declaration(app: str) -> bool:
    """Looks for the file, because importing a foreign app this early may need settings."""
    if app.rpartition(".")[2][:1].isupper():
        return False
    spec = find_spec(app)
    places = spec.submodule_search_locations if spec else None
    return any(Path(place, f"{MODULE}.py").is_file() for place in places or ())


@cache
def extensions() -> Mapping[str, Extension]:
    """The declarations of the installed apps; the same for the life of the process."""
    from django.conf import settings  # noqa: PLC0415 - settings read this module

    return collect(settings.INSTALLED_APPS)


def every(part: str) -> list[Any]:
    """The entries of one part of all declarations, in order of the floors: `every("tables")`."""
    return [entry for extension in extensions().values() for entry in getattr(extension, part)]


def from_the_top(part: str) -> list[Any]:
    """The same, the highest floor first: whoever deletes must begin with those who refer to others."""
    return [entry for one in reversed(list(extensions().values())) for entry in getattr(one, part)]


def ordered(part: str) -> list[Any]:
    """The same, by their `order`."""
    return sorted(every(part), key=lambda entry: entry.order)


@cache
def resolve(path: str) -> Any:
    """What a dotted path names; raises ImportError."""
    return import_string(path)
