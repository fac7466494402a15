"""Putting together what the apps bring: settings and routes of the roof, out of the declarations.

Read by settings, so nothing here may import a model.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Any, Final

from celery.schedules import crontab
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from crm_platform import env
from tenants.declarations import resolve
from tenants.extension import Extension, NavEntry, Periodic, Setting

Brought = Mapping[str, Extension]
_READERS: Final[Mapping[str, Callable[[Setting], Any]]] = {
    "text": lambda setting: env.text(setting.name, setting.default),
    "flag": lambda setting: env.flag(setting.name, default=setting.default),
    "number": lambda setting: env.number(setting.name, setting.default),
    "fraction": lambda setting: env.fraction(setting.name, setting.default),
    "names": lambda setting: env.names(setting.name, setting.default),
    "choice": lambda setting: env.choice(setting.name, setting.default, setting.choices),
}


def present(*packages: str) -> list[str]:
    """Those of the packages that this installation has."""
    return [package for package in packages if find_spec(package) is not None]


def _every(brought: Brought, part: str) -> Iterable[Any]:
    return (entry for extension in brought.values() for entry in getattr(extension, part))


def declared_settings(brought: Brought) -> dict[str, Any]:
    """The values of all declared settings; raises SettingError."""
    return {setting.name: _READERS[setting.kind](setting) for setting in _every(brought, "settings")}


def beat_schedule(brought: Brought) -> dict[str, dict[str, Any]]:
    """What beat sends, by the name of the task."""
    return {periodic.name or periodic.task: _beat_entry(periodic) for periodic in _every(brought, "schedule")}


def _beat_entry(periodic: Periodic) -> dict[str, Any]:
    when = crontab(**periodic.cron) if periodic.cron is not None else timedelta(seconds=periodic.seconds or 0)
    options = {} if periodic.expires is None else {"expires": periodic.expires}
    return {"task": periodic.task, "schedule": when, "options": options}


def task_routes(brought: Brought) -> dict[str, dict[str, str]]:
    """Task → queue, for all that do not go to the default queue."""
    return {
        task: {"queue": queue.value}
        for extension in brought.values()
        for task, queue in extension.queues.items()
    }


def enum_names(brought: Brought) -> dict[str, str]:
    """The names of enumerations in the API's description."""
    return {name: path for extension in brought.values() for name, path in extension.enum_names.items()}


def tags(brought: Brought) -> list[dict[str, str]]:
    """The sections of the API's description, by their order."""
    found = sorted(_every(brought, "tags"), key=lambda tag: tag.order)
    return [{"name": tag.name, "description": tag.description} for tag in found]


def assets(brought: Brought, part: str) -> list[Callable[[HttpRequest], str]]:
    """`styles` or `scripts` as Unfold wants them: addresses that are known once Django runs."""
    return [_address(name) for name in _every(brought, part)]


def _address(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(name)


# What the roof itself brings (`crm_platform.admin`).
ROOF_NAV: Final = (NavEntry("Try GraphQL", "data_object", "graphql_page", "SEE_MONEY", "Settings", 985),)


def navigation(brought: Brought) -> list[dict[str, Any]]:
    """The sidebar: the group without a title first, each group where its first entry's order puts it."""
    groups: dict[str, list[NavEntry]] = {"": []}
    for entry in sorted([*_every(brought, "nav"), *ROOF_NAV], key=lambda entry: entry.order):
        groups.setdefault(entry.group, []).append(entry)
    return [_nav_group(title, entries) for title, entries in groups.items()]


def _nav_group(title: str, entries: Iterable[NavEntry]) -> dict[str, Any]:
    items = [
        {
            "title": entry.title,
            "icon": entry.icon,
            "link": reverse_lazy(f"admin:{entry.route}"),
            "permission": _permission(entry.right),
        }
        for entry in entries
    ]
    return {"title": title, "separator": True, "items": items} if title else {"items": items}


def _permission(right: str) -> Callable[[HttpRequest], bool]:
    def may(request: HttpRequest) -> bool:
        return bool(resolve("tenants.admin.base.request_may")(request, resolve("tenants.roles.Right")(right)))

    return may
