"""Numbered system checks of the settings, and the gate that programs pass when they start.

crm.E001 (a value that cannot be used) is raised by `env.SettingError` while the settings load.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks

from crm_platform import env, reachability
from tenants.commands import START_TAG

MIN_SECRET_KEY_LENGTH = 32
# As browsers send it: scheme and host in lower case, a port only where it is not the scheme's own, no path.
ORIGIN_SHAPE: Final = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
# A server that recovers from a crash answers within this time; programs that start meanwhile wait for it.
DATABASE_PATIENCE_SECONDS = 15.0


@register(START_TAG)
def check_origins(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E015: each origin of CRM_CORS_ORIGINS is written as browsers send it, or it would never fit."""
    return [
        Error(
            f"CRM_CORS_ORIGINS: {origin} is no origin.",
            hint="Write scheme, host and, if it is not the usual one, port: https://app.example.com. No path, no *.",
            id="crm.E015",
        )
        for origin in settings.CRM_CORS_ORIGINS
        if not ORIGIN_SHAPE.fullmatch(origin)
    ]


@register(START_TAG)
def check_secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E003: the key that everybody can read signs sessions on loopback only; elsewhere a long own one."""
    if _is_of_this_machine():
        return []
    if (
        settings.SECRET_KEY != settings.DEVELOPMENT_SECRET_KEY
        and len(settings.SECRET_KEY) >= MIN_SECRET_KEY_LENGTH
    ):
        return []
    return [
        Error(
            "CRM_ALLOWED_HOSTS or CRM_HOST goes beyond this machine, but CRM_SECRET_KEY is missing or short.",
            hint=f"Set CRM_SECRET_KEY to at least {MIN_SECRET_KEY_LENGTH} random characters, as printed by "
            '`python3 -c "import secrets; print(secrets.token_urlsafe(48))"`.',
            id="crm.E003",
        )
    ]


@register(START_TAG, deploy=True)
def check_suppression_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.W003: a served installation names the secret by which erased people are recognised."""
    if settings.CRM_SUPPRESSION_SECRET or _is_of_this_machine():
        return []
    return [
        Warning(
            "CRM_SUPPRESSION_SECRET is not set: erased people are recognised by a file in the data folder.",
            hint="Set it, to the file's content once people were erased; a lost file lets them all in again.",
            id="crm.W003",
        )
    ]


@register(START_TAG)
def check_identity_provider(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """crm.E006: a file with the identity provider's keys must be there. A URL is not asked at start."""
    source: str = settings.CRM_JWT_JWKS
    if not source or source.startswith(("http://", "https://")) or Path(source).is_file():
        return []
    return [
        Error(
            f"CRM_JWT_JWKS names the file {source}, which does not exist.",
            hint="Give the path or URL of a JWKS document; without it development keys are made.",
            id="crm.E006",
        )
    ]


@register(Tags.database)
def check_servers(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """crm.E002, E004, W001: database and Redis, when a command asks for checks of the database.

    Without E005, because `migrate` is such a command.
    """
    return server_messages(patience_seconds=0) if databases else []


def server_messages(*, patience_seconds: float) -> list[CheckMessage]:
    """crm.E002, E004, W001: whether both servers can be used, migrated or not."""
    return [
        *database_messages(patience_seconds=patience_seconds, must_be_migrated=False),
        *redis_messages(),
    ]


def database_messages(*, patience_seconds: float, must_be_migrated: bool = True) -> list[CheckMessage]:
    """crm.E002: the database answers; crm.E005: its tables exist; crm.E014: programs may log in."""
    if problem := reachability.wait_for_database(seconds=patience_seconds):
        return [
            Error(
                f"The database of CRM_DATABASE_URL cannot be used: {problem}",
                hint="It must look like postgresql://user:pass@host:5432/name?schema=crm and be reachable. "
                "Without it, `make run` or `make servers` starts an embedded PostgreSQL.",
                id="crm.E002",
            )
        ]
    if must_be_migrated and not reachability.is_migrated():
        return [
            Error(
                "The database has no tables of this product in the schema of CRM_DATABASE_URL.",
                hint="Run `python manage.py migrate`, or correct the schema parameter.",
                id="crm.E005",
            )
        ]
    if must_be_migrated and (problem := reachability.login_problem()):
        return [
            Error(
                f"The role that the programs work as cannot log in to the database: {problem}",
                hint="Run `python manage.py migrate`, which makes it; or see docs/operations.md, Roles in PostgreSQL.",
                id="crm.E014",
            )
        ]
    return []


def redis_messages() -> list[CheckMessage]:
    """crm.E004: Redis answers; crm.W001: it does not throw queues away when it is full."""
    if problem := reachability.redis_problem():
        return [
            Error(
                f"The Redis of REDIS_URL cannot be used: {problem}",
                hint="It must look like redis://:password@host:6379/0 and be reachable from here.",
                id="crm.E004",
            )
        ]
    policy = reachability.redis_eviction_policy()
    if policy == reachability.EVICTING_IS_OFF:
        return []
    return [
        Warning(
            f"The Redis of REDIS_URL drops keys, queues too, when it is full (maxmemory-policy {policy}).",
            hint="Set maxmemory-policy to noeviction.",
            id="crm.W001",
        )
    ]


def exit_unless_startable() -> None:
    """The gate for long-running programs: say what is wrong, in lines without a traceback, and exit with 1.

    Without Redis a program may start: reads work without it, and the queue readers wait for it.
    """
    messages = [
        *run_checks(tags=[START_TAG]),
        *database_messages(patience_seconds=DATABASE_PATIENCE_SECONDS),
        *redis_messages(),
    ]
    fatal = [message for message in messages if message.is_serious() and message.id != "crm.E004"]
    for message in messages:
        print(one_line(message), file=sys.stderr, flush=True)
    if fatal:
        sys.exit(1)


def one_line(message: CheckMessage) -> str:
    """Number, problem and hint."""
    return f"{message.id}: {message.msg}" + (f" Hint: {message.hint}" if message.hint else "")


def _is_of_this_machine() -> bool:
    """Whether nobody elsewhere is served: an open port is open under any name that a caller writes into Host."""
    return env.is_loopback(env.text("CRM_HOST", "127.0.0.1")) and all(
        map(env.is_loopback, settings.ALLOWED_HOSTS)
    )
