"""Typed access to environment variables and the two server addresses.

The only module that reads `os.environ`; settings and the embedded servers build on it.
"""

import base64
import getpass
import hashlib
import hmac
import ipaddress
import math
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

PROJECT_DIR = Path(__file__).resolve().parent.parent
DEFAULT_SCHEMA = "crm"
DATABASE_NAME = "crm"
MAX_PORT = 65535
LOGIN_SUFFIX = "_login"
MAX_ROLE_LENGTH = 63  # longer names of roles are cut by PostgreSQL
FERNET_KEY_BYTES = 32
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingError(SystemExit):
    """A setting has a value that cannot be used; the message says which one and what to write instead.

    Settings load inside many programs (manage.py, granian's workers, celery). As a SystemExit it ends
    each of them with this one line instead of a traceback.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"crm.E001: {message} Every setting is described in docs/operations.md.")


def text(name: str, default: str = "") -> str:
    """The variable, stripped; an empty variable counts as unset."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """A boolean such as `1`, `true`, `yes`, `on` (any case) or their opposites."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number; raises SettingError for anything else."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError:
        raise SettingError(f"{name} must be a whole number, not {value!r}.") from None


def fraction(name: str, default: float) -> float:
    """A number with or without decimals; raises SettingError for anything else, infinity included."""
    value = text(name)
    try:
        parsed = float(value) if value else default
    except ValueError:
        parsed = math.nan
    if not math.isfinite(parsed):
        raise SettingError(f"{name} must be a number, not {value!r}.")
    return parsed


def environment(**changes: str) -> dict[str, str]:
    """The whole environment with changes, for a child process."""
    return {**os.environ, **changes}


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    """One of the allowed upper-case words, in any case."""
    value = text(name, default).upper()
    if value not in allowed:
        raise SettingError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def port(name: str, default: int) -> int:
    """A TCP port from 1 to 65535."""
    value = number(name, default)
    if not 1 <= value <= MAX_PORT:
        raise SettingError(f"{name} must be a port from 1 to {MAX_PORT}, not {value}.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def fernet_keys(name: str) -> list[str]:
    """A comma-separated list of keys, each the URL-safe base64 of 32 bytes; raises SettingError for anything else."""
    keys = names(name)
    for key in keys:
        try:
            size = len(base64.urlsafe_b64decode(key))
        except ValueError:
            size = 0
        if size != FERNET_KEY_BYTES:
            raise SettingError(
                f"{name} must hold keys of {FERNET_KEY_BYTES} bytes in URL-safe base64, as printed by "
                '`python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"`.'
            )
    return keys


def data_dir() -> Path:
    """Where the embedded servers keep their data (`CRM_DATA_DIR`, default `.data` in the project)."""
    return Path(text("CRM_DATA_DIR", str(PROJECT_DIR / ".data"))).absolute()


def socket_dir(directory: Path | None = None) -> Path:
    """A short folder for the embedded PostgreSQL socket, unique per data folder.

    Socket paths are limited to 107 bytes by the kernel, so the data folder itself may be too deep.
    """
    digest = hashlib.sha256(str(directory or data_dir()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"crm-pg-{digest}"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A parsed `postgresql://` URL; `schema` comes from its `schema` query parameter."""

    host: str
    port: str
    name: str
    user: str
    password: str
    schema: str
    options: dict[str, str]


def parse_database_url(url: str) -> DatabaseAddress:
    """Split a `postgresql://user:pass@host:5432/db?schema=crm` URL; raises SettingError when it is none.

    A `host` query parameter (libpq style) names a socket folder. Other parameters, such as `sslmode`,
    are handed to libpq.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingError(
            "CRM_DATABASE_URL must look like postgresql://user:pass@host:5432/name?schema=crm; "
            f"its scheme is {parts.scheme or 'missing'!r}."
        )
    try:
        port = str(parts.port or "")
    except ValueError:
        raise SettingError("CRM_DATABASE_URL has a port that is not a number from 0 to 65535.") from None
    query = dict(parse_qsl(parts.query))
    schema = query.pop("schema", DEFAULT_SCHEMA)
    if not schema.replace("_", "").isalnum() or schema != schema.lower():
        raise SettingError("The schema parameter of CRM_DATABASE_URL may hold only a-z, 0-9 and _.")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise SettingError("CRM_DATABASE_URL names no database: write it after the host, as in …:5432/scl.")
    return DatabaseAddress(
        host=query.pop("host", unquote(parts.hostname or "")),
        port=query.pop("port", port),
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=schema,
        options=query,
    )


def database_url() -> str:
    """`CRM_DATABASE_URL`, or the address of this data folder's embedded PostgreSQL."""
    return text("CRM_DATABASE_URL", f"postgresql://postgres@/{DATABASE_NAME}?host={socket_dir()}")


def owner_address() -> DatabaseAddress:
    """How `migrate` logs in: `CRM_DATABASE_OWNER_URL`, or else `CRM_DATABASE_URL`."""
    return parse_database_url(text("CRM_DATABASE_OWNER_URL") or database_url())


def program_address() -> DatabaseAddress:
    """How every other program logs in: as a role that owns nothing.

    `CRM_DATABASE_URL` itself where the owner has a URL of its own, or where its user is such a role already (a name
    that ends in `_login`). Otherwise it names the owner: then its login is `<owner>_login`, which `migrate` makes,
    with a password derived from the owner's.
    """
    address = parse_database_url(database_url())
    user = address.user or text("PGUSER") or getpass.getuser()
    if text("CRM_DATABASE_OWNER_URL") or user.endswith(LOGIN_SUFFIX):
        return address
    return replace(
        address,
        user=f"{user[: MAX_ROLE_LENGTH - len(LOGIN_SUFFIX)]}{LOGIN_SUFFIX}",
        password=_derived_password(address.password),
    )


def _derived_password(password: str) -> str:
    if not password:
        return ""
    return hmac.new(password.encode(), b"login of the program", hashlib.sha256).hexdigest()


def redis_port() -> int:
    """The port of the embedded Redis (`REDIS_PORT`, 6379)."""
    return port("REDIS_PORT", 6379)


def redis_password_file() -> Path:
    """Where the password of the embedded Redis stands, for whoever may read the data folder."""
    return data_dir() / "keys" / "redis-password"


def redis_url() -> str:
    """`REDIS_URL`, or the embedded Redis at `REDIS_PORT`; raises SettingError for another scheme."""
    try:
        login = f":{redis_password_file().read_text().strip()}@"
    except OSError:
        login = ""  # not started yet, or somebody else's
    url = text("REDIS_URL", f"redis://{login}127.0.0.1:{redis_port()}/0")
    if urlsplit(url).scheme not in {"redis", "rediss"}:
        raise SettingError("REDIS_URL must look like redis://host:6379/0 (rediss:// with TLS).")
    return url
