"""The block of addresses and logins that `up` prints when everything runs."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOGINS_FILE = "demo-logins.json"
# Written out, because loading the routes would load the whole product into the supervisor.
ADMIN_PATH, DOCS_PATH, GRAPHQL_PATH = "/admin/", "/api/docs/", "/graphql"
RULE = "─" * 78


def banner(*, web_url: str, database_url: str, redis_url: str, queue: str, data_dir: Path) -> str:
    """Where everything is, in plain words; the demo's logins where the demo wrote them."""
    rows = [
        ("Back office", f"{web_url}{ADMIN_PATH}"),
        ("API docs", f"{web_url}{DOCS_PATH}"),
        ("GraphQL", f"{web_url}{GRAPHQL_PATH}"),
        ("Health", f"{web_url}/readyz"),
        ("Events", f"{_without_password(redis_url)}  BullMQ queue {queue}"),
        ("Database", _without_password(database_url)),
        ("Data, logs", f"{data_dir}, {data_dir / 'log'}"),
    ]
    lines = [RULE, *(f"  {label:<13}{value}" for label, value in rows), *_logins(data_dir / LOGINS_FILE)]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", RULE])


def _logins(file: Path) -> list[str]:
    """One line per demo user; nothing without a readable file."""
    try:
        logins: list[dict[str, Any]] = json.loads(file.read_text())["logins"]
        rows = [[str(login[key]) for key in ("username", "password", "role", "tenants")] for login in logins]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return ["", "  Demo logins (user / password)", *map(_login_line, rows)]


def _login_line(row: list[str]) -> str:
    user, password, role, tenants = row
    return f"    {user} / {password}".ljust(44) + f"{role}, {tenants}"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
