"""Slipping away: customers at risk, the most value at risk first, each with what to do."""

from typing import Final

from django.http import HttpResponse

from profiles.admin.score_dials import TONES
from profiles.scoring.reading import slipping_away, with_customers
from tenants.admin.pages import page, show
from tenants.middleware import StaffRequest
from tenants.roles import Right

PAGE_SIZE: Final = 50
MOST_PAGES: Final = 200
# What the address says → the least churn risk.
CHOICES: Final = {"80": "Critical", "60": "High and up", "40": "Moderate and up"}
DEFAULT, MILDEST = "60", "40"


@page("customers/slipping-away/", name="slipping_away", right=Right.VIEW_PROFILES)
def slipping_away_page(request: StaffRequest) -> HttpResponse:
    """One page of the list; `from` is the least risk (else where somebody is), `page` counts from 1."""
    least = request.GET.get("from", "")
    least = least if least in CHOICES else first_with_somebody()
    number = request.GET.get("page", "1")
    place = min(int(number), MOST_PAGES) if number.isdecimal() and int(number) > 0 else 1
    start = (place - 1) * PAGE_SIZE
    rows = list(slipping_away(from_risk=int(least))[start : start + PAGE_SIZE + 1])
    people = [
        (customer, scores, TONES[scores.churn_risk.level])
        for customer, scores in with_customers(rows[:PAGE_SIZE])
    ]
    return show(
        request,
        "crm/customer/slipping.html",
        "Slipping away",
        people=people,
        choices=list(CHOICES.items()),
        least=least,
        before=place - 1,
        after=place + 1 if len(rows) > PAGE_SIZE else 0,
    )


def first_with_somebody() -> str:
    """High and up; in a club in which nobody is that far gone, moderate and up."""
    return DEFAULT if slipping_away(from_risk=int(DEFAULT)).exists() else MILDEST
