"""crm.E020: whatever an app declares must exist, and no two apps may use one name or number."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.management import get_commands

from tenants.declarations import every, extensions, resolve
from tenants.extension import Consumer, Extension, MergeBy, Move, OnUndo, Table

KINDS: Final = frozenset({"text", "flag", "number", "fraction", "names", "choice"})
PERSON: Final = "profiles.CustomerProfile"
# What a column with somebody's id is called, also where it is no foreign key.
PERSON_COLUMNS: Final = frozenset({"profile_id", "origin_profile_id", "customer_id"})
# Part of a declaration → the attribute that must be unique over all apps.
UNIQUE: Final = {
    "tables": "model",
    "periods": "name",
    "log_kinds": "name",
    "consumers": "name",
    "outbound": "type",
    "customer_filters": "parameter",
    "customer_panels": "name",
    "dashboard_panels": "name",
    "customer_actions": "name",
    "nav": "route",
    "tags": "name",
    "settings": "name",
}


@register("crm_seam")
def check_extensions(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every dotted path resolves, every model exists, every name is unique."""
    brought = extensions()
    faults = [*_unknown_paths(brought), *_unknown_names(brought), *_repeated(brought)]
    return [
        Error(fault, hint="Correct the app's extension.py.", id="crm.E020") for fault in dict.fromkeys(faults)
    ]


def _unknown_paths(brought: Mapping[str, Extension]) -> Iterator[str]:
    for app, extension in brought.items():
        for path in _paths_of(extension):
            try:
                resolve(path)
            except ImportError as error:
                yield f"{app} declares {path}, which does not exist ({error})."


def _paths_of(extension: Extension) -> Iterator[str]:
    yield from extension.graphql_queries
    yield from extension.graphql_mutations
    yield from extension.on_tenant_created
    yield from extension.segment_users
    yield from extension.demo
    yield from extension.enum_names.values()
    yield from extension.timeline_names.values()
    yield from (each.context for each in extension.sealed if each.context)
    yield from (f"{module}.urlpatterns" for module in (extension.urls, extension.public_urls) if module)
    yield from (table.merge.call for table in extension.tables if isinstance(table.merge, MergeBy))
    yield from (consumer.handle for consumer in extension.consumers)
    yield from (consumer.send for consumer in extension.consumers if consumer.send)
    yield from (event.render for event in extension.outbound)
    yield from (each.apply for each in extension.customer_filters)
    yield from (each.options for each in extension.customer_filters if each.options)
    yield from (panel.context for panel in extension.customer_panels)
    yield from (panel.context for panel in extension.dashboard_panels)


def _unknown_names(brought: Mapping[str, Extension]) -> Iterator[str]:
    rights, commands = resolve("tenants.roles.Right"), get_commands()
    consumers = {consumer.name for extension in brought.values() for consumer in extension.consumers}
    for app, extension in brought.items():
        yield from (
            f"{app} declares a table {table.model}, but there is no such model."
            for table in extension.tables
            if not _is_model(table.model)
        )
        yield from (
            f"{app} starts a program {name}, but there is no such command."
            for name in extension.programs
            if name not in commands
        )
        yield from (
            f"{app} declares the setting {setting.name} of the unknown kind {setting.kind}."
            for setting in extension.settings
            if setting.kind not in KINDS
        )
        yield from (
            f"{app} asks for the right {each.right}, which does not exist."
            for each in _guarded(extension)
            if each.right not in rights.__members__
        )
        yield from _unknown_predecessors(app, extension.consumers, consumers)


def _unknown_predecessors(app: str, own: Iterable[Consumer], all_names: set[str]) -> Iterator[str]:
    for consumer in own:
        for name in set(consumer.after) - all_names:
            yield f"{app}: the consumer {consumer.name} waits for {name}, which nobody declares."


def _guarded(extension: Extension) -> Iterator[Any]:
    yield from extension.nav
    yield from extension.customer_panels
    yield from extension.dashboard_panels
    yield from extension.customer_actions


def _is_model(label: str) -> bool:
    try:
        apps.get_model(label)
    except (LookupError, ValueError):
        return False
    return True


def _repeated(brought: Mapping[str, Extension]) -> Iterator[str]:
    for part, attribute in UNIQUE.items():
        names = (
            getattr(entry, attribute) for extension in brought.values() for entry in getattr(extension, part)
        )
        yield from (f"{part}: {name} is declared {times} times." for name, times in _twice(names))
    schedule = (each.name or each.task for extension in brought.values() for each in extension.schedule)
    yield from (f"schedule: {name} is declared {times} times." for name, times in _twice(schedule))
    locks = [lock for extension in brought.values() for lock in extension.locks.items()]
    for position in (0, 1):
        found = _twice(lock[position] for lock in locks)
        yield from (f"locks: {name} is declared {times} times." for name, times in found)


def _twice(names: Iterable[Any]) -> list[tuple[Any, int]]:
    return [(name, times) for name, times in Counter(names).items() if times > 1]


@register("crm_seam")
def check_tables(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E021: every model with a tenant is declared, each of its columns as personal or as plain, and is erasable.

    One that names a person must have a tenant.
    """
    declared: dict[str, Table] = {table.model: table for table in every("tables")}
    faults = [fault for model in apps.get_models() for fault in faults_of(model, declared)]
    return [
        Error(fault, hint="Correct the tables in the app's extension.py.", id="crm.E021") for fault in faults
    ]


def _faults_without_tenant(model: Any) -> Iterator[str]:
    if any(
        field.attname in PERSON_COLUMNS
        or (field.related_model is not None and field.related_model._meta.label == PERSON)
        for field in model._meta.concrete_fields
    ):
        label = model._meta.label
        yield f"{label} names a person, but has no tenant: no merge and no erasure would reach its rows."


def faults_of(model: Any, declared: Mapping[str, Table]) -> Iterator[str]:
    """What is wrong with one model."""
    label, names = model._meta.label, {field.attname for field in model._meta.concrete_fields}
    if "tenant_id" not in names:
        yield from _faults_without_tenant(model)
        return
    if label not in declared:
        yield f"{label} has a tenant, but no app declares what becomes of its rows."
        return
    table = declared[label]
    personal, plain = set(table.personal), set(table.plain)
    for column in sorted(names - personal - plain - {"id", "tenant_id"}):
        yield f"{label}.{column} is declared neither as personal nor as plain."
    for column in sorted((personal | plain) - names):
        yield f"{label} has no column {column}."
    for column in sorted(personal & plain):
        yield f"{label}.{column} is declared both as personal and as plain."
    if personal and not table.erase and not table.elsewhere:
        yield f"{label} holds personal data that no step erases."
    if isinstance(table.merge, Move) and "origin_profile_id" not in names:
        yield f"{label} moves on a merge, but has no origin_profile_id."
    if table.undo is not OnUndo.NOTHING:
        for column in set(table.person) - names:
            yield f"{label} names its person in {column}, which does not exist."
