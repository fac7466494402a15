"""The panels of the dashboard: right numbers, each leading to just those people; sensible when empty."""

import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from profiles.models import ProfileScore
from segments.admin.figures import months_until
from tenants.expiring_cache import clear_all_caches
from tenants.scope import tenant_scope
from tests.back_office import CUSTOMERS, INDEX, counted_queries, desk, text_of
from tests.cast import Club
from tests.profiles import records

pytestmark = pytest.mark.django_db


PARTS = ("recency", "frequency", "monetary", "breadth", "depth", "decline", "payments", "opens", "downgrade")
INPUTS = (
    *(
        "count30d",
        "countBefore",
        "lifetimeValueCents",
        "channels90d",
        "received90d",
        "opened90d",
        "clicked90d",
    ),
    *("received30d", "opened30d", "receivedBefore", "openedBefore", "paymentIssues90d", "openComplaints"),
    "closedComplaints90d",
)


def scored(club: Club, profile_id: UUID, risk: int, cents: int) -> None:
    """As a scoring leaves it."""
    with tenant_scope(club.tenant):
        ProfileScore.objects.create(
            profile_id=profile_id,
            tenant_id=club.tenant.pk,
            engagement=50,
            churn_risk=risk,
            value_at_risk_cents=cents,
            components=dict.fromkeys((*PARTS, "complaints"), 0),
            inputs=dict.fromkeys(INPUTS, 0) | {"lastActivityAt": None, "downgradedAt": None},
            lifecycle_stage="MEMBER",
            rules_version=0,
            scored_at=timezone.now(),
        )


def some_people(club: Club) -> None:
    today = timezone.now().astimezone(club.tenant.zone).date()
    active = {"membership_status": "ACTIVE"}
    records.profile(
        club.tenant, first_name="Renews", membership_tier="Gold", membership_expiry=today, **active
    )
    records.profile(club.tenant, first_name="Joined", membership_tier="Gold", member_since=today, **active)
    records.profile(club.tenant, first_name="Plain", engagement_score=85, **active)
    records.profile(
        club.tenant,
        first_name="Gone",
        membership_status="LAPSED",
        membership_expiry=today - timedelta(days=1),
    )
    slips = records.profile(club.tenant, first_name="Slips", churn_risk_score=60)
    scored(club, slips.pk, 60, 5_000)
    records.profile(club.tenant, first_name="Nearly", churn_risk_score=59)
    complains = records.profile(club.tenant, first_name="Complains")
    content = records.profile(club.tenant, first_name="Content")
    now = timezone.now()
    for person, complaint, kind, days in (
        (complains, "a", "COMPLAINT_OPENED", 9),
        (complains, "a", "COMPLAINT_CLOSED", 8),
        (complains, "b", "COMPLAINT_OPENED", 400),
        (complains, "c", "COMPLAINT_OPENED", 3),
        (content, "d", "COMPLAINT_OPENED", 5),
        (content, "d", "COMPLAINT_CLOSED", 2),
    ):
        records.activity(
            club.tenant,
            person.pk,
            type=kind,
            category="FEEDBACK",
            metadata={"complaintId": complaint},
            occurred_at=now - timedelta(days=days),
        )
    records.profile(
        club.tenant,
        first_name="Born",
        date_of_birth=today.replace(year=1980, day=min(today.day, 28)) - timedelta(days=40),
    )


def row(html: str, label: str) -> tuple[str, str]:
    """Where the row leads, and its number."""
    found = re.search(
        rf'<a href="([^"]+)"><span>(?:(?!</a>).)*{label}(?:(?!</a>).)*?<strong[^>]*>([^<]+)', html, re.S
    )
    assert found is not None, label
    return found[1].replace("&amp;", "&"), found[2]


def test_each_number_leads_to_just_those_people(fairview: Club) -> None:
    some_people(fairview)
    browser = desk(fairview.marketing_manager)

    html = text_of(browser.get(INDEX))

    for label, names in (
        ("Renewals in 60 days", {"Renews"}),
        ("Gold", {"Renews", "Joined"}),
        ("Excellent", {"Plain"}),
        ("Slipping away", {"Slips"}),
        ("With an open complaint", {"Complains"}),
        ("Birthdays this week", set()),
    ):
        address, number = row(html, label)
        listed = set(re.findall(r'<a href="[^"]*/change/">([^<]+)</a>', text_of(browser.get(address))))
        assert (listed, number) == (names, str(len(names)))
    assert "1 joined" in html
    assert "Pairs to review" in html
    assert row(html, "Value at risk")[1]


def test_an_empty_club_reads_sensibly(fairview: Club) -> None:
    html = text_of(desk(fairview.viewer).get(INDEX))

    assert "No active member is known yet" in html
    assert "Nobody has been scored yet" in html
    assert "No round was played" in html
    assert "Pairs to review" not in html


def test_many_people_take_as_many_queries_as_few(fairview: Club) -> None:
    browser = desk(fairview.viewer)
    some_people(fairview)
    browser.get(CUSTOMERS)
    clear_all_caches()
    with counted_queries() as few:
        browser.get(INDEX)
    some_people(fairview)
    clear_all_caches()

    with counted_queries() as many:
        browser.get(INDEX)

    assert many == few


def test_months_cross_the_year() -> None:
    months = months_until(date(2026, 2, 28))

    assert (months[0], months[-1], len(months)) == (date(2025, 3, 1), date(2026, 2, 1), 12)


def test_where_nobody_is_far_gone_dashboard_and_list_count_the_same_people(fairview: Club) -> None:
    for name, risk, cents in (("Moderate", 45, 12_300), ("Well", 10, 99_900)):
        scored(
            fairview, records.profile(fairview.tenant, first_name=name, churn_risk_score=risk).pk, risk, cents
        )
    clear_all_caches()
    browser = desk(fairview.marketing_manager)
    html = text_of(browser.get(INDEX))
    address, number = row(html, "Slipping away")
    people, value = row(html, "Value at risk")

    assert number == "1"
    assert "Moderate" in text_of(browser.get(address))
    assert "123" in value
    assert value in text_of(browser.get(people))
