"""Has the demo been loaded into this database? A stamp says so, and counts only while there are tenants."""

from pathlib import Path

from crm_platform.reachability import open_database

STAMP = "demo-loaded"


def is_loaded(data_dir: Path) -> bool:
    """Whether an earlier run finished loading; an emptied or exchanged database needs it again."""
    return _stamp(data_dir).exists() and _has_tenants()


def mark_loaded(data_dir: Path) -> None:
    """Remember that loading came to its end; a load that was broken off is repeated."""
    _stamp(data_dir).touch()


def _stamp(data_dir: Path) -> Path:
    return data_dir / "run" / STAMP


def _has_tenants() -> bool:
    """Asked over a connection of its own: this process forks, and must not hold one of Django's."""
    with open_database() as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM tenants_tenant)").fetchone()
    return bool(row and row[0])
