"""Exporting what the list of customers is filtered to."""

from collections.abc import Sequence
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from profiles.admin.customer_list import choice_from, customers_of
from profiles.admin.list_columns import columns_of, listed_columns
from profiles.api.exporting import file_answer
from profiles.exchange.exporting.files import ExportFormat, export_customers
from profiles.exchange.exporting.listed import LISTED, export_listed
from profiles.models import CustomerProfile
from tenants.admin.pages import club_of, page, user_of
from tenants.middleware import StaffRequest
from tenants.roles import Right

FORMATS: Final = (
    (LISTED, "Excel, as the list shows it"),
    (ExportFormat.XLSX.value, "Excel, all fields"),
    (ExportFormat.CSV.value, "CSV, all fields"),
    (ExportFormat.NDJSON.value, "NDJSON, all fields"),
)


@page("customers/export/", name="customers_export", right=Right.EDIT)
@require_POST
def export_list(request: StaffRequest) -> HttpResponseBase:
    """The file, sent while it is made; a search text comes by POST, as in the list."""
    wanted = request.POST.get("format", "")
    choice = choice_from(request.POST, request.POST.get("q", ""))
    filters = [*choice.filters, *(["search"] if choice.text else [])]
    answer = export_answer(
        request, wanted, customers_of(choice), filters, columns=choice.columns, search=choice.text or None
    )
    return answer or HttpResponseBadRequest("Choose a format.", content_type="text/plain")


def export_answer(
    request: StaffRequest,
    wanted: str,
    customers: QuerySet[CustomerProfile],
    filters: Sequence[str],
    *,
    columns: str = "",
    search: str | None = None,
) -> HttpResponseBase | None:
    """The file in the format that was chosen, with the columns of the list where that was it; None: there is none."""
    if wanted == LISTED:
        shown = listed_columns(columns_of(user_of(request), columns), club_of(request))
        return file_answer(export_listed(customers, shown, filters, search=search))
    if wanted not in list(ExportFormat):
        return None
    return file_answer(export_customers(customers, ExportFormat(wanted), filters, search=search))
