"""The old system's members: their columns, their files, and whether all of them have arrived."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from django.db import connection

from profiles.exchange.importing import statements as sql
from profiles.exchange.importing.subjects import OLD_IDS
from profiles.exchange.importing.tables import Table, UnreadableFile, read_table
from profiles.exchange.importing.targets import Target
from profiles.models import MemberImport

Form = MemberImport.Form
# Column → field; an operator may override it by a file.
MAPPINGS: Final[Mapping[Form, Mapping[str, Target]]] = {
    Form.MCA_ZA: {
        "id": Target.MCA_ZA,
        "golfrsa_id": Target.GOLF_RSA,
        "email": Target.EMAIL,
        "cell": Target.PHONE,
        "first_name": Target.FIRST_NAME,
        "last_name": Target.LAST_NAME,
        "membership_type": Target.TIER,
        "handicap": Target.HANDICAP,
        "created_at": Target.CREATED_AT,
    },
    Form.MCA_UK: {
        "id": Target.MCA_UK,
        "cdh_id": Target.CDH,
        "email": Target.EMAIL,
        "mobile": Target.PHONE,
        "forename": Target.FIRST_NAME,
        "surname": Target.LAST_NAME,
        "membership_type": Target.TIER,
        "handicap": Target.HANDICAP,
        "created_at": Target.CREATED_AT,
    },
}
# What is compared, field by field, with the column of the golden row as text.
COMPARED: Final[Mapping[Target, str]] = {
    Target.EMAIL: "email",
    Target.PHONE: "phone_number",
    Target.FIRST_NAME: "first_name",
    Target.LAST_NAME: "last_name",
    Target.TIER: "membership_tier",
    Target.HANDICAP: "handicap_tenths::text",
}


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """A field: how many records state it, and how many customers have that very value now."""

    field: str
    stated: int
    same: int

    @property
    def other(self) -> int:
        """Where something newer, or a service that owns the field, says otherwise."""
        return self.stated - self.same


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The source's own counts beside ours: `people` are its distinct ids, `found` those that lead to a customer."""

    records: int
    people: int
    found: int
    fields: list[FieldMatch]

    @property
    def missing(self) -> int:
        """People of the source that lead to nobody here."""
        return self.people - self.found


def read_mapping(form: Form, path: Path | None) -> dict[str, Target]:
    """Column → field of a form; a JSON object in the file overrides single columns. Raises UnreadableFile."""
    mapping = dict(MAPPINGS[form])
    if path is None:
        return mapping
    try:
        given = json.loads(path.read_text())
        if not isinstance(given, dict):
            raise TypeError
        overrides = {str(name): Target(value) for name, value in given.items()}
    except (OSError, ValueError, TypeError) as error:
        known = ", ".join(target.value for target in Target if target)
        raise UnreadableFile(
            f'{path} must hold a JSON object such as {{"cellphone": "phoneNumber"}}; fields are: {known}.'
        ) from error
    replaced = set(overrides.values())
    return {name: target for name, target in mapping.items() if target not in replaced} | overrides


def read_records(path: Path) -> Table:
    """The records of a file: CSV or a workbook, or one JSON object a line. Raises UnreadableFile."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error
    if path.suffix.lower() not in (".ndjson", ".jsonl", ".json"):
        table = read_table(content)
        # A record is a record, however little it says.
        table.headings.clear()
        return table
    records: list[tuple[int, dict[str, Any]]] = []
    for line, text in enumerate(content.splitlines(), start=1):
        if text.strip():
            records.append((line, _record(text, line)))
    if not records:
        raise UnreadableFile("The file is empty.")
    header = list(dict.fromkeys(name for _, record in records for name in record))
    rows = [(line, [_text(record.get(name)) for name in header]) for line, record in records]
    return Table(header, 0, rows, ["One JSON object a line"])


def targets_of(header: Sequence[str], mapping: Mapping[str, Target], form: Form) -> list[Target]:
    """The target of each column; raises UnreadableFile when the column of the ids is missing."""
    targets = [mapping.get(name.strip().lower(), Target.IGNORE) for name in header]
    if OLD_IDS[form] not in targets:
        wanted = next(name for name, target in mapping.items() if target is OLD_IDS[form])
        raise UnreadableFile(f"There is no column {wanted!r}, by which the old system knows its members.")
    return targets


def reconcile(member_import: MemberImport) -> Reconciliation:
    """Compare the stored records with the customers as they are now, in one statement."""
    fields = list(COMPARED)
    counts = ", ".join(
        f"count(*) FILTER (WHERE v ? '{one.value}'), count(*) FILTER (WHERE v->>'{one.value}' = {COMPARED[one]})"
        for one in fields
    )
    kind = OLD_IDS[Form(member_import.form)].value
    with connection.cursor() as cursor:
        cursor.execute(
            sql.RECONCILE.format(counts=counts),
            {"tenant": member_import.tenant_id, "import": member_import.pk, "kind": kind},
        )
        records, people, found, *pairs = cursor.fetchone()
    matches = [
        FieldMatch(one.value, stated, same)
        for one, stated, same in zip(fields, pairs[::2], pairs[1::2], strict=True)
    ]
    return Reconciliation(records, people, found, matches)


def _record(text: bytes, line: int) -> dict[str, Any]:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"Line {line} is no JSON: {error}.") from error
    if not isinstance(record, dict):
        raise UnreadableFile(f"Line {line} is no JSON object.")
    return record


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else orjson.dumps(value).decode()
