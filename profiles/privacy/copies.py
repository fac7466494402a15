"""The copy of everything that is held about a person, for the person."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import DateTimeField
from django.utils import timezone

from profiles.discretion import check_sees_money
from profiles.privacy import statements as sql
from profiles.privacy.letter import letter_of
from profiles.reading import get_customer
from profiles.representation import customer_fields
from tenants.action_log import log_action
from tenants.declarations import every
from tenants.extension import Table
from tenants.scope import current_tenant_id

Rows = list[dict[str, Any]]
# Spreadsheets take a text that begins like this for a formula.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
WHOLE: Final = (
    "A copy of all data holds payments and complaints, which your role does not see: ask an administrator."
)
CONSENT_FIELDS: Final = {f"{channel}OptIn": channel for channel in ("email", "sms", "push", "whatsapp")}


def copy_of_person(profile_id: UUID) -> dict[str, Any]:
    """Everything held about the customer and all who were merged into them, of every table the registry lists.

    What is about two people at once (doubtful pairs, shared households' other members) is left out, because it would
    tell of the other. Stands in the action log. Raises CustomerNotFound, and MoneyHidden: a copy is whole or none.
    """
    check_sees_money(WHOLE)
    survivor = get_customer(profile_id)
    parameters: dict[str, Any] = {"tenant": current_tenant_id(), "survivor": survivor.pk}
    tables: dict[str, Rows] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql.MERGED_IDS, parameters)
        parameters["ids"] = sorted(row[0] for row in cursor.fetchall())
        for table in every("tables"):
            if table.mine is not None:
                tables[_name(table)] = _rows(cursor, table, parameters)
    log_action(
        "customer.exported",
        subject_kind="customer",
        subject_id=survivor.pk,
        details={"rows": {name: len(rows) for name, rows in tables.items() if rows}},
    )
    return {
        "customerId": survivor.pk,
        "profileIds": parameters["ids"],
        "exportedAt": timezone.now(),
        "customer": customer_fields(survivor),
        "consentHistory": _consents(tables),
        "data": tables,
    }


def _consents(tables: Mapping[str, Rows]) -> Rows:
    """Who said when that the person may be contacted or not, oldest first."""
    said = [
        {"at": row["occurredAt"], "channel": row["channel"], "said": row["type"], "source": row["source"]}
        for row in tables["activity"]
        if row["category"] == "CONSENT"
    ]
    said += [
        {
            "at": row["occurredAt"],
            "channel": CONSENT_FIELDS[row["field"]],
            "said": "yes" if row["value"] else "no",
            "source": row["source"],
        }
        for row in tables["fact"]
        if row["field"] in CONSENT_FIELDS
    ]
    return sorted(said, key=lambda one: str(one["at"]))


def _name(table: Table) -> str:
    """`profiles.StageChange` becomes stageChange."""
    model = table.model.partition(".")[2]
    return model[0].lower() + model[1:]


def _rows(cursor: Any, table: Table, parameters: Mapping[str, Any]) -> Rows:
    model: Any = apps.get_model(table.model)
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if field.attname not in ("tenant_id", "document")
    ]
    order = ", ".join(f't."{field.column}"' for field in model._meta.pk_fields)
    listed = ", ".join(f't."{column}"' for column in columns)
    cursor.execute(
        f'SELECT row_to_json(held)::text FROM (SELECT {listed} FROM "{model._meta.db_table}" AS t'
        f" WHERE t.tenant_id = %(tenant)s AND ({table.mine}) ORDER BY {order}) AS held",
        parameters,
    )
    moments = {field.column for field in model._meta.concrete_fields if isinstance(field, DateTimeField)}
    return [
        {
            _camel(name): value.replace("+00:00", "Z") if value and name in moments else value
            for name, value in json.loads(text).items()
        }
        for (text,) in cursor.fetchall()
    ]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def zip_of_copy(copy: Mapping[str, Any]) -> bytes:
    """The copy as a ZIP: a letter to read, a CSV for each table that has rows, and all of it once more as JSON."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("letter.html", letter_of(copy))
        archive.writestr("everything.json", json.dumps(copy, default=str, ensure_ascii=False, indent=1))
        archive.writestr("customer.csv", _csv([copy["customer"]]))
        for name, rows in {**copy["data"], "consentHistory": copy["consentHistory"]}.items():
            if rows:
                archive.writestr(f"{name}.csv", _csv(rows))
    return file.getvalue()


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    # So that Excel reads it as UTF-8.
    text.write("\ufeff")
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, fieldnames=list(row))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
