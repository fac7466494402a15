"""Exporting all customers of a club in each format."""

import time
from typing import Final

from crm_platform.bench.database import expect
from crm_platform.bench.figures import Figure, duration
from crm_platform.bench.people import load_people, make_tenant
from crm_platform.bench.setting import Setting
from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.reading import CustomerFilter, list_customers
from tenants.scope import tenant_scope

MOST_MS: Final = 15_000


def run(setting: Setting) -> list[Figure]:
    """Each format once, down to the last byte."""
    people = setting.sizes.people
    tenant = make_tenant()
    load_people(tenant, people, setting.reporter)
    figures = []
    with tenant_scope(tenant):
        for file_format in ExportFormat:
            began = time.perf_counter()
            export = export_customers(list_customers(CustomerFilter()), file_format, [])
            size = sum(map(len, export.parts))
            took = (time.perf_counter() - began) * 1000
            expect("customers in the file", export.rows, people)
            expect("bytes in the file", size > 0, True)
            words = f"{people:,} customers as {file_format.value.upper()}"
            figures.append(duration("export", words, took, most_ms=MOST_MS))
    return figures
