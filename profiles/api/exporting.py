"""Exports over REST."""

from dataclasses import replace

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from profiles.api import schema
from profiles.api.customers import TAGS
from profiles.api.parameters import LONGEST_SEARCH, customer_filter
from profiles.customer_filters import brought_filters
from profiles.exchange.exporting.files import Export, ExportFormat, export_customers
from profiles.reading import list_customers
from tenants.api.errors import InvalidParameterError
from tenants.api.views import ApiRequest, TenantApiView
from tenants.models import Scope

FILTERS = (
    *("status", "lifecycleStage", "search", "engagementMin", "churnRiskMin", "emailOptIn"),
    *brought_filters(),
)
FORMAT = OpenApiParameter(
    "format", str, enum=[each.value for each in ExportFormat], default="csv", description="Kind of file."
)
SEARCH = OpenApiParameter(
    "search",
    {"type": "string", "maxLength": LONGEST_SEARCH},
    description="As in the list, but all whom it finds, however many.",
)
FILTER_PARAMETERS = [
    SEARCH if each.name == SEARCH.name else each for each in schema.LIST_PARAMETERS if each.name in FILTERS
]


class ExportCustomersView(TenantApiView):
    """Many customers as a file."""

    required_scopes = {"GET": Scope.ADMIN}

    @extend_schema(
        operation_id="exportCustomers",
        tags=TAGS,
        summary="Export customers as CSV, XLSX or NDJSON",
        parameters=[FORMAT, *FILTER_PARAMETERS],
        responses={
            **{
                (200, each.media_type.partition(";")[0]): OpenApiTypes.BINARY
                if each is ExportFormat.XLSX
                else OpenApiTypes.STR
                for each in ExportFormat
            },
            422: schema.UNUSABLE_FILTER,
        },
    )
    def get(self, request: ApiRequest) -> StreamingHttpResponse:
        """Newest first, sent while it is read; with `search` all whom it finds, the closest first.

        Every export is noted in the club's action log.

        In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.
        """
        params = request._request.GET
        wanted = params.get("format", ExportFormat.CSV.value)
        if wanted not in list(ExportFormat):
            raise InvalidParameterError("format", f"Choose one of {', '.join(ExportFormat)}.")
        given = [name for name in FILTERS if name in params]
        chosen = customer_filter(params)
        customers = list_customers(replace(chosen, search=None))
        return file_answer(export_customers(customers, ExportFormat(wanted), given, search=chosen.search))


def file_answer(export: Export) -> StreamingHttpResponse:
    """The file, sent while it is made."""
    response = StreamingHttpResponse(export.parts, content_type=export.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{export.name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
