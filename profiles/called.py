"""Customers by what they are called: the preferred name, or first and last name, which is what most have."""

from typing import Any, Final

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Trim

from profiles.models import CustomerProfile, ProfileStatus
from profiles.search.finding import search_profiles

FULL_NAME: Final = Trim(Concat("first_name", Value(" ", output_field=TextField()), "last_name"))
GONE: Final = (ProfileStatus.MERGED, ProfileStatus.DELETED)
MOST_FOUND: Final = 25


def with_full_names() -> QuerySet[Any]:
    """Everybody, with `full_name`: first and last name."""
    return CustomerProfile.objects.annotate(full_name=FULL_NAME)


def has_in_name(text: str) -> Q:
    """A condition on `with_full_names`: the text stands in one of the names."""
    return Q(display_name__icontains=text) | Q(full_name__icontains=text)


def people_called(text: str, *, most: int) -> list[CustomerProfile]:
    """Whom staff mean by a name, an address, a phone or member number: those who are called exactly so, else all found.

    Neither merged nor deleted ones; in the order of the search, else by name.
    """
    rows = with_full_names().exclude(status__in=GONE)
    ids = search_profiles(text, most=MOST_FOUND)
    by_id = rows.in_bulk(ids)
    found: list[CustomerProfile] = [by_id[one] for one in ids if one in by_id]
    found = found or list(rows.filter(has_in_name(text)).order_by("display_name", "full_name", "pk")[:most])
    exact = [one for one in found if text.casefold() in (one.name.casefold(), (one.email or "").casefold())]
    return (exact or found)[:most]
