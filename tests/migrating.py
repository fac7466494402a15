"""Migrations of the tests' empty database in half the time.

At each new model Django makes anew every model that is related to it, however distantly: through the tenant that is all
of them, a hundred times over. The new one alone is enough for the statements that a migration sends; that the database
is the same was seen by comparing two dumps of it.
"""

from typing import Any

from django.db.migrations.state import ProjectState


def install() -> None:
    """Let new models be made alone."""
    setattr(ProjectState, "add_model", _add_model)  # noqa: B010 - Django types it otherwise


def _add_model(state: Any, model_state: Any) -> None:
    key = model_state.app_label, model_state.name_lower
    state.models[key] = model_state
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:
        state.apps.render_multiple([model_state])
