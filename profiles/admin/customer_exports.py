"""Exporting what the list of customers is filtered to."""

from typing import Final

from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from profiles.admin.customer_list import choice_from, customers_of
from profiles.api.exporting import file_answer
from profiles.exchange.exporting.files import ExportFormat, export_customers
from tenants.admin.pages import page
from tenants.middleware import StaffRequest
from tenants.roles import Right

FORMATS: Final = (
    (ExportFormat.XLSX.value, "Excel (XLSX)"),
    (ExportFormat.CSV.value, "CSV"),
    (ExportFormat.NDJSON.value, "NDJSON"),
)


@page("customers/export/", name="customers_export", right=Right.EDIT)
@require_POST
def export_list(request: StaffRequest) -> HttpResponseBase:
    """The file, sent while it is made; a search text comes by POST, as in the list."""
    wanted = request.POST.get("format", "")
    if wanted not in list(ExportFormat):
        return HttpResponseBadRequest("Choose a format.", content_type="text/plain")
    choice = choice_from(request.POST, request.POST.get("q", ""))
    filters = [*choice.filters, *(["search"] if choice.text else [])]
    return file_answer(
        export_customers(customers_of(choice), ExportFormat(wanted), filters, search=choice.text or None)
    )
