"""Where pairs are compared: DuckDB in this process, or Spark for a tenant beyond one machine."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DUCKDB, SPARK = "duckdb", "spark"
BACKENDS: Final = (DUCKDB, SPARK)


@dataclass(frozen=True, slots=True)
class Backend:
    """Splink's door to one engine; all that differs between engines. `name` is also the name of the SQL dialect."""

    name: str
    api: Any

    def register(self, table: str, duck: Any) -> Any:
        """Give a table of DuckDB to the engine."""
        if self.name == DUCKDB:
            return self.api.register(table)
        return self.api.register(duck.table(table).to_arrow_table())


def open_duck(folder: Path) -> Any:
    """A DuckDB in memory with the limits of the settings, spilling into `folder`."""
    import duckdb  # noqa: PLC0415 - 65 MB that only a search for duplicates needs

    duck = duckdb.connect(":memory:")
    duck.execute(f"SET memory_limit = '{settings.CRM_DUPLICATES_MEMORY}'")
    duck.execute(f"SET temp_directory = '{folder}'")
    duck.execute("SET preserve_insertion_order = false")
    duck.execute("SET autoinstall_known_extensions = false")
    if settings.CRM_DUPLICATES_THREADS:
        duck.execute(f"SET threads = {settings.CRM_DUPLICATES_THREADS}")
    return duck


def open_backend(duck: Any) -> Backend:
    """The engine that the settings name; raises ImproperlyConfigured where it is not installed."""
    # It warns of each outcome that the data never shows, which is what `Parameters` has an answer for.
    logging.getLogger("splink").setLevel(logging.ERROR)
    if settings.CRM_DUPLICATES_BACKEND.lower() == SPARK:
        return Backend(SPARK, _spark())
    from splink import DuckDBAPI  # noqa: PLC0415 - as above

    return Backend(DUCKDB, DuckDBAPI(connection=duck))


def _spark() -> Any:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - as above
        from splink import SparkAPI  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ImproperlyConfigured(
            "CRM_DUPLICATES_BACKEND is spark, but pyspark is not installed: `pip install pyspark` (and Java), or set"
            " it to duckdb."
        ) from error
    session = SparkSession.builder.appName("crm-duplicates").getOrCreate()
    # Steps are kept in the memory of the cluster, and on its disks where that is full; other ways need a folder.
    return SparkAPI(spark_session=session, break_lineage_method="persist")  # type: ignore[no-untyped-call]
