"""Migrations of an empty database, of a benchmark or the tests, in a third of the time.

At each new model, and each change of one, Django makes anew every model that is related to it, however distantly:
through the tenant that is all of them, hundreds of times over. The one alone is enough for the statements that a
migration sends; that the database is the same was seen by comparing two dumps of it.
"""

from typing import Any

from django.core.management import call_command
from django.db.migrations.state import ProjectState


def install() -> None:
    """Let a model that is new or changed be made alone."""
    setattr(ProjectState, "add_model", _add_model)  # noqa: B010 - Django types it otherwise
    setattr(ProjectState, "_find_reload_model", _find_reload_model)  # noqa: B010 - as above


def _add_model(state: Any, model_state: Any) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])


def _find_reload_model(
    _state: Any, app_label: str, model_name: str, delay: bool = False
) -> set[tuple[str, str]]:
    return {(app_label, model_name)}


def migrate() -> None:
    """Make all tables of an empty database."""
    install()
    call_command("migrate", verbosity=0)
