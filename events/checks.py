"""System checks of the domain log and of those who read what it tells."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from events.consumers.ahead import clubs_ahead
from tenants.commands import START_TAG

# With "outbound-" before it, a name fits into the column of consumers.
READER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@register(START_TAG)
def check_readers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E017: each of CRM_OUTBOUND_READERS is the name of a queue and of a consumer, and there once."""
    named = Counter(settings.CRM_OUTBOUND_READERS)
    faults = [f"{name!r} is no name for a reader" for name in named if not READER.fullmatch(name)]
    faults += [f"{name!r} is named twice" for name, count in named.items() if count > 1]
    return [
        Error(
            f"CRM_OUTBOUND_READERS: {fault}.",
            hint="Use up to 31 small letters, digits and hyphens, as in warehouse,newsletter.",
            id="crm.E017",
        )
        for fault in faults
    ]


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
