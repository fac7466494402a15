"""Acts on one or many customers that apps bring, and whom such an act is about."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from profiles.admin.customer_list import choice_from, customers_of
from profiles.models import CustomerProfile
from profiles.search.finding import search_everybody
from profiles.vocabulary import UNLISTED
from tenants.admin.base import request_may
from tenants.admin.pages import uuid_or_none
from tenants.declarations import ordered
from tenants.middleware import StaffRequest
from tenants.roles import Right

IDS: Final = "ids"
EVERYBODY: Final = "everybody"
MOST_IDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Offer:
    """An act with the address of the page that does it."""

    title: str
    icon: str
    address: str


# What the customer page has a shorter way for: tags beside the name, the field for notes.
SHORTER_ON_PAGE: Final = ("tag", "untag", "note")


def offers_of(request: StaffRequest, *, without: Collection[str] = ()) -> list[Offer]:
    """The acts that the person may do; `without` names those that are not asked for."""
    return [
        Offer(act.title, act.icon, reverse(f"admin:{act.page}"))
        for act in ordered("customer_actions")
        if act.name not in without and request_may(request, Right(act.right))
    ]


def chosen_customers(request: StaffRequest) -> QuerySet[CustomerProfile]:
    """Whom the request is about, in no order: the `ids`, or with `everybody` all that the list's filters leave.

    What the list posts (`ids`, `everybody`, the filters, `q`) an act's own form must carry on until it is done:
    `kept_fields` names it. Merged and deleted profiles are never among them.
    """
    given = request.POST if request.method == "POST" else request.GET
    if given.get(EVERYBODY):
        choice = choice_from(given, request.POST.get("q", ""))
        customers = customers_of(choice)
        return customers.filter(pk__in=search_everybody(choice.text)) if choice.text else customers
    found: QuerySet[CustomerProfile] = CustomerProfile.objects.filter(pk__in=_ids_of(given))
    return found.exclude(status__in=UNLISTED)


def kept_fields(request: StaffRequest) -> list[tuple[str, str]]:
    """Name and value of the hidden fields that keep the choice."""
    given = request.POST if request.method == "POST" else request.GET
    if not given.get(EVERYBODY):
        return [(IDS, str(each)) for each in _ids_of(given)]
    choice = choice_from(given, request.POST.get("q", ""))
    return [(EVERYBODY, "1"), *choice.filters.items(), *([("q", choice.text)] if choice.text else [])]


def _ids_of(given: QueryDict) -> list[UUID]:
    ids = (uuid_or_none(text) for text in given.getlist(IDS)[:MOST_IDS])
    return [each for each in ids if each is not None]
