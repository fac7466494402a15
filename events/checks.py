"""System checks of the domain log."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from events.consumers.ahead import clubs_ahead


@register(Tags.database)
def check_log(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """crm.E016: no consumer stands where this cluster has not counted to yet, or it would read nothing.

    A database that cannot be asked, or has no tables yet, is the business of crm.E002 and crm.E005.
    """
    try:
        clubs = clubs_ahead() if databases else []
    except DatabaseError:
        return []
    if not clubs:
        return []
    return [
        Error(
            "The domain log holds transaction numbers that this PostgreSQL has not counted to; consumers stand still "
            f"at {', '.join(clubs)}.",
            hint="Was pg_resetwal run, or were tables copied by hand? Run `python manage.py close_log`: consumers then "
            "read on as after a restored dump.",
            id="crm.E016",
        )
    ]
