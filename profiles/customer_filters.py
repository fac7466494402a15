"""Filters of the customer list that other apps bring, for REST, GraphQL and the back office alike."""

from collections.abc import Mapping

from django.db.models import QuerySet

from profiles.models import CustomerProfile
from tenants.declarations import every, resolve
from tenants.extension import CustomerFilter

LONGEST_VALUE = 8_000


def brought_filters() -> dict[str, CustomerFilter]:
    """Parameter → filter."""
    return {declared.parameter: declared for declared in every("customer_filters")}


def apply_brought(
    customers: QuerySet[CustomerProfile], given: Mapping[str, str]
) -> QuerySet[CustomerProfile]:
    """Narrow the customers by each given value; raises what the filters raise for a value that cannot be used."""
    for parameter, declared in brought_filters().items():
        if parameter in given:
            customers = resolve(declared.apply)(customers, given[parameter])
    return customers


def without_money(given: Mapping[str, str]) -> dict[str, str]:
    """The given values but those that ask for payments, values or complaints."""
    filters = brought_filters()
    return {
        parameter: value
        for parameter, value in given.items()
        if parameter not in filters or not _is_about_money(filters[parameter], value)
    }


def _is_about_money(declared: CustomerFilter, value: str) -> bool:
    return bool(declared.is_about_money) and bool(resolve(declared.is_about_money)(value))


def options_of(declared: CustomerFilter) -> list[tuple[str, str]]:
    """What the back office offers for it in the open scope; nothing where it has no drop-down."""
    return list(resolve(declared.options)()) if declared.options else []
